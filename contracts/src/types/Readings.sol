// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId, PackedBill} from "./Ids.sol";

/// A bill and its verdict, with what shows that they are what was posted and signed.
struct Shown {
    BillId bill;
    PackedBill packed;
    /// The bill's path under its batch's commitment.
    bytes32[] billProof;
    /// The 16 packed verdicts among which the bill's is, fewer at the end of the batch, and their path under the
    /// verdict commitment.
    bytes verdicts;
    bytes32[] verdictProof;
}

/// An evidence leaf: the readings of a bill's reference period, with its path under the evidence root.
struct Leaf {
    /// Base units, 5 bytes a day, big-endian, zero where missing.
    bytes readings;
    /// Bit x: day x of the reference period, counted from 0, has no reading.
    uint96 missing;
    bytes32 salt;
    bytes32[] proof;
}

/// Readings of one account that its meter operator signed, alone or with others under a Merkle root.
struct SignedReadings {
    /// Days since 1970-01-01.
    uint16 firstDay;
    /// Unix seconds; when the meter operator gave them out.
    uint40 issuedAt;
    /// Base units, 5 bytes a day, big-endian, zero where missing.
    bytes readings;
    /// Bit x: day x, counted from 0, has no reading.
    uint256 missing;
    /// Known to those who may know the readings: the neighbours' leaves under the root tell nothing.
    bytes32 salt;
    /// Place of the snapshot among `count` under the root, and its path; 0, 1 and none for one that stands alone.
    uint32 index;
    uint32 count;
    bytes32[] proof;
    /// r ‖ vs (EIP-2098), 64 bytes, over the root.
    bytes signature;
}

/// That a snapshot was issued, without its readings: what `SignedReadings` has, by hash.
struct Issue {
    /// As in `SignedReadings`.
    uint16 firstDay;
    uint40 issuedAt;
    /// keccak256(readings ‖ missing 32 ‖ salt 32 bytes).
    bytes32 content;
    uint32 index;
    uint32 count;
    bytes32[] proof;
    bytes signature;
}
