// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountId, BatchId, SupplierId} from "../types/Ids.sol";
import {Issue, SignedReadings} from "../types/Readings.sol";
import {Utility} from "../types/Utilities.sol";

/// Whose word counts for readings: the key of the meter operator of each supplier and utility, by version, and what it
/// signed (EIP-712). One signature is over a Merkle root (libraries/MerkleTree.sol) of snapshots, each of them the readings
/// of one account on some days; one that stands alone is the only leaf.
///
/// Of two snapshots by one key of an account that begin on the same day the one issued later replaces the other, as soon
/// as anybody has told of it. Who judges by the later one tells of it first.
interface IMeters {
    event MeterSet(uint32 indexed version, SupplierId indexed supplier, Utility indexed utility, address key);
    /// Snapshots of the account by `key` that begin on that day and were issued before count for nothing from now on.
    event SnapshotReplaced(AccountId indexed account, uint16 indexed firstDay, address indexed key, uint40 issuedAt);

    /// Sets the meter operator's key for batches posted from now on; zero for none. Restricted to the governor role.
    function setMeter(SupplierId supplier, Utility utility, address key) external;

    /// Tells of a snapshot that `key` has signed, and of none of its readings: the earlier ones count for nothing from now
    /// on. Anyone may call.
    function supersede(address key, Utility utility, AccountId account, Issue calldata issue) external;

    /// When the latest snapshot that anybody told of was issued, Unix seconds; zero where there is none.
    function latestOf(address key, AccountId account, uint16 firstDay) external view returns (uint40);
    /// The meter operator's key in a version; zero for none.
    function meterAt(uint32 version, SupplierId supplier, Utility utility) external view returns (address);
    /// Reverts unless the meter operator of the version has signed that the leaves under `root` are its readings for
    /// the batch.
    function checkBatch(
        uint32 version,
        SupplierId supplier,
        Utility utility,
        BatchId batch,
        bytes32 root,
        bytes calldata signature
    ) external view;
    /// Reverts unless the meter operator of the version has signed the snapshot, and no later one is known.
    function checkSnapshot(uint32 version, Utility utility, AccountId account, SignedReadings calldata snapshot)
        external
        view;
    /// What is signed for a batch.
    function batchDigest(BatchId batch, bytes32 root) external view returns (bytes32);
    /// What is signed for `count` snapshots under `root`, of one supplier and utility.
    function snapshotsDigest(SupplierId supplier, Utility utility, bytes32 root, uint32 count)
        external
        view
        returns (bytes32);
    /// The leaf of a snapshot.
    function snapshotLeaf(AccountId account, SignedReadings calldata snapshot) external pure returns (bytes32);
}
