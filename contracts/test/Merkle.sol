// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Trees of groups of eight leaves, hashed side by side, and over the groups RFC 9162, section 2.1, by its recursive
/// definition and without prefixes.
library Merkle {
    uint256 private constant GROUP = 8;

    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        bytes32[] memory groups = _groups(leaves);
        return _over(groups, 0, groups.length);
    }

    /// The other leaves of the group, in order, and the path of the group (section 2.1.3.1), from below.
    function path(bytes32[] memory leaves, uint256 leaf) internal pure returns (bytes32[] memory steps) {
        uint256 from = leaf / GROUP * GROUP;
        uint256 until = from + GROUP < leaves.length ? from + GROUP : leaves.length;
        bytes32[] memory groups = _groups(leaves);
        bytes32[] memory above = _path(groups, leaf / GROUP, 0, groups.length);
        steps = new bytes32[](until - from - 1 + above.length);
        uint256 next;
        for (uint256 i = from; i < until; ++i) {
            if (i != leaf) steps[next++] = leaves[i];
        }
        for (uint256 i; i < above.length; ++i) {
            steps[next++] = above[i];
        }
    }

    function _groups(bytes32[] memory leaves) private pure returns (bytes32[] memory groups) {
        groups = new bytes32[]((leaves.length + GROUP - 1) / GROUP);
        for (uint256 i; i < groups.length; ++i) {
            bytes memory packed;
            for (uint256 j = GROUP * i; j < GROUP * (i + 1) && j < leaves.length; ++j) {
                packed = bytes.concat(packed, leaves[j]);
            }
            groups[i] = keccak256(packed);
        }
    }

    function _path(bytes32[] memory leaves, uint256 leaf, uint256 from, uint256 until)
        private
        pure
        returns (bytes32[] memory steps)
    {
        if (until - from == 1) return steps;
        uint256 middle = from + _split(until - from);
        bool left = leaf < middle;
        bytes32[] memory below = left ? _path(leaves, leaf, from, middle) : _path(leaves, leaf, middle, until);
        steps = new bytes32[](below.length + 1);
        for (uint256 i; i < below.length; ++i) {
            steps[i] = below[i];
        }
        steps[below.length] = left ? _over(leaves, middle, until) : _over(leaves, from, middle);
    }

    function _over(bytes32[] memory leaves, uint256 from, uint256 until) private pure returns (bytes32) {
        if (until - from == 1) return leaves[from];
        uint256 middle = from + _split(until - from);
        return keccak256(abi.encodePacked(_over(leaves, from, middle), _over(leaves, middle, until)));
    }

    /// The largest power of two below `count`.
    function _split(uint256 count) private pure returns (uint256 power) {
        for (power = 1; power * 2 < count; power *= 2) {}
    }
}
