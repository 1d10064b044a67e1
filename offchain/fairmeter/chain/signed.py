"""A signed raw transaction, read as strictly as a node reads it, with its sender recovered from the signature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from coincurve import PublicKey

from fairmeter.chain.engine import SignedTransaction
from fairmeter.chain.envelope import LIST, LONG, LONG_LIST, LONG_STRING, STRING, encode_list
from fairmeter.chain.wallet import CURVE_ORDER, DYNAMIC_FEE_TYPE
from fairmeter.errors import ChainError

FIELDS: Final = 12
"""Chain id, nonce, two fees, gas, to, value, data, access list, parity, r, s (EIP-1559)."""
GAS: Final = 4
ACCESS_LIST: Final = 8
NUMBERS: Final = (0, 1, 2, 3, 4, 6, 9, 10, 11)
"""Which fields are integers: big-endian, without leading zeros."""


def decode_signed(raw: bytes, keccak: Callable[[bytes], bytes]) -> SignedTransaction:
    """Read a transaction of type 2 without an access list; ChainError for anything else and for a bad signature."""
    if raw[:1] != DYNAMIC_FEE_TYPE:
        raise ChainError(f"it is not a transaction of type 2 (EIP-1559): 0x{raw[:8].hex()}…")
    try:
        start, fields, signed_end = _fields(raw)
    except IndexError as error:
        raise ChainError("it is not a signed transaction: it ends too early") from error
    if len(fields[5]) not in {0, 20} or any(fields[i][:1] == b"\0" for i in NUMBERS):
        raise ChainError("it is not a signed transaction: an address or a number is not well-formed")
    chain_id, nonce, priority, max_fee, gas, value, *signature = (int.from_bytes(fields[i], "big") for i in NUMBERS)
    body = raw[start:signed_end]
    digest = keccak(DYNAMIC_FEE_TYPE + encode_list(body))
    return SignedTransaction(
        raw=raw,
        hash=keccak(raw),
        sender=_recover(digest, *signature, keccak=keccak),
        chain_id=chain_id,
        nonce=nonce,
        priority=priority,
        max_fee=max_fee,
        gas=gas,
        to=fields[5] or None,
        value=value,
        data=fields[7],
    )


def gas_limit(raw: bytes) -> int:
    """Of a transaction that `decode_signed` takes; its signature is not looked at."""
    return int.from_bytes(_fields(raw)[1][GAS], "big")


def _fields(raw: bytes) -> tuple[int, list[bytes], int]:
    """Where the list's payload begins, its fields, and where the signature begins."""
    if raw[1] < LIST:
        raise _malformed()
    start, end = _extent(raw, 1, LIST, LONG_LIST)
    fields, at, signed_end = [], start, start
    for index in range(FIELDS):
        if index == ACCESS_LIST:
            if raw[at] != LIST:
                raise ChainError("it has an access list, which this engine does not take")
            begin = at = signed_end = at + 1
        else:
            begin, at = _string(raw, at)
        fields.append(raw[begin:at])
    if not at == end == len(raw):
        raise _malformed()
    return start, fields, signed_end


def _string(raw: bytes, at: int) -> tuple[int, int]:
    """Where the bytes of the string at `at` begin and end."""
    if raw[at] < STRING:
        return at, at + 1
    if raw[at] >= LIST:
        raise _malformed()
    begin, end = _extent(raw, at, STRING, LONG_STRING)
    # such a byte stands for itself
    if end - begin == 1 and raw[begin] < STRING:
        raise _malformed()
    return begin, end


def _extent(raw: bytes, at: int, short: int, long: int) -> tuple[int, int]:
    """Where the payload of the item at `at` begins and ends."""
    if raw[at] <= long:
        return at + 1, at + 1 + raw[at] - short
    begin = at + 1 + raw[at] - long
    length = int.from_bytes(raw[at + 1 : begin], "big")
    if length < LONG or raw[at + 1] == 0:
        raise _malformed()
    return begin, begin + length


def _malformed() -> ChainError:
    return ChainError("it is not a signed transaction: its RLP is malformed")


def _recover(digest: bytes, parity: int, r: int, s: int, *, keccak: Callable[[bytes], bytes]) -> bytes:
    """The address whose key signed `digest`; s in the lower half only (EIP-2)."""
    if parity > 1 or not 0 < r < CURVE_ORDER or not 0 < s <= CURVE_ORDER // 2:
        raise ChainError("its signature is out of range")
    compact = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
    try:
        key = PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except Exception as error:  # coincurve raises nothing narrower
        raise ChainError("its signature belongs to no key") from error
    return keccak(key.format(compressed=False)[1:])[12:]
