// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PackedVerdict} from "../types/Ids.sol";
import {Decision, Verdict} from "../types/Verdicts.sol";
import {MerkleTree} from "./MerkleTree.sol";

/// A verdict in 12 bytes, byte 0 the first:
///
/// byte 0: decision in bits 0..3, 0x10 actual growth given, 0x20 expected growth given · byte 1: zero ·
/// bytes 2..6 actual, 7..11 expected growth, int40 ppm, big-endian, zero where not given
library PackedVerdicts {
    uint256 internal constant SIZE = 12;
    /// Verdicts a leaf of the commitment.
    uint256 internal constant GROUP = 16;

    uint256 private constant RESERVED = 0xccff;

    /// Verdict `index` of a list that holds it, without padding.
    function read(bytes calldata verdicts, uint256 index) internal pure returns (PackedVerdict verdict) {
        assembly ("memory-safe") {
            // The last read runs 20 bytes past the list: calldata reads as zero there, and the mask drops what is not
            // ours.
            verdict := and(calldataload(add(verdicts.offset, mul(index, 12))), shl(160, 0xffffffffffffffffffffffff))
        }
    }

    /// Where in calldata the word begins that ends with the first two bytes of a list's first verdict; the next
    /// verdict's is 12 bytes on. Before a list stands its length: there are 30 bytes more.
    function headOffsetOf(bytes calldata verdicts) internal pure returns (uint256 offset) {
        assembly ("memory-safe") {
            offset := sub(verdicts.offset, 30)
        }
    }

    /// The first two bytes of the verdict with the head at `offset` in calldata.
    function headAt(uint256 offset) internal pure returns (uint256 head) {
        assembly ("memory-safe") {
            head := and(calldataload(offset), 0xffff)
        }
    }

    /// Whether what follows a list in calldata is no verdict: two bytes of zero, as every encoder leaves them.
    function isEnded(bytes calldata verdicts) internal pure returns (bool) {
        return headAt(headOffsetOf(verdicts) + verdicts.length) == 0;
    }

    /// What a batch commits to: the Merkle root (libraries/MerkleTree.sol) over keccak256 of each 16 verdicts, of the
    /// last ones as many as there are; at least one.
    ///
    /// Sixteen, since one verdict is shown with its 15 neighbours and a proof of at most nine words: 480 bytes of
    /// calldata instead of 6,000, while the commitment costs little more than one hash over all of them.
    function commitment(bytes calldata verdicts) internal pure returns (bytes32) {
        uint256 base;
        assembly ("memory-safe") {
            base := mload(0x40)
            calldatacopy(base, verdicts.offset, verdicts.length)
        }
        return _commitmentAt(base, verdicts.length);
    }

    /// The same of verdicts in memory.
    function commitmentOf(bytes memory verdicts) internal pure returns (bytes32) {
        uint256 base;
        assembly ("memory-safe") {
            base := mload(0x40)
            mcopy(base, add(verdicts, 0x20), mload(verdicts))
        }
        return _commitmentAt(base, verdicts.length);
    }

    function _commitmentAt(uint256 base, uint256 length) private pure returns (bytes32) {
        uint256 count;
        assembly ("memory-safe") {
            for { let from := 0 } lt(from, length) { from := add(from, 192) } {
                let size := sub(length, from)
                if gt(size, 192) { size := 192 }
                // A leaf takes the place of verdicts that are hashed already.
                mstore(add(base, shl(5, count)), keccak256(add(base, from), size))
                count := add(count, 1)
            }
        }
        return MerkleTree.rootAt(base, count);
    }

    /// Whether `group` are the verdicts among which verdict `index` of `count` is, under `commitment_`.
    function isCommitted(
        bytes32 commitment_,
        bytes calldata group,
        uint256 index,
        uint256 count,
        bytes32[] calldata proof
    ) internal pure returns (bool) {
        uint256 leaf = index / GROUP;
        uint256 size = count - leaf * GROUP;
        if (size > GROUP) size = GROUP;
        if (group.length != size * SIZE) return false;
        uint256 leaves = (count + GROUP - 1) / GROUP;
        return MerkleTree.verify(commitment_, keccak256(group), leaf, leaves, proof);
    }

    /// Whether the decision is known and the reserved bits are zero, of a verdict's first two bytes.
    function isWellFormed(uint256 head) internal pure returns (bool good) {
        assembly ("memory-safe") {
            good := and(iszero(and(head, RESERVED)), iszero(iszero(and(head, 0x300))))
        }
    }

    /// The decision's number, of the first two bytes of a verdict that is well formed.
    function decisionOf(uint256 head) internal pure returns (uint256) {
        return (head >> 8) & 3;
    }

    /// The decision of a verdict that is well formed.
    function decision(PackedVerdict verdict) internal pure returns (Decision) {
        return Decision(decisionOf(uint16(bytes2(PackedVerdict.unwrap(verdict)))));
    }

    /// floor(growth · 10^6), ppm.
    function actualPpm(PackedVerdict verdict) internal pure returns (int40) {
        return int40(uint40(uint96(PackedVerdict.unwrap(verdict)) >> 40));
    }

    /// floor(growth · 10^6), ppm.
    function expectedPpm(PackedVerdict verdict) internal pure returns (int40) {
        return int40(uint40(uint96(PackedVerdict.unwrap(verdict))));
    }

    function decode(PackedVerdict verdict) internal pure returns (Verdict memory) {
        uint256 head = uint16(bytes2(PackedVerdict.unwrap(verdict)));
        return Verdict({
            decision: Decision(decisionOf(head)),
            hasActual: head & 0x1000 != 0,
            hasExpected: head & 0x2000 != 0,
            actualPpm: actualPpm(verdict),
            expectedPpm: expectedPpm(verdict)
        });
    }
}
