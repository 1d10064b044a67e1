"""Merkle trees over hashes, as libraries/MerkleTree.sol builds them: groups of leaves, and over them RFC 9162's tree.

Leaves in order, eight a group, the last group with what is left; a group's hash is keccak256 of its leaves side by
side. Over the groups' hashes the shape is that of RFC 9162 (section 2.1.1), built from below: a node is
keccak256(left ‖ right); a node without a right neighbour is promoted unchanged. Leaves are 32-byte words already: who
makes them keeps their domain apart from that of nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from fairmeter.chain.keccak import keccak256, keccak_rows
from fairmeter.errors import OutOfBoundsError
from fairmeter.model import UInt8s

GROUP: Final = 8
"""Leaves a group."""


def merkle_root(leaves: UInt8s) -> bytes:
    """The root over `leaves`, (n, 32) uint8 with n >= 1."""
    level = _groups(_checked(leaves))
    while len(level) > 1:
        level = _parents(level)
    return level.tobytes()


def merkle_proof(leaves: UInt8s, index: int) -> list[bytes]:
    """The other leaves of the group of leaf `index`, then the siblings on the group's path from below; 32 bytes each.

    Raises OutOfBoundsError if there is no such leaf.
    """
    leaves = _checked(leaves)
    if not 0 <= index < len(leaves):
        raise OutOfBoundsError("index of a Merkle leaf", index, 0, len(leaves) - 1)
    position = index // GROUP
    group = leaves[position * GROUP : (position + 1) * GROUP]
    proof = [leaf.tobytes() for leaf in np.delete(group, index % GROUP, axis=0)]
    level = _groups(leaves)
    while len(level) > 1:
        sibling = position ^ 1
        if sibling < len(level):
            proof.append(level[sibling].tobytes())
        level, position = _parents(level), position // 2
    return proof


def verify(root: bytes, leaf: bytes, index: int, count: int, proof: Sequence[bytes]) -> bool:
    """Whether `leaf` is at `index` of the `count` leaves under `root`; never raises."""
    return root_of(leaf, index, count, proof) == root


def root_of(leaf: bytes, index: int, count: int, proof: Sequence[bytes]) -> bytes | None:
    """The root under which `leaf` is at `index` of `count` leaves; None if the proof is of another length."""
    if not 0 <= index < count:
        return None
    position, place = divmod(index, GROUP)
    used = min(GROUP, count - position * GROUP) - 1
    if len(proof) < used:
        return None
    node = keccak256(b"".join([*proof[:place], leaf, *proof[place:used]]))
    last = (count - 1) // GROUP
    while last > 0:
        if position ^ 1 <= last:
            if used == len(proof):
                return None
            pair = proof[used] + node if position & 1 else node + proof[used]
            node, used = keccak256(pair), used + 1
        position, last = position // 2, last // 2
    return node if used == len(proof) else None


def _checked(leaves: UInt8s) -> UInt8s:
    if leaves.ndim != 2 or leaves.shape[1] != 32:
        raise OutOfBoundsError("width of a Merkle leaf in bytes", leaves.shape[-1], 32, 32)
    if len(leaves) == 0:
        raise OutOfBoundsError("number of Merkle leaves", 0, 1, 2**63 - 1)
    return np.ascontiguousarray(leaves)


def _groups(leaves: UInt8s) -> UInt8s:
    full = len(leaves) // GROUP
    hashes = keccak_rows(leaves[: full * GROUP].reshape(full, 32 * GROUP))
    if full * GROUP == len(leaves):
        return hashes
    rest = keccak256(leaves[full * GROUP :].tobytes())
    return np.concatenate([hashes, np.frombuffer(rest, np.uint8)[np.newaxis]])


def _parents(level: UInt8s) -> UInt8s:
    pairs = len(level) // 2
    parents = keccak_rows(level[: 2 * pairs].reshape(pairs, 64))
    return parents if len(level) == 2 * pairs else np.concatenate([parents, level[-1:]])
