"""Keccak-256, one message at a time and over the rows of an array."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from eth_hash.auto import keccak as _keccak

from fairmeter.model import UInt8s

RATE: Final = 136
"""Bytes that Keccak-256 absorbs a permutation (FIPS 202, capacity 512 bits)."""
CHUNK_ROWS: Final = 4_096
"""Rows hashed at once: many enough to hide NumPy's overhead, few enough for the state to stay in the cache."""

Lanes = npt.NDArray[np.uint64]


def keccak256(data: bytes) -> bytes:
    """The 32-byte Keccak-256 of `data`, with the padding that Ethereum uses (0x01; FIPS 202 made it 0x06)."""
    return _keccak(data)


def keccak_rows(rows: UInt8s) -> UInt8s:
    """Keccak-256 of each row: (n, k) uint8 to (n, 32) uint8, for any n and k.

    Keccak-f[1600] as in FIPS 202, section 3, with one array a lane. For a few rows `keccak256` is faster.
    """
    count, width = rows.shape
    digests = np.empty((count, 32), np.uint8)
    padded_width = (width // RATE + 1) * RATE
    for start in range(0, count, CHUNK_ROWS):
        chunk = rows[start : start + CHUNK_ROWS]
        padded = np.zeros((len(chunk), padded_width), np.uint8)
        padded[:, :width] = chunk
        padded[:, width] ^= 0x01
        padded[:, -1] ^= 0x80
        digests[start : start + len(chunk)] = _sponge(padded.view("<u8"))
    return digests


def _rotations() -> npt.NDArray[np.uint64]:
    """Offsets of rho, (25, 1), lane x, y at row 5y + x (FIPS 202, 3.2.2)."""
    offsets = np.zeros((25, 1), np.uint64)
    x, y = 1, 0
    for t in range(24):
        offsets[5 * y + x] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return offsets


def _round_constants() -> npt.NDArray[np.uint64]:
    """The 24 constants of iota, from the linear feedback register of FIPS 202, 3.2.5."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << (2**j - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return np.array(constants, np.uint64)


ROTATIONS: Final = _rotations()
BACK_ROTATIONS: Final = np.uint64(64) - ROTATIONS
ROUND_CONSTANTS: Final = _round_constants()
# pi sends lane (x + 3y, x) to (x, y); columns 5 and 6 repeat 0 and 1, so that chi's neighbours are plain slices
PI_ROWS: Final = np.array([5 * (x % 5) + (x % 5 + 3 * y) % 5 for y in range(5) for x in range(7)])


def _sponge(blocks: Lanes) -> UInt8s:
    """Absorb padded messages, (n, 17 words a block), and squeeze (n, 32) bytes."""
    count, words = blocks.shape
    state = np.zeros((25, count), np.uint64)
    rotated = np.empty_like(state)
    moved = np.empty((35, count), np.uint64)
    rate_words = RATE // 8
    for offset in range(0, words, rate_words):
        state[:rate_words] ^= blocks[:, offset : offset + rate_words].T
        _permute(state, rotated, moved)
    return np.ascontiguousarray(state[:4].T).astype("<u8", copy=False).view(np.uint8)


def _permute(state: Lanes, rotated: Lanes, moved: Lanes) -> None:
    """Keccak-f[1600] in place; `rotated` (25, n) and `moved` (35, n) are room to work in."""
    planes, spread = state.reshape(5, 5, -1), moved.reshape(5, 7, -1)
    parity, turned = np.empty_like(planes[0]), np.empty_like(planes[0])
    one, back = np.uint64(1), np.uint64(63)
    for constant in ROUND_CONSTANTS:
        np.bitwise_xor.reduce(planes, axis=0, out=parity)
        np.left_shift(parity, one, out=turned)
        turned |= parity >> back
        planes[:, 0] ^= parity[4] ^ turned[1]
        planes[:, 1:4] ^= parity[:3] ^ turned[2:]
        planes[:, 4] ^= parity[3] ^ turned[0]

        np.left_shift(state, ROTATIONS, out=rotated)
        np.right_shift(state, BACK_ROTATIONS, out=state)
        rotated |= state
        rotated.take(PI_ROWS, axis=0, out=moved, mode="clip")

        np.bitwise_not(spread[:, 1:6], out=planes)
        planes &= spread[:, 2:]
        planes ^= spread[:, :5]
        state[0] ^= constant
