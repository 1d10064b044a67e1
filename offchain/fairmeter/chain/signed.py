"""A signed raw transaction, read as strictly as a node reads it, with its sender recovered from the signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import rlp
from coincurve import PublicKey
from rlp.codec import length_prefix
from rlp.exceptions import RLPException

from fairmeter.chain.transaction import SHAPE
from fairmeter.chain.wallet import CURVE_ORDER, DYNAMIC_FEE_TYPE
from fairmeter.errors import ChainError

LIST: Final = 0xC0
SIGNATURE_FIELDS: Final = 3
NUMBERS: Final = (0, 1, 2, 3, 4, 6, 9, 10, 11)
"""Which fields are integers: big-endian, without leading zeros."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction of type 2 (EIP-1559). Gas in units of gas, the rest in wei."""

    hash: bytes
    sender: bytes
    chain_id: int
    nonce: int
    priority: int
    """Wei a unit of gas, at the most."""
    max_fee: int
    """Wei a unit of gas, base fee and priority fee together."""
    gas: int
    """Its limit."""
    to: bytes | None
    """None if it creates a contract."""
    value: int
    data: bytes


def decode_signed(raw: bytes, keccak: Callable[[bytes], bytes]) -> Signed:
    """Read a transaction of type 2 without an access list; ChainError for anything else and for a bad signature."""
    try:
        fields = rlp.decode(raw[1:]) if raw[:1] == DYNAMIC_FEE_TYPE else None
    except RLPException as error:
        raise ChainError(f"it is not a signed transaction: {error}") from error
    if not isinstance(fields, list) or [isinstance(field, list) for field in fields] != SHAPE:
        raise ChainError(f"it is not a signed transaction of type 2 (EIP-1559): 0x{raw[:8].hex()}…")
    if fields[8]:
        raise ChainError("it has an access list, which this engine does not take")
    if len(fields[5]) not in {0, 20} or any(fields[i][:1] == b"\0" for i in NUMBERS):
        raise ChainError("it is not a signed transaction: an address or a number is not well-formed")
    chain_id, nonce, priority, max_fee, gas, value, *signature = (int.from_bytes(fields[i], "big") for i in NUMBERS)
    # the payload that was signed is the raw one without its last three fields
    tail = sum(len(rlp.encode(field)) for field in fields[-SIGNATURE_FIELDS:])
    start = 1 + _prefix_length(raw)
    body = raw[start : len(raw) - tail]
    digest = keccak(DYNAMIC_FEE_TYPE + bytes(length_prefix(len(body), LIST)) + body)
    return Signed(
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


def _prefix_length(raw: bytes) -> int:
    """Of the list that follows the type's byte; it has 56 bytes or more, as the signature alone is longer."""
    return 1 + raw[1] - 0xF7 if raw[1] > 0xF7 else 1


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
