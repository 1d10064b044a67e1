// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Merkle trees in the shape of RFC 9162, section 2.1: leaves in order, a node is keccak256(left ‖ right), an odd last
/// node goes up unchanged. The leaves are the packed words themselves.
///
/// A node cannot pass for a leaf although neither carries a prefix: whoever verifies takes the number of leaves from
/// the batch, and number and index fix the length of the path and the side of each step, so a shorter path is refused.
library MerkleTree {
    /// The root over `leaves`, of which there is at least one.
    ///
    /// In assembly, in place: the words are copied behind the free-memory pointer, which stays where it is, and each
    /// level overwrites the one below; 500 leaves cost 500 hashes and no allocation. Four nodes a turn of the loop,
    /// since the turn costs more than the hash.
    function root(uint256[] calldata leaves) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let base := mload(0x40)
            let size := shl(5, leaves.length)
            calldatacopy(base, leaves.offset, size)
            for {} gt(size, 0x20) {} {
                let to := base
                let from := base
                for { let fours := add(base, and(size, not(0xff))) } lt(from, fours) { from := add(from, 0x100) } {
                    mstore(to, keccak256(from, 0x40))
                    mstore(add(to, 0x20), keccak256(add(from, 0x40), 0x40))
                    mstore(add(to, 0x40), keccak256(add(from, 0x80), 0x40))
                    mstore(add(to, 0x60), keccak256(add(from, 0xc0), 0x40))
                    to := add(to, 0x80)
                }
                for { let pairs := add(base, and(size, not(0x3f))) } lt(from, pairs) { from := add(from, 0x40) } {
                    mstore(to, keccak256(from, 0x40))
                    to := add(to, 0x20)
                }
                if and(size, 0x20) {
                    mstore(to, mload(from))
                    to := add(to, 0x20)
                }
                size := sub(to, base)
            }
            result := mload(base)
        }
    }

    /// Whether `leaf` is at `index` of the `count` leaves under `root_`.
    function verify(bytes32 root_, bytes32 leaf, uint256 index, uint256 count, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        if (index >= count) return false;
        uint256 last = count - 1;
        uint256 used;
        bytes32 node = leaf;
        while (last != 0) {
            bool right = index & 1 == 1;
            // A last node without a sibling goes up unchanged and takes no step of the proof.
            if (right || index < last) {
                if (used == proof.length) return false;
                node = right ? _hash(proof[used], node) : _hash(node, proof[used]);
                ++used;
            }
            index >>= 1;
            last >>= 1;
        }
        return used == proof.length && node == root_;
    }

    function _hash(bytes32 left, bytes32 right) private pure returns (bytes32 node) {
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            node := keccak256(0x00, 0x40)
        }
    }
}
