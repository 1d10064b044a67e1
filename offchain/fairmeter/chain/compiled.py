"""Keccak-256 and SHA-256 of the rows of an array, compiled by numba: a tenth and a third of the time that a call of C
a row takes (with AVX-512), and without the interpreter, which another thread has meanwhile.

The first call compiles, some seconds, once for a machine; later processes load what it left. Needs the extra `fast`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from fairmeter.chain.keccak import RATE, keccak256
from fairmeter.model import UInt8s

F = TypeVar("F", bound=Callable[..., Any])
UInt32s = npt.NDArray[np.uint32]
UInt64s = npt.NDArray[np.uint64]
Lane = np.uint64
Word = np.uint32
Plane = tuple[Lane, Lane, Lane, Lane, Lane]
State = tuple[Plane, Plane, Plane, Plane, Plane]

ROUND_CONSTANTS: Final = np.array(
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
        0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ],
    np.uint64,
)  # fmt: skip
"""FIPS 202, section 3.2.5."""
BLOCK: Final = 64
"""Bytes of a block of SHA-256."""
START: Final = np.array(
    [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19], np.uint32
)
"""FIPS 180-4, section 5.3.3."""
STEP_CONSTANTS: Final = np.array(
    [
        0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
        0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
        0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
        0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
        0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
        0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
        0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
        0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
    ],
    np.uint32,
)  # fmt: skip
"""FIPS 180-4, section 4.2.2."""

ROWS: Final = 16
"""Hashed side by side, a vector register for a lane or a word of all; for Keccak eight would do as well."""
FEW: Final = 4
"""Messages that are hashed sooner one after another than with lanes left empty."""

_inlined: Final = cast("Callable[[F], F]", numba.njit(inline="always"))


def _compiled(function: F) -> F:
    try:
        return cast("F", numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:
        # no folder for what was compiled can be written: every process compiles
        return cast("F", numba.njit(nogil=True)(function))


def keccak_rows(rows: UInt8s) -> UInt8s:
    """As keccak.keccak_rows: (n, k) to (n, 32) uint8."""
    count, width = rows.shape
    padded = np.zeros((count, RATE * (width // RATE + 1)), np.uint8)
    padded[:, :width] = rows
    padded[:, width] = 0x01
    return _hashed(padded)


def keccak_each(messages: Sequence[bytes]) -> list[bytes]:
    """As keccak.keccak_each."""
    blocks = np.array([len(one) // RATE + 1 for one in messages], np.int64)
    hashes = [b""] * len(messages)
    for count in np.unique(blocks).tolist():
        places = np.flatnonzero(blocks == count).tolist()
        if len(places) < FEW:
            found = [keccak256(messages[place]) for place in places]
        else:
            joined = b"".join([messages[place].ljust(RATE * count, b"\0") for place in places])
            padded = np.frombuffer(joined, np.uint8).reshape(-1, RATE * count).copy()
            padded[np.arange(len(places)), [len(messages[place]) for place in places]] = 0x01
            found = [digest.tobytes() for digest in _hashed(padded)]
        for place, one in zip(places, found, strict=True):
            hashes[place] = one
    return hashes


def sha256_rows(rows: UInt8s) -> UInt8s:
    """SHA-256 (FIPS 180-4) of each row: (n, k) to (n, 32) uint8."""
    count, width = rows.shape
    padded = np.zeros((count, BLOCK * ((width + 8) // BLOCK + 1)), np.uint8)
    padded[:, :width] = rows
    padded[:, width] = 0x80
    padded[:, -8:] = np.frombuffer((8 * width).to_bytes(8, "big"), np.uint8)
    digests = np.empty((count, 8), np.uint32)
    _sha256(padded.view(">u4").astype(np.uint32), digests)
    return digests.astype(">u4").view(np.uint8)


def _hashed(padded: UInt8s) -> UInt8s:
    """Of rows of whole blocks, in which the padding has begun."""
    padded[:, -1] |= 0x80
    digests = np.empty((len(padded), 4), np.uint64)
    _keccak(padded.view("<u8"), digests)
    return digests.view(np.uint8)


@_inlined
def _left(lane: Lane, places: int) -> Lane:
    return (lane << np.uint64(places)) | (lane >> np.uint64(64 - places))


@_inlined
def _chi(b0: Lane, b1: Lane, b2: Lane, b3: Lane, b4: Lane) -> Plane:
    return b0 ^ (~b1 & b2), b1 ^ (~b2 & b3), b2 ^ (~b3 & b4), b3 ^ (~b4 & b0), b4 ^ (~b0 & b1)


@_inlined
def _keccak_round(first: Plane, second: Plane, third: Plane, fourth: Plane, fifth: Plane) -> State:
    a0, a1, a2, a3, a4 = first
    a5, a6, a7, a8, a9 = second
    a10, a11, a12, a13, a14 = third
    a15, a16, a17, a18, a19 = fourth
    a20, a21, a22, a23, a24 = fifth
    c0, c1, c2 = a0 ^ a5 ^ a10 ^ a15 ^ a20, a1 ^ a6 ^ a11 ^ a16 ^ a21, a2 ^ a7 ^ a12 ^ a17 ^ a22
    c3, c4 = a3 ^ a8 ^ a13 ^ a18 ^ a23, a4 ^ a9 ^ a14 ^ a19 ^ a24
    d0, d1, d2, d3, d4 = c4 ^ _left(c1, 1), c0 ^ _left(c2, 1), c1 ^ _left(c3, 1), c2 ^ _left(c4, 1), c3 ^ _left(c0, 1)
    return (
        _chi(a0 ^ d0, _left(a6 ^ d1, 44), _left(a12 ^ d2, 43), _left(a18 ^ d3, 21), _left(a24 ^ d4, 14)),
        _chi(_left(a3 ^ d3, 28), _left(a9 ^ d4, 20), _left(a10 ^ d0, 3), _left(a16 ^ d1, 45), _left(a22 ^ d2, 61)),
        _chi(_left(a1 ^ d1, 1), _left(a7 ^ d2, 6), _left(a13 ^ d3, 25), _left(a19 ^ d4, 8), _left(a20 ^ d0, 18)),
        _chi(_left(a4 ^ d4, 27), _left(a5 ^ d0, 36), _left(a11 ^ d1, 10), _left(a17 ^ d2, 15), _left(a23 ^ d3, 56)),
        _chi(_left(a2 ^ d2, 62), _left(a8 ^ d3, 55), _left(a14 ^ d4, 39), _left(a15 ^ d0, 41), _left(a21 ^ d1, 2)),
    )


@_inlined
def _load(state: UInt64s, first: int, row: int) -> Plane:
    at = first * ROWS + row
    return state[at], state[at + ROWS], state[at + 2 * ROWS], state[at + 3 * ROWS], state[at + 4 * ROWS]


@_inlined
def _store(state: UInt64s, first: int, row: int, plane: Plane) -> None:
    at = first * ROWS + row
    state[at], state[at + ROWS], state[at + 2 * ROWS], state[at + 3 * ROWS], state[at + 4 * ROWS] = plane


@_compiled
def _permute(state: UInt64s) -> None:
    for constant in ROUND_CONSTANTS:
        for row in range(ROWS):
            v, w, x, y, z = _keccak_round(
                _load(state, 0, row),
                _load(state, 5, row),
                _load(state, 10, row),
                _load(state, 15, row),
                _load(state, 20, row),
            )
            _store(state, 0, row, (v[0] ^ constant, v[1], v[2], v[3], v[4]))
            _store(state, 5, row, w)
            _store(state, 10, row, x)
            _store(state, 15, row, y)
            _store(state, 20, row, z)


@_compiled
def _keccak(padded: UInt64s, digests: UInt64s) -> None:
    count, width = padded.shape
    state = np.empty(25 * ROWS, np.uint64)
    for first in range(0, count, ROWS):
        here = min(ROWS, count - first)
        state[:] = 0
        for block in range(0, width, RATE // 8):
            for row in range(here):
                for lane in range(RATE // 8):
                    state[lane * ROWS + row] ^= padded[first + row, block + lane]
            _permute(state)
        for row in range(here):
            for lane in range(4):
                digests[first + row, lane] = state[lane * ROWS + row]


@_inlined
def _right(word: Word, places: int) -> Word:
    return (word >> np.uint32(places)) | (word << np.uint32(32 - places))


@_inlined
def _step(a: Word, b: Word, c: Word, d: Word, e: Word, f: Word, g: Word, h: Word, added: Word) -> tuple[Word, Word]:
    one = h + (_right(e, 6) ^ _right(e, 11) ^ _right(e, 25)) + ((e & f) ^ (~e & g)) + added
    two = (_right(a, 2) ^ _right(a, 13) ^ _right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    return np.uint32(d + one), np.uint32(one + two)


@_compiled
def _compress(state: UInt32s, words: UInt32s) -> None:
    for at in range(16 * ROWS, 64 * ROWS, ROWS):
        for row in range(at, at + ROWS):
            early, late = words[row - 15 * ROWS], words[row - 2 * ROWS]
            first = _right(early, 7) ^ _right(early, 18) ^ (early >> np.uint32(3))
            second = _right(late, 17) ^ _right(late, 19) ^ (late >> np.uint32(10))
            words[row] = words[row - 16 * ROWS] + first + words[row - 7 * ROWS] + second
    before = state.copy()
    for at in range(0, 64, 8):
        k0, k1, k2, k3, k4, k5, k6, k7 = STEP_CONSTANTS[at : at + 8]
        for row in range(ROWS):
            a, b, c, d = state[row], state[row + ROWS], state[row + 2 * ROWS], state[row + 3 * ROWS]
            e, f, g, h = state[row + 4 * ROWS], state[row + 5 * ROWS], state[row + 6 * ROWS], state[row + 7 * ROWS]
            w = at * ROWS + row
            d, h = _step(a, b, c, d, e, f, g, h, k0 + words[w])
            c, g = _step(h, a, b, c, d, e, f, g, k1 + words[w + ROWS])
            b, f = _step(g, h, a, b, c, d, e, f, k2 + words[w + 2 * ROWS])
            a, e = _step(f, g, h, a, b, c, d, e, k3 + words[w + 3 * ROWS])
            h, d = _step(e, f, g, h, a, b, c, d, k4 + words[w + 4 * ROWS])
            g, c = _step(d, e, f, g, h, a, b, c, k5 + words[w + 5 * ROWS])
            f, b = _step(c, d, e, f, g, h, a, b, k6 + words[w + 6 * ROWS])
            e, a = _step(b, c, d, e, f, g, h, a, k7 + words[w + 7 * ROWS])
            state[row], state[row + ROWS], state[row + 2 * ROWS], state[row + 3 * ROWS] = a, b, c, d
            state[row + 4 * ROWS], state[row + 5 * ROWS], state[row + 6 * ROWS], state[row + 7 * ROWS] = e, f, g, h
    state += before


@_compiled
def _sha256(padded: UInt32s, digests: UInt32s) -> None:
    count, width = padded.shape
    state, words = np.empty(8 * ROWS, np.uint32), np.empty(64 * ROWS, np.uint32)
    for first in range(0, count, ROWS):
        here = min(ROWS, count - first)
        for word in range(8):
            state[word * ROWS : (word + 1) * ROWS] = START[word]
        for block in range(0, width, BLOCK // 4):
            for row in range(here):
                for word in range(16):
                    words[word * ROWS + row] = padded[first + row, block + word]
            _compress(state, words)
        for row in range(here):
            for word in range(8):
                digests[first + row, word] = state[word * ROWS + row]
