"""Roots of blocks with one transaction are those that py-evm's tries and receipts give."""

from __future__ import annotations

import numpy as np
import rlp
from eth.db.trie import make_trie_root_and_nodes
from eth.rlp.logs import Log as PyEvmLog
from eth.rlp.receipts import Receipt as PyEvmReceipt
from eth.vm.forks.london.receipts import LondonTypedReceipt
from hypothesis import example, given
from hypothesis import strategies as st

from fairmeter.chain.columns import LogColumns, log_table, select_logs, to_logs
from fairmeter.chain.engine import Log
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.roots import EMPTY_ROOT, encode_logs, encode_receipts, single_roots

WORDS = st.binary(min_size=32, max_size=32)
LOGS = st.lists(
    st.tuples(
        st.sampled_from([bytes(20), bytes(range(20)), b"\xff" * 20]),
        st.lists(WORDS | st.just(bytes(32)), max_size=4),
        st.sampled_from([0, 1, 2, 31, 32, 55, 56, 64, 300]).flatmap(lambda n: st.binary(min_size=n, max_size=n)),
    ),
    max_size=12,
)
RawLogs = list[tuple[bytes, list[bytes], bytes]]


def columns_of(logs: RawLogs) -> LogColumns:
    return LogColumns.of(
        [address for address, _, _ in logs], [topics for _, topics, _ in logs], [data for *_, data in logs]
    )


RECEIPTS = st.lists(st.tuples(LOGS, st.booleans(), st.integers(0, 60_000_000)), max_size=4)


@example(receipts=[([(bytes(20), [], bytes([byte])) for byte in (0x7F, 0x80, 0, 0xFF)], True, 1)])
@given(receipts=RECEIPTS)
def test_encode_receipts__any_logs__as_py_evm_encodes_them(receipts: list[tuple[RawLogs, bool, int]]) -> None:
    theirs = [py_evm_receipt(*receipt) for receipt in receipts]
    logs = [log for own, _, _ in receipts for log in own]
    status = np.array([good for _, good, _ in receipts], np.bool_)
    gas_used = np.array([gas for *_, gas in receipts], np.int64)
    counts = np.array([len(own) for own, _, _ in receipts], np.int64)
    mine = encode_receipts(b"\x02", status, gas_used, counts, columns_of(logs))
    assert mine == [receipt.encode() for receipt in theirs]
    roots = [make_trie_root_and_nodes([receipt])[0] for receipt in theirs]
    assert single_roots(mine) == roots
    encoded = [rlp.encode([a, topics, data]) for a, topics, data in logs]
    joined, widths = encode_logs(columns_of(logs))
    assert (joined, widths.tolist()) == (b"".join(encoded), [len(one) for one in encoded])


def py_evm_receipt(logs: RawLogs, status: bool, gas_used: int) -> LondonTypedReceipt:
    theirs = [PyEvmLog(a, tuple(int.from_bytes(topic, "big") for topic in topics), data) for a, topics, data in logs]
    return LondonTypedReceipt(2, PyEvmReceipt(b"\1" if status else b"", gas_used, theirs))


def test_empty_root__no_pair__as_py_evm_has_it() -> None:
    assert make_trie_root_and_nodes([])[0] == EMPTY_ROOT


@given(blocks=st.lists(LOGS, max_size=6))
def test_log_table__packed_and_unpacked__the_same_logs(blocks: list[RawLogs]) -> None:
    numbers = [3 * place for place in range(len(blocks))]
    counts = np.array([len(logs) for logs in blocks], np.int64)
    every = columns_of([log for logs in blocks for log in logs])
    table = log_table(np.array(numbers, np.int64), counts, LogColumns.unpack(every.pack()))
    expected = [
        Log(address, tuple(topics), data, number, 0, position)
        for number, logs in zip(numbers, blocks, strict=True)
        for position, (address, topics, data) in enumerate(logs)
    ]
    assert to_logs(table) == expected
    chosen = [log for log in expected if log.address == bytes(20) and log.topics[:1] == (bytes(32),)]
    assert to_logs(select_logs(table, [bytes(20)], [bytes(32)])) == chosen
    assert len(select_logs(table, [], [])) == len(expected)


@given(logs=LOGS, cut=st.integers(0, 12), end=st.integers(0, 12))
def test_part__any__those_logs(logs: RawLogs, cut: int, end: int) -> None:
    part = columns_of(logs).part(min(cut, len(logs)), max(min(cut, len(logs)), min(end, len(logs))))
    assert encode_logs(part)[0] == encode_logs(columns_of(logs[cut : max(cut, end)]))[0]


def test_pack__a_batch_of_500__a_quarter_of_its_size() -> None:
    topics = [
        [keccak256(b"event"), number.to_bytes(32, "big"), (7 * number).to_bytes(32, "big")] for number in range(500)
    ]
    columns = LogColumns.of([bytes(range(20))] * 500, topics, [number.to_bytes(32, "big") for number in range(500)])
    small = columns.pack()
    assert 4 * len(small) < 500 * (20 + 4 * 32)
    np.testing.assert_array_equal(LogColumns.unpack(small).data_length, 32)
