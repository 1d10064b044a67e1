// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Calendar} from "../../src/libraries/Calendar.sol";
import {PackedBill} from "../../src/types/Ids.sol";
import {Leaf, Shown} from "../../src/types/Readings.sol";
import {Merkle} from "../Merkle.sol";
import {Steps} from "./Steps.sol";

/// What operators commit to, and what is shown of it: every bill has readings, which follow from its id, and verdicts
/// that seldom follow from them.
abstract contract EvidenceBook is Steps {
    /// Of each batch, 12 bytes a bill, as submitted.
    mapping(uint256 batch => bytes) internal said;

    function _rootOf(uint256 batch) internal view returns (bytes32) {
        return Merkle.root(_leavesOf(batch));
    }

    function _shownOf(uint256 place) internal view returns (Shown memory) {
        uint256 batch = bills[place].batch;
        bytes32[] memory words = new bytes32[](batches[batch].count);
        for (uint256 i; i < words.length; ++i) {
            words[i] = bytes32(bills[batches[batch].first + i].word);
        }
        // No batch here has more than 16 bills.
        return Shown({
            bill: _idOf(place),
            packed: PackedBill.wrap(bills[place].word),
            billProof: Merkle.path(words, place - batches[batch].first),
            verdicts: said[batch],
            verdictProof: new bytes32[](0)
        });
    }

    function _leafOf(uint256 place) internal view returns (Leaf memory) {
        uint256 batch = bills[place].batch;
        return Leaf({
            readings: _readingsOf(place),
            missing: 0,
            salt: bytes32(place),
            proof: Merkle.path(_leavesOf(batch), place - batches[batch].first)
        });
    }

    /// From nothing to more than any bill asks for.
    function _readingsOf(uint256 place) internal view returns (bytes memory readings) {
        (, uint256 count) = Calendar.referencePeriod(_startOf(bills[place].word), _daysOf(bills[place].word));
        uint256 chance = uint256(keccak256(abi.encode("readings", place)));
        uint256 daily = chance % 3 == 0 ? 0 : chance % 400;
        for (uint256 day; day < count; ++day) {
            readings = bytes.concat(readings, bytes5(uint40(daily + daily * day / 64)));
        }
    }

    function _leavesOf(uint256 batch) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](batches[batch].count);
        for (uint256 i; i < leaves.length; ++i) {
            uint256 place = batches[batch].first + i;
            uint256 word = bills[place].word;
            (uint256 start, uint256 count) = Calendar.referencePeriod(_startOf(word), _daysOf(word));
            bytes memory head = abi.encodePacked(
                keccak256("Fairmeter evidence 1"), uint64(block.chainid), address(gate), uint48(batch + 1), uint16(i)
            );
            bytes memory period = abi.encodePacked(word, uint16(start), uint8(count));
            leaves[i] = keccak256(bytes.concat(head, period, _readingsOf(place), bytes12(0), bytes32(place)));
        }
    }
}
