// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Calendar} from "../../src/libraries/Calendar.sol";
import {AccountId, PackedBill, PackedVerdict} from "../../src/types/Ids.sol";
import {Leaf, Shown, SignedReadings} from "../../src/types/Readings.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Decision} from "../../src/types/Verdicts.sol";
import {Merkle} from "../Merkle.sol";
import {Steps} from "./Steps.sol";

/// What operators commit to, and what is shown of it: every bill has readings, which follow from its id, and verdicts
/// that seldom follow from them.
abstract contract EvidenceBook is Steps {
    uint256 internal constant METER_KEY = 0x3e7e4;

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
        readings = new bytes(5 * count);
        for (uint256 day; day < count; ++day) {
            uint256 reading = daily + daily * day / 64;
            // Below 2^16: of its five bytes three are zero.
            (readings[5 * day + 3], readings[5 * day + 4]) = (bytes1(uint8(reading >> 8)), bytes1(uint8(reading)));
        }
    }

    /// What the meter operator signs: three times in four what operators commit to.
    function _signedReadingsOf(uint256 place) internal view returns (bytes memory readings) {
        readings = _readingsOf(place);
        if (uint256(keccak256(abi.encode("signed", place))) % 4 != 0) return readings;
        for (uint256 i = 4; i < readings.length; i += 5) {
            readings[i] ^= 0x40;
        }
    }

    /// One snapshot of the whole reference period, signed alone.
    function _snapshotOf(uint256 place, uint256 issuedAt) internal view returns (SignedReadings[] memory list) {
        uint256 word = bills[place].word;
        AccountId account = accounts[bills[place].account].id;
        list = new SignedReadings[](1);
        (uint256 start,) = Calendar.referencePeriod(_startOf(word), _daysOf(word));
        (list[0].firstDay, list[0].issuedAt, list[0].count) = (uint16(start), uint40(issuedAt), 1);
        list[0].readings = _signedReadingsOf(place);
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = meters.snapshotLeaf(account, list[0]);
        Utility utility = batches[bills[place].batch].utility;
        bytes32 digest = meters.snapshotsDigest(_supplierOf(place).id, utility, Merkle.root(leaves), 1);
        list[0].signature = _signedBy(METER_KEY, digest);
    }

    /// What the gate is shown of a batch, the root that it makes of it, and the verdicts that follow: readings that are not
    /// disclosed are all missing.
    function _shownToGate(uint256 batch)
        internal
        view
        returns (bytes memory evidence, bytes32 root, bytes memory verdicts)
    {
        bytes32[] memory leaves = new bytes32[](batches[batch].count);
        for (uint256 i; i < leaves.length; ++i) {
            uint256 place = batches[batch].first + i;
            bytes memory readings = _readingsOf(place);
            uint256 missing;
            bytes12 verdict = bytes12(bytes1(uint8(Decision.Insufficient)));
            if (accounts[bills[place].account].discloses) verdict = _bytesOf(_rightBy(place, readings));
            else (readings, missing) = (new bytes(readings.length), (1 << readings.length / 5) - 1);
            leaves[i] = _leafHash(batch, i, readings, missing, 0);
            evidence = bytes.concat(evidence, readings, bytes12(uint96(missing)));
            verdicts = bytes.concat(verdicts, verdict);
        }
        root = Merkle.root(leaves);
    }

    /// r ‖ vs (EIP-2098).
    function _signedBy(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, bytes32((uint256(v - 27) << 255) | uint256(s)));
    }

    function _rightBy(uint256 place, bytes memory readings) internal view returns (PackedVerdict) {
        BatchBook storage batch = batches[bills[place].batch];
        return challenges.evaluate(
            PackedBill.wrap(bills[place].word),
            readings,
            0,
            gate.presetsOf(batch.version, batch.utility, bills[place].postedClass)
        );
    }

    function _bytesOf(PackedVerdict verdict) internal pure returns (bytes12) {
        return PackedVerdict.unwrap(verdict);
    }

    function _leavesOf(uint256 batch) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](batches[batch].count);
        for (uint256 i; i < leaves.length; ++i) {
            uint256 place = batches[batch].first + i;
            leaves[i] = _leafHash(batch, i, _readingsOf(place), 0, bytes32(place));
        }
    }

    function _leafHash(uint256 batch, uint256 index, bytes memory readings, uint256 missing, bytes32 salt)
        private
        view
        returns (bytes32)
    {
        uint256 word = bills[batches[batch].first + index].word;
        (uint256 start, uint256 count) = Calendar.referencePeriod(_startOf(word), _daysOf(word));
        bytes memory head = abi.encodePacked(
            keccak256("Fairmeter evidence 1"), uint64(block.chainid), address(gate), uint48(batch + 1), uint16(index)
        );
        bytes memory period = abi.encodePacked(word, uint16(start), uint8(count));
        return keccak256(bytes.concat(head, period, readings, bytes12(uint96(missing)), salt));
    }
}
