from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.bundle import SCHEMAS
from fairmeter.chain.abi import Interface, Item
from fairmeter.contracts.events import event_columns
from fairmeter.errors import ChainError

CONTRACT, STRANGER = b"\x01" * 20, b"\x02" * 20
PAID: Item = {
    "type": "event",
    "name": "Paid",
    "inputs": [
        {"name": "bill", "type": "uint64", "indexed": True},
        {"name": "payer", "type": "address", "indexed": True},
        {"name": "amount", "type": "uint256", "indexed": False},
        {"name": "growth", "type": "int40", "indexed": False},
    ],
}
BARE: Item = {"type": "event", "name": "Bare", "inputs": [{"name": "bill", "type": "uint64", "indexed": True}]}
TEXT: Item = {"type": "event", "name": "Text", "inputs": [{"name": "words", "type": "string", "indexed": False}]}
INTERFACE = Interface("Ledger", [PAID, BARE, TEXT])


def word(value: int) -> bytes:
    return (value % 2**256).to_bytes(32, "big")


def logs(rows: list[tuple[bytes, list[bytes], bytes]]) -> pa.Table:
    columns: dict[str, list[Any]] = {
        "transaction": list(range(len(rows))),
        "log": [7] * len(rows),
        "address": [row[0] for row in rows],
        "topics": [b"".join(row[1]) for row in rows],
        "data": [row[2] for row in rows],
    }
    half = len(rows) // 2
    table = pa.table(columns, schema=SCHEMAS["logs"])
    return pa.concat_tables([table.slice(0, half), table.slice(half)])


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 2**63 - 1),
            st.binary(min_size=20, max_size=20),
            st.integers(0, 2**63 - 1),
            st.integers(-(2**39), 2**39 - 1),
        ),
        max_size=20,
    )
)
def test_event_columns__among_other_logs__finds_its_own_in_order(
    rows: list[tuple[bool, int, bytes, int, int]],
) -> None:
    topic = INTERFACE.topic("Paid")
    table = logs(
        [
            (CONTRACT if own else STRANGER, [topic, word(bill), bytes(12) + payer], word(amount) + word(growth))
            for own, bill, payer, amount, growth in rows
        ]
    )
    columns = event_columns(table, CONTRACT, INTERFACE, "Paid")
    mine = [(place, *row[1:]) for place, row in enumerate(rows) if row[0]]
    assert columns["transaction"].tolist() == [row[0] for row in mine]
    assert columns["bill"].tolist() == [row[1] for row in mine]
    assert [row[12:].tobytes() for row in columns["payer"]] == [row[2] for row in mine]
    assert columns["amount"].tolist() == [row[3] for row in mine]
    assert columns["growth"].tolist() == [row[4] for row in mine]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_event_columns__event_without_data__has_its_topics(count: int) -> None:
    table = logs([(CONTRACT, [INTERFACE.topic("Bare"), word(bill)], b"") for bill in range(count)])
    assert event_columns(table, CONTRACT, INTERFACE, "Bare")["bill"].tolist() == list(range(count))


def test_event_columns__value_beyond_64_bits__is_refused() -> None:
    row = (CONTRACT, [INTERFACE.topic("Paid"), word(1), word(1)], word(2**64) + word(0))
    with pytest.raises(ChainError, match="amount does not fit"):
        event_columns(logs([row]), CONTRACT, INTERFACE, "Paid")


def test_event_columns__data_cut_short__is_refused() -> None:
    row = (CONTRACT, [INTERFACE.topic("Paid"), word(1), word(1)], word(1))
    with pytest.raises(ChainError, match="expected 64 bytes"):
        event_columns(logs([row]), CONTRACT, INTERFACE, "Paid")


def test_event_columns__dynamic_parameter__is_refused() -> None:
    with pytest.raises(ChainError, match="no column form"):
        event_columns(logs([]), CONTRACT, INTERFACE, "Text")
