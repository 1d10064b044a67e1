"""Calldata built from arrays over the ABI's own layout, without a Python object an element.

Covers functions whose arguments are static words, arrays of static elements, and bytes: the batch functions. Everything
else is encoded by `chain.abi.Interface`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.model import UInt8s

WORD: Final = 32

Argument = int | bytes | UInt8s
"""A static word (int >= 0), a `bytes` value, or an array: (n, 32·k) uint8, a row an element of k words."""


def calldata(selector: bytes, *arguments: Argument) -> bytes:
    """selector ‖ head ‖ tails, as the ABI specification lays them out ("Formal specification of the encoding")."""
    heads: list[bytes] = []
    tails: list[bytes] = []
    offset = WORD * len(arguments)
    for argument in arguments:
        if isinstance(argument, int):
            heads.append(argument.to_bytes(WORD, "big"))
            continue
        heads.append(offset.to_bytes(WORD, "big"))
        tail = _tail(argument)
        tails.append(tail)
        offset += len(tail)
    return b"".join([selector, *heads, *tails])


def words_of(values: npt.NDArray[np.integer]) -> UInt8s:
    """(n,) integers 0..2^64-1 as (n, 32) big-endian words."""
    words = np.zeros((len(values), WORD), np.uint8)
    words[:, WORD - 8 :] = values.astype(">u8").view(np.uint8).reshape(-1, 8)
    return words


def addresses_of(addresses: list[bytes]) -> UInt8s:
    """n addresses of 20 bytes as (n, 32) words."""
    words = np.zeros((len(addresses), WORD), np.uint8)
    words[:, 12:] = np.frombuffer(b"".join(addresses), np.uint8).reshape(-1, 20)
    return words


def array_argument(data: bytes, position: int, width: int = WORD) -> UInt8s:
    """The array that argument number `position` of `data` (with its selector) points to, (n, width) uint8: the reverse
    of `calldata` for arrays of `width`-byte elements. Raises ValueError if the calldata are too short.
    """
    tail, length = _tail_of(data, position)
    return np.frombuffer(data, np.uint8, length * width, tail).reshape(length, width)


def bytes_argument(data: bytes, position: int) -> bytes:
    """The `bytes` value that argument number `position` of `data` points to."""
    tail, length = _tail_of(data, position)
    return data[tail : tail + length]


def word_argument(data: bytes, position: int) -> int:
    """The static word at argument number `position`."""
    start = 4 + WORD * position
    return int.from_bytes(data[start : start + WORD], "big")


def _tail_of(data: bytes, position: int) -> tuple[int, int]:
    tail = 4 + word_argument(data, position)
    return tail + WORD, int.from_bytes(data[tail : tail + WORD], "big")


def _tail(argument: bytes | UInt8s) -> bytes:
    length = len(argument).to_bytes(WORD, "big")
    if isinstance(argument, bytes):
        return length + argument + bytes(-len(argument) % WORD)
    return length + np.ascontiguousarray(argument).tobytes()
