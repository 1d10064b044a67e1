"""RLP (yellow paper, appendix B) of the few shapes that transactions and receipts have."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

STRING: Final = 0x80
LONG_STRING: Final = 0xB7
LIST: Final = 0xC0
LONG_LIST: Final = 0xF7
LONG: Final = 56
"""Bytes from which a length has bytes of its own."""


def encode_string(value: bytes) -> bytes:
    """RLP of bytes."""
    if len(value) == 1 and value[0] < STRING:
        return value
    return length_prefix(len(value), STRING) + value


@lru_cache(1_024)
def encode_integer(value: int) -> bytes:
    """RLP of an integer: its big-endian bytes without leading zeros."""
    return encode_string(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def encode_list(payload: bytes) -> bytes:
    """RLP of a list whose items are encoded and joined already."""
    return length_prefix(len(payload), LIST) + payload


def length_prefix(length: int, offset: int) -> bytes:
    """What stands before `length` bytes; `offset` is STRING or LIST."""
    if length < LONG:
        return bytes((offset + length,))
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((offset + LONG - 1 + len(size),)) + size
