// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LibraryHarness} from "../../harness/LibraryHarness.sol";

/// Against the definition: groups of eight, and over their hashes RFC 9162's tree, split at the largest power of two
/// below the number of groups.
contract VerifyTest {
    LibraryHarness private immutable harness = new LibraryHarness();

    function testFuzz_GivenAnyNumberOfLeaves_RootIsTheDefinitions(uint256 seed, uint16 size) external view {
        uint256[] memory leaves = _leaves(seed, size % 520 + 1);
        uint256[] memory groups = _groups(leaves);
        require(harness.root(leaves) == _root(groups, 0, groups.length), "root");
    }

    function testFuzz_GivenAnyIndex_ItsPathVerifiesAndNoOther(uint256 seed, uint16 size, uint16 at, uint8 bit)
        external
        view
    {
        uint256[] memory leaves = _leaves(seed, size % 260 + 1);
        uint256 count = leaves.length;
        uint256 index = at % count;
        bytes32 root = harness.root(leaves);
        bytes32 leaf = bytes32(leaves[index]);
        bytes32[] memory proof = _proof(leaves, index);

        require(harness.verify(root, leaf, index, count, proof), "verifies");
        require(!harness.verify(root, leaf ^ bytes32(uint256(1) << bit), index, count, proof), "another leaf");
        require(!harness.verify(root ^ bytes32(uint256(1)), leaf, index, count, proof), "another root");
        require(!harness.verify(root, leaf, count, count, proof), "index beyond");
        if (count > 1) require(!harness.verify(root, leaf, (index + 1) % count, count, proof), "another index");
        require(!harness.verify(root, leaf, index, count, _longer(proof)), "a longer proof");
        if (proof.length == 0) return;
        proof[bit % proof.length] ^= bytes32(uint256(1));
        require(!harness.verify(root, leaf, index, count, proof), "another proof");
    }

    function testFuzz_GivenAGroupForALeaf_IsRefused(uint256 seed, uint8 size) external view {
        uint256[] memory leaves = _leaves(seed, uint256(size) % 60 * 8 + 16);
        uint256 count = leaves.length;
        bytes32 root = harness.root(leaves);
        uint256[] memory groups = _groups(leaves);
        bytes32[] memory path = _path(groups, 0, groups.length, 0);

        require(!harness.verify(root, bytes32(groups[0]), 0, count, path), "a path that is too short");
        require(_root(groups, 0, groups.length) == root, "right but for the number of leaves");
    }

    function _longer(bytes32[] memory proof) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](proof.length + 1);
        for (uint256 i; i < proof.length; ++i) {
            longer[i] = proof[i];
        }
    }

    function _leaves(uint256 seed, uint256 count) private pure returns (uint256[] memory leaves) {
        leaves = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = uint256(keccak256(abi.encode(seed, i)));
        }
    }

    function _groups(uint256[] memory leaves) private pure returns (uint256[] memory groups) {
        groups = new uint256[]((leaves.length + 7) / 8);
        for (uint256 i; i < groups.length; ++i) {
            bytes memory words;
            for (uint256 j = 8 * i; j < leaves.length && j < 8 * i + 8; ++j) {
                words = bytes.concat(words, bytes32(leaves[j]));
            }
            groups[i] = uint256(keccak256(words));
        }
    }

    function _proof(uint256[] memory leaves, uint256 index) private pure returns (bytes32[] memory proof) {
        uint256[] memory groups = _groups(leaves);
        bytes32[] memory path = _path(groups, 0, groups.length, index / 8);
        uint256 begin = index / 8 * 8;
        uint256 size = leaves.length - begin < 8 ? leaves.length - begin : 8;
        proof = new bytes32[](size - 1 + path.length);
        uint256 used;
        for (uint256 i = begin; i < begin + size; ++i) {
            if (i != index) proof[used++] = bytes32(leaves[i]);
        }
        for (uint256 i; i < path.length; ++i) {
            proof[used++] = path[i];
        }
    }

    function _split(uint256 count) private pure returns (uint256 left) {
        left = 1;
        while (left * 2 < count) left *= 2;
    }

    function _root(uint256[] memory leaves, uint256 from, uint256 count) private pure returns (bytes32) {
        if (count == 1) return bytes32(leaves[from]);
        uint256 left = _split(count);
        return keccak256(abi.encode(_root(leaves, from, left), _root(leaves, from + left, count - left)));
    }

    function _path(uint256[] memory leaves, uint256 from, uint256 count, uint256 index)
        private
        pure
        returns (bytes32[] memory path)
    {
        if (count == 1) return path;
        uint256 left = _split(count);
        bool isLeft = index < left;
        bytes32[] memory below =
            isLeft ? _path(leaves, from, left, index) : _path(leaves, from + left, count - left, index - left);
        path = new bytes32[](below.length + 1);
        for (uint256 i; i < below.length; ++i) {
            path[i] = below[i];
        }
        path[below.length] = isLeft ? _root(leaves, from + left, count - left) : _root(leaves, from, left);
    }
}
