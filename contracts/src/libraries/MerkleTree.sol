// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Merkle trees in two storeys: leaves in order, eight a group, the last group with what is left; a group's hash is
/// keccak256 of its leaves side by side. Over the groups' hashes the shape is RFC 9162's, section 2.1: a node is
/// keccak256(left ‖ right), an odd last node goes up unchanged. The leaves are the packed words themselves.
///
/// Why groups: eight words are hashed at once for 78 gas, where seven hashes of two would cost 300 and their loop as
/// much again; a proof grows by four words.
///
/// No hash can pass for another although none carries a prefix: whoever verifies takes the number of leaves from the
/// batch, and number and index fix the size of the group, the length of the path and the side of each step.
library MerkleTree {
    /// Leaves a group.
    uint256 internal constant GROUP = 8;

    /// The root over `leaves`, of which there is at least one.
    function root(uint256[] calldata leaves) internal pure returns (bytes32) {
        uint256 base;
        assembly ("memory-safe") {
            base := mload(0x40)
            calldatacopy(base, leaves.offset, shl(5, leaves.length))
        }
        return rootAt(base, leaves.length);
    }

    /// The root over `count` leaves, at least one, that lie behind the free-memory pointer, at `base`; they are
    /// overwritten, level by level: no allocation.
    function rootAt(uint256 base, uint256 count) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let size := shl(5, count)
            let to := base
            let end := add(base, size)
            for { let from := base } lt(from, end) { from := add(from, 0x100) } {
                let rest := sub(end, from)
                // The lesser of the two.
                mstore(to, keccak256(from, xor(rest, mul(xor(rest, 0x100), gt(rest, 0x100)))))
                to := add(to, 0x20)
            }
            for { size := sub(to, base) } gt(size, 0x20) { size := sub(to, base) } {
                to := base
                let from := base
                for { let pairs := add(base, and(size, not(0x3f))) } lt(from, pairs) { from := add(from, 0x40) } {
                    mstore(to, keccak256(from, 0x40))
                    to := add(to, 0x20)
                }
                if and(size, 0x20) {
                    mstore(to, mload(from))
                    to := add(to, 0x20)
                }
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
        return rootOf(leaf, index, count, proof) == root_;
    }

    /// The root under which `leaf` is at `index` of `count` leaves; zero, which is no root, where the proof does not fit
    /// the place. A proof is the other leaves of the group, in order, and the siblings on the group's path, from below.
    function rootOf(bytes32 leaf, uint256 index, uint256 count, bytes32[] calldata proof)
        internal
        pure
        returns (bytes32 node)
    {
        if (index >= count) return 0;
        // `used` steps of the proof are at most as many as it has.
        unchecked {
            uint256 used = count - index / GROUP * GROUP;
            used = (used < GROUP ? used : GROUP) - 1;
            if (proof.length < used) return 0;
            node = _group(leaf, index % GROUP, proof[:used]);
            uint256 last = (count - 1) / GROUP;
            for (index /= GROUP; last != 0; (index, last) = (index >> 1, last >> 1)) {
                bool right = index & 1 == 1;
                // A last node without a sibling goes up unchanged and takes no step of the proof.
                if (!right && index == last) continue;
                if (used == proof.length) return 0;
                node = right ? _hash(proof[used], node) : _hash(node, proof[used]);
                ++used;
            }
            if (used != proof.length) return 0;
        }
    }

    /// The hash of a group with `leaf` at `index` among the `others`.
    function _group(bytes32 leaf, uint256 index, bytes32[] calldata others) private pure returns (bytes32 node) {
        assembly ("memory-safe") {
            let base := mload(0x40)
            let before := shl(5, index)
            let size := shl(5, others.length)
            calldatacopy(base, others.offset, before)
            mstore(add(base, before), leaf)
            calldatacopy(add(add(base, before), 0x20), add(others.offset, before), sub(size, before))
            node := keccak256(base, add(size, 0x20))
        }
    }

    function _hash(bytes32 left, bytes32 right) private pure returns (bytes32 node) {
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            node := keccak256(0x00, 0x40)
        }
    }
}
