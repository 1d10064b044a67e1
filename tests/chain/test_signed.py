"""Raw transactions are read as py-evm reads them: the same fields and sender, and what it refuses is refused."""

from __future__ import annotations

import pytest
import rlp
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.chain.keccak import keccak256
from fairmeter.chain.signed import decode_signed
from fairmeter.chain.wallet import CURVE_ORDER, Wallet, derive_key
from fairmeter.errors import ChainError

CHAIN = 31_337
PAYER = Wallet(derive_key(1, "payer"), CHAIN)
RAW = Wallet(derive_key(1, "payer"), CHAIN, 300).sign(bytes(range(20)), b"\x01" * 70, 9, gas=100_000).raw


@given(
    key=st.integers(0, 50),
    nonce=st.integers(0, 2**40),
    to=st.none() | st.binary(min_size=20, max_size=20),
    data=st.binary(max_size=300) | st.integers(0, 70_000).map(bytes),
    value=st.integers(0, 2**90),
    gas=st.integers(0, 2**30),
)
def test_decode_signed__any__as_py_evm_reads_it(
    key: int, nonce: int, to: bytes | None, data: bytes, value: int, gas: int
) -> None:
    wallet = Wallet(derive_key(key, "payer"), CHAIN, nonce)
    sent = wallet.sign(to, data, value, gas=gas)
    read = decode_signed(sent.raw, keccak256)
    other = PragueTransactionBuilder.decode(sent.raw)
    assert (read.hash, read.sender) == (other.hash, other.get_sender()) == (sent.hash, wallet.address)
    assert (read.nonce, read.to or b"", read.value, read.gas) == (nonce, other.to, other.value, other.gas)
    assert (read.data, read.chain_id) == (other.data, other.chain_id)
    assert (read.max_fee, read.priority) == (other.max_fee_per_gas, other.max_priority_fee_per_gas)


def legacy() -> bytes:
    fields = {"nonce": 0, "gasPrice": 14, "gas": 21_000, "to": "0x" + "11" * 20, "value": 0, "chainId": CHAIN}
    return bytes(Account.sign_transaction(fields, derive_key(1, "payer")).raw_transaction)


def changed(position: int, value: object) -> bytes:
    fields = rlp.decode(RAW[1:])
    fields[position] = value
    return b"\x02" + bytes(rlp.encode(fields))


def wastefully_encoded() -> bytes:
    """The nonce 5 with a prefix that a byte below 0x80 must not have."""
    fields = [rlp.encode(field) for field in rlp.decode(RAW[1:])]
    payload = b"".join([fields[0], b"\x81\x05", *fields[2:]])
    return b"\x02\xf8" + bytes([len(payload)]) + payload


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x02",
        legacy(),
        RAW[:-1],
        RAW + b"\0",
        changed(1, b"\0\1"),
        changed(5, bytes(19)),
        changed(7, []),
        changed(8, b""),
        changed(8, [[bytes(20), []]]),
        changed(9, b"\2"),
        changed(10, b""),
        changed(11, (CURVE_ORDER - 1).to_bytes(32, "big")),
        b"\x02" + rlp.encode(rlp.decode(RAW[1:])[:-1]),
        RAW[:1] + b"\x81\x05",
        wastefully_encoded(),
    ],
)
def test_decode_signed__not_well_formed__one_line(raw: bytes) -> None:
    with pytest.raises(ChainError, match=r"^it[^\n]+$"):
        decode_signed(raw, keccak256)


def test_decode_signed__a_byte_changed__another_sender_or_refused() -> None:
    for position in range(1, len(RAW)):
        raw = RAW[:position] + bytes([RAW[position] ^ 1]) + RAW[position + 1 :]
        try:
            assert decode_signed(raw, keccak256).sender != PAYER.address
        except ChainError:
            continue
