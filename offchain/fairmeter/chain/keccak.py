"""Keccak-256, one message at a time and over the rows of an array, and SHA-256 over rows."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from sha3 import keccak_256

from fairmeter.model import UInt8s

RATE: Final = 136
"""Bytes that Keccak-256 absorbs at a time."""
WORTH_COMPILED: Final = 100_000
"""Rows that a process has hashed by calls of C before it loads the compiled code, which takes a second: a run of a few
thousand bills would wait for it longer than it saves."""


def keccak256(data: bytes) -> bytes:
    """The 32-byte Keccak-256 of `data`, with the padding that Ethereum uses (0x01; FIPS 202 made it 0x06)."""
    digest: bytes = keccak_256(data).digest()
    return digest


def keccak_rows(rows: UInt8s) -> UInt8s:
    """Keccak-256 of each row: (n, k) uint8 to (n, 32) uint8, for any n and k."""
    hashed: UInt8s = fast.keccak_rows(rows) if (fast := _WORK.compiled(len(rows))) else _each(rows, keccak_256)
    return hashed


def sha256_rows(rows: UInt8s) -> UInt8s:
    """SHA-256 (FIPS 180-4) of each row: (n, k) uint8 to (n, 32) uint8, for any n and k."""
    hashed: UInt8s = fast.sha256_rows(rows) if (fast := _WORK.compiled(len(rows))) else _each(rows, hashlib.sha256)
    return hashed


def keccak_each(messages: Sequence[bytes]) -> list[bytes]:
    """Keccak-256 of each message; those as long as others, to a block, are hashed side by side."""
    if fast := _WORK.compiled(sum(map(len, messages)) // RATE + len(messages)):
        return list(fast.keccak_each(messages))
    return [keccak256(one) for one in messages]


class Work:
    """How much this process has done of what compiled code does faster; threads may count one another's rows twice or
    not at all, which changes no result."""

    def __init__(self, module: str, worth_compiled: int) -> None:
        self._module, self._left = module, worth_compiled
        self._compiled: Any = None

    def compiled(self, rows: int) -> Any:
        """The module, once it has become worth its time; None before, and without the extra `fast`."""
        if self._left > 0:
            self._left -= rows
            if self._left <= 0 and find_spec("numba") is not None:
                self._compiled = importlib.import_module(self._module)
        return self._compiled


_WORK: Final = Work("fairmeter.chain.compiled", WORTH_COMPILED)


def _each(rows: UInt8s, function: Callable[..., Any]) -> UInt8s:
    count, width = rows.shape
    joined = memoryview(np.ascontiguousarray(rows).tobytes())
    digests = b"".join([function(joined[at * width : (at + 1) * width]).digest() for at in range(count)])
    return np.frombuffer(digests, np.uint8).reshape(count, 32)
