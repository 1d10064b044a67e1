"""`secp.sign_digests` in one call of compiled code: libsecp256k1 has no call for many keys, and a loop of Python's asks
for the interpreter before every one, which an EVM in the process keeps for milliseconds.

Compiled once a process, in a second: what holds addresses of another library cannot be kept. Needs the extra `fast`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, Final

import numba
import numpy as np
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT

from fairmeter.model import UInt8s

SIGNATURE: Final = 65
POINTER: Final = ctypes.c_void_p


def sign_digests(keys: UInt8s, digests: UInt8s) -> UInt8s:
    """As secp.sign_digests: (n, 32) and (n, 32) to (n, 65) uint8."""
    signatures = np.empty((len(keys), SIGNATURE), np.uint8)
    made = _sign(_address(GLOBAL_CONTEXT.ctx), np.ascontiguousarray(keys), np.ascontiguousarray(digests), signatures)
    assert made == len(keys), "a private key is out of range"
    return signatures


def _address(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))


def _function(name: str, arguments: int) -> Callable[..., int]:
    kind = ctypes.CFUNCTYPE(ctypes.c_int, *[POINTER] * arguments)
    return kind(_address(ffi.addressof(lib, name)))


_sign_recoverable: Final = _function("secp256k1_ecdsa_sign_recoverable", 6)
_serialize: Final = _function("secp256k1_ecdsa_recoverable_signature_serialize_compact", 4)


@numba.njit(nogil=True)
def _sign(context: int, keys: UInt8s, digests: UInt8s, signatures: UInt8s) -> int:
    """How many of the rows were signed, up to the first that cannot be."""
    signature, parity = np.empty(SIGNATURE, np.uint8), np.empty(1, np.int32)
    for row in range(len(keys)):
        key, digest, target = keys[row].ctypes.data, digests[row].ctypes.data, signatures[row].ctypes.data
        if not _sign_recoverable(context, signature.ctypes.data, digest, key, 0, 0):
            return row
        _serialize(context, target, parity.ctypes.data, signature.ctypes.data)
        signatures[row, SIGNATURE - 1] = parity[0]
    return len(keys)
