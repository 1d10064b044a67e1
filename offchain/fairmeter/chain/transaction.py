"""What a signed raw transaction says: the reverse of `Wallet.sign`, for whoever has only the bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import rlp
from rlp.exceptions import RLPException

from fairmeter.chain.wallet import DYNAMIC_FEE_TYPE
from fairmeter.errors import ChainError

SHAPE: Final = [False] * 8 + [True] + [False] * 3
"""Which fields are lists: chain id, nonce, two fees, gas, to, value, data, access list, parity, r, s (EIP-1559)."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """The part of a signed transaction that says what is asked of whom."""

    chain_id: int
    nonce: int
    to: bytes | None
    """None if it creates a contract."""
    value: int
    """Wei."""
    data: bytes


def decode_transaction(raw: bytes) -> Transaction:
    """Read a transaction of type 2 (EIP-1559), the only one that Fairmeter signs; ChainError for anything else."""
    try:
        fields = rlp.decode(raw[1:]) if raw[:1] == DYNAMIC_FEE_TYPE else None
    except RLPException as error:
        raise ChainError(f"not a signed transaction: {error}") from error
    if not isinstance(fields, list) or [isinstance(field, list) for field in fields] != SHAPE:
        raise ChainError(f"not a signed transaction of type 2 (EIP-1559): 0x{raw[:8].hex()}…")
    chain_id, nonce, value = (int.from_bytes(fields[i], "big") for i in (0, 1, 6))
    return Transaction(chain_id, nonce, fields[5] or None, value, fields[7])
