"""secp256k1 over the rows of arrays, on every core: libsecp256k1 has no call for many keys, and coincurve's objects
cost more than the curve.

Signatures are those of `coincurve.PrivateKey.sign_recoverable` (RFC 6979, low s). The binding lets go of the
interpreter's lock, so that threads share the work; who signs very many has them signed by compiled code, which never
asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from coincurve.flags import EC_UNCOMPRESSED

from fairmeter.chain.keccak import Work, keccak256, keccak_rows
from fairmeter.model import UInt8s

KEY: Final = 32
PUBLIC: Final = 65
SIGNATURE: Final = 65
ROWS_A_TASK: Final = 256
"""A thread takes this many at a time; fewer are not worth another thread."""
WORTH_COMPILED: Final = 20_000
"""Signatures, of 40 microseconds each, before the code that makes many is compiled."""
_WORK: Final = Work("fairmeter.chain.compiled_secp", WORTH_COMPILED)


def key_addresses(keys: UInt8s) -> UInt8s:
    """(n, 20): the addresses of (n, 32) private keys, each from 1 to the curve's order less 1."""
    points = np.empty((len(keys), PUBLIC), np.uint8)
    source, target = _pointer(keys), _pointer(points)

    def derive(start: int, stop: int) -> None:
        public, size = ffi.new("secp256k1_pubkey *"), ffi.new("size_t *")
        for row in range(start, stop):
            made = lib.secp256k1_ec_pubkey_create(GLOBAL_CONTEXT.ctx, public, source + KEY * row)
            assert made, "a private key is out of range"
            size[0] = PUBLIC
            lib.secp256k1_ec_pubkey_serialize(GLOBAL_CONTEXT.ctx, target + PUBLIC * row, size, public, EC_UNCOMPRESSED)

    _share(derive, len(keys))
    return keccak_rows(points[:, 1:])[:, 12:]


def sign_digests(keys: UInt8s, digests: UInt8s) -> UInt8s:
    """(n, 65): r, s and the parity (0 or 1) of the signatures of (n, 32) digests with (n, 32) private keys."""
    if fast := _WORK.compiled(len(keys)):
        return np.asarray(fast.sign_digests(keys, digests))
    signatures = np.empty((len(keys), SIGNATURE), np.uint8)
    key, digest, target = _pointer(keys), _pointer(digests), _pointer(signatures)

    def sign(start: int, stop: int) -> None:
        signature, parity = ffi.new("secp256k1_ecdsa_recoverable_signature *"), ffi.new("int *")
        for row in range(start, stop):
            made = lib.secp256k1_ecdsa_sign_recoverable(
                GLOBAL_CONTEXT.ctx, signature, digest + 32 * row, key + KEY * row, ffi.NULL, ffi.NULL
            )
            assert made, "a private key is out of range"
            place = target + SIGNATURE * row
            lib.secp256k1_ecdsa_recoverable_signature_serialize_compact(GLOBAL_CONTEXT.ctx, place, parity, signature)
            place[SIGNATURE - 1] = parity[0]

    _share(sign, len(keys))
    return signatures


def recover_address(digest: bytes, signature: bytes) -> bytes | None:
    """The address whose key made the 65 bytes r, s, v (27 or 28) over a 32-byte digest; None if no key can have."""
    if len(signature) != SIGNATURE or signature[64] not in (27, 28):
        return None
    parsed, public = ffi.new("secp256k1_ecdsa_recoverable_signature *"), ffi.new("secp256k1_pubkey *")
    context = GLOBAL_CONTEXT.ctx
    if not lib.secp256k1_ecdsa_recoverable_signature_parse_compact(
        context, parsed, signature[:64], signature[64] - 27
    ) or not lib.secp256k1_ecdsa_recover(context, public, parsed, digest):
        return None
    point, size = ffi.new("unsigned char[]", PUBLIC), ffi.new("size_t *", PUBLIC)
    lib.secp256k1_ec_pubkey_serialize(context, point, size, public, EC_UNCOMPRESSED)
    return keccak256(bytes(ffi.buffer(point))[1:])[12:]


def _pointer(rows: UInt8s) -> Any:
    """The first byte of a C-contiguous array."""
    assert rows.flags.c_contiguous
    return ffi.from_buffer("unsigned char[]", rows) if rows.size else ffi.NULL


def _share(work: Callable[[int, int], None], count: int) -> None:
    """`work` on the ranges that make up `count` rows."""
    if count <= ROWS_A_TASK:
        work(0, count)
        return
    starts = range(0, count, ROWS_A_TASK)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for _ in threads.map(lambda start: work(start, min(start + ROWS_A_TASK, count)), starts):
            pass
