// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Calendar} from "../../src/libraries/Calendar.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";

/// The libraries' internal functions, to be called from outside.
contract LibraryHarness {
    function root(uint256[] calldata leaves) external pure returns (bytes32) {
        return MerkleTree.root(leaves);
    }

    function verify(bytes32 root_, bytes32 leaf, uint256 index, uint256 count, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return MerkleTree.verify(root_, leaf, index, count, proof);
    }

    function monthOf(uint256 timestamp) external pure returns (uint256) {
        return Calendar.monthOf(timestamp);
    }
}
