"""Merkle trees over hashes, in the shape of RFC 9162 (section 2.1.1), built from the leaves up.

A node is keccak256(left ‖ right); a node without a right neighbour is promoted unchanged, which gives RFC 9162's tree
for any number of leaves. Leaves are 32-byte hashes already: who makes them keeps their domain apart from that of nodes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fairmeter.chain.keccak import keccak256, keccak_rows
from fairmeter.errors import OutOfBoundsError
from fairmeter.model import UInt8s


def merkle_root(leaves: UInt8s) -> bytes:
    """The root over `leaves`, (n, 32) uint8 with n >= 1."""
    level = _checked(leaves)
    while len(level) > 1:
        level = _parents(level)
    return level.tobytes()


def merkle_proof(leaves: UInt8s, index: int) -> list[bytes]:
    """The siblings of leaf `index` from the leaf up, at most ceil(log2 n) of 32 bytes.

    Raises OutOfBoundsError if there is no such leaf.
    """
    level, position = _checked(leaves), index
    if not 0 <= index < len(level):
        raise OutOfBoundsError("index of a Merkle leaf", index, 0, len(level) - 1)
    proof = []
    while len(level) > 1:
        sibling = position ^ 1
        if sibling < len(level):
            proof.append(level[sibling].tobytes())
        level, position = _parents(level), position // 2
    return proof


def verify(root: bytes, leaf: bytes, index: int, count: int, proof: Sequence[bytes]) -> bool:
    """Whether `leaf` is at `index` of the `count` leaves under `root`; never raises."""
    if not 0 <= index < count:
        return False
    node, position, last, used = leaf, index, count - 1, 0
    while last > 0:
        if position ^ 1 <= last:
            if used == len(proof):
                return False
            pair = proof[used] + node if position & 1 else node + proof[used]
            node, used = keccak256(pair), used + 1
        position, last = position // 2, last // 2
    return used == len(proof) and node == root


def _checked(leaves: UInt8s) -> UInt8s:
    if leaves.ndim != 2 or leaves.shape[1] != 32:
        raise OutOfBoundsError("width of a Merkle leaf in bytes", leaves.shape[-1], 32, 32)
    if len(leaves) == 0:
        raise OutOfBoundsError("number of Merkle leaves", 0, 1, 2**63 - 1)
    return np.ascontiguousarray(leaves)


def _parents(level: UInt8s) -> UInt8s:
    pairs = len(level) // 2
    parents = keccak_rows(level[: 2 * pairs].reshape(pairs, 64))
    return parents if len(level) == 2 * pairs else np.concatenate([parents, level[-1:]])
