from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.chain.keccak import keccak256
from fairmeter.chain.merkle import merkle_proof, merkle_root, verify
from fairmeter.errors import OutOfBoundsError
from fairmeter.model import UInt8s


def tree(count: int) -> UInt8s:
    return np.random.default_rng(count).integers(0, 256, (count, 32), np.uint8)


def rfc_9162_root(leaves: list[bytes]) -> bytes:
    """Section 2.1.1, by its own recursion: split at the largest power of two below the number of leaves."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return keccak256(rfc_9162_root(leaves[:split]) + rfc_9162_root(leaves[split:]))


def group_hashes(leaves: UInt8s) -> list[bytes]:
    return [keccak256(leaves[start : start + 8].tobytes()) for start in range(0, len(leaves), 8)]


@pytest.mark.parametrize("count", [*range(1, 75), 500])
def test_verify__every_index_of_every_count__true(count: int) -> None:
    leaves = tree(count)
    root = merkle_root(leaves)
    assert root == rfc_9162_root(group_hashes(leaves))
    for index in range(count):
        proof = merkle_proof(leaves, index)
        assert len(proof) <= 7 + ((count - 1) // 8).bit_length()
        assert verify(root, leaves[index].tobytes(), index, count, proof)


@given(data=st.data(), count=st.integers(1, 300))
def test_verify__anything_changed__false(data: st.DataObject, count: int) -> None:
    leaves = tree(count)
    index = data.draw(st.integers(0, count - 1))
    root, leaf, proof = merkle_root(leaves), leaves[index].tobytes(), merkle_proof(leaves, index)
    flip = data.draw(st.integers(0, 255))
    mask = (1 << flip).to_bytes(32, "big")

    def flipped(node: bytes) -> bytes:
        return bytes(a ^ b for a, b in zip(node, mask, strict=True))

    assert not verify(flipped(root), leaf, index, count, proof)
    assert not verify(root, flipped(leaf), index, count, proof)
    assert not verify(root, leaf, index, count, [*proof, leaf])
    other = data.draw(st.integers(-1, count + 1).filter(lambda i: i != index))
    assert not verify(root, leaf, other, count, proof)
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        assert not verify(root, leaf, index, count, [*proof[:place], flipped(proof[place]), *proof[place + 1 :]])
        assert not verify(root, leaf, index, count, proof[:-1])


@given(count=st.integers(1, 300), index=st.integers(0, 299), claimed=st.integers(1, 400))
def test_verify__another_count__only_where_the_path_is_the_same(count: int, index: int, claimed: int) -> None:
    if index >= count or claimed == count:
        return
    leaves = tree(count)
    accepted = verify(merkle_root(leaves), leaves[index].tobytes(), index, claimed, merkle_proof(leaves, index))
    assert accepted == (index < claimed and siblings(index, claimed) == siblings(index, count))


def siblings(index: int, count: int) -> list[object]:
    """The size of the group, and which side each sibling on the path lies: what a proof without its count can tell."""
    position, last = index // 8, (count - 1) // 8
    sides: list[object] = [min(8, count - 8 * position)]
    while last > 0:
        if position ^ 1 <= last:
            sides.append(bool(position & 1))
        position, last = position // 2, last // 2
    return sides


@pytest.mark.parametrize("index", [-1, 5])
def test_merkle_proof__no_such_leaf__refused(index: int) -> None:
    with pytest.raises(OutOfBoundsError, match=r"index of a Merkle leaf is -?\d, outside 0\.\.4"):
        merkle_proof(tree(5), index)


def test_merkle_root__no_leaves__refused() -> None:
    with pytest.raises(OutOfBoundsError, match="number of Merkle leaves is 0"):
        merkle_root(tree(0))


def test_merkle_root__leaves_of_another_width__refused() -> None:
    with pytest.raises(OutOfBoundsError, match="width of a Merkle leaf in bytes is 20"):
        merkle_root(np.zeros((2, 20), np.uint8))
