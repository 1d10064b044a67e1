// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "./Managed.sol";
import {IMeters} from "./interfaces/IMeters.sol";
import {IVerdictGate} from "./interfaces/IVerdictGate.sol";
import {Errors} from "./libraries/Errors.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {Revisions} from "./libraries/Revisions.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {AccountId, BatchId, SupplierId} from "./types/Ids.sol";
import {Issue, SignedReadings} from "./types/Readings.sol";
import {Utility} from "./types/Utilities.sol";

/// Keeps the meter operators' keys and checks what they signed.
///
/// Trusted: the governor, to choose a key for batches posted afterwards that the supplier does not hold. Whoever holds
/// it says what a meter read, and nothing else.
contract Meters is IMeters, Managed {
    using IdCodec for AccountId;
    using Revisions for Revisions.History;

    bytes32 private constant NAME_HASH = keccak256("Fairmeter Meters");
    bytes32 private constant BATCH_TYPEHASH = keccak256("BatchReadings(uint48 batch,bytes32 evidenceRoot)");
    bytes32 private constant SNAPSHOTS_TYPEHASH =
        keccak256("Snapshots(uint32 supplier,uint8 utility,bytes32 root,uint32 count)");
    bytes32 private constant SNAPSHOT_TYPEHASH =
        keccak256("Snapshot(uint64 account,uint16 firstDay,uint40 issuedAt,bytes content)");

    /// The gate, fixed at deployment.
    IVerdictGate public immutable gate;

    mapping(SupplierId supplier => mapping(Utility utility => Revisions.History)) private _keys;
    /// By key, so that one that was taken back or stolen can replace its own snapshots only; Unix seconds.
    mapping(address key => mapping(AccountId account => mapping(uint16 firstDay => uint40))) private _latest;

    constructor(IAccessManager authority_, IVerdictGate gate_) Managed(authority_) {
        gate = gate_;
    }

    /// @inheritdoc IMeters
    function setMeter(SupplierId supplier, Utility utility, address key) external override restricted {
        // Check:
        if (utility == Utility.None) revert Errors.VerdictGate_NoUtility();

        // Effect:
        uint32 version = gate.advance();
        _keys[supplier][utility].add(version, uint160(key));

        emit MeterSet(version, supplier, utility, key);
    }

    /// @inheritdoc IMeters
    function supersede(address key, Utility utility, AccountId account, Issue calldata issue) external override {
        // Check:
        bytes32 leaf = _leaf(account, issue.firstDay, issue.issuedAt, issue.content);
        bytes32 root = MerkleTree.rootOf(leaf, issue.index, issue.count, issue.proof);
        _checkSigned(key, snapshotsDigest(account.supplier(), utility, root, issue.count), issue.signature);
        uint256 latest = _latest[key][account][issue.firstDay];
        if (issue.issuedAt <= latest) revert Errors.Meters_Superseded(account, issue.firstDay, latest);

        // Effect:
        _latest[key][account][issue.firstDay] = issue.issuedAt;

        emit SnapshotReplaced(account, issue.firstDay, key, issue.issuedAt);
    }

    /// @inheritdoc IMeters
    function checkBatch(
        uint32 version,
        SupplierId supplier,
        Utility utility,
        BatchId batch,
        bytes32 root,
        bytes calldata signature
    ) external view override {
        _checkSigned(meterAt(version, supplier, utility), batchDigest(batch, root), signature);
    }

    /// @inheritdoc IMeters
    function checkSnapshot(uint32 version, Utility utility, AccountId account, SignedReadings calldata snapshot)
        external
        view
        override
    {
        bytes32 root =
            MerkleTree.rootOf(snapshotLeaf(account, snapshot), snapshot.index, snapshot.count, snapshot.proof);
        SupplierId supplier = account.supplier();
        address key = meterAt(version, supplier, utility);
        _checkSigned(key, snapshotsDigest(supplier, utility, root, snapshot.count), snapshot.signature);
        uint256 latest = _latest[key][account][snapshot.firstDay];
        if (snapshot.issuedAt < latest) revert Errors.Meters_Superseded(account, snapshot.firstDay, latest);
    }

    /// @inheritdoc IMeters
    function latestOf(address key, AccountId account, uint16 firstDay) external view override returns (uint40) {
        return _latest[key][account][firstDay];
    }

    /// @inheritdoc IMeters
    function meterAt(uint32 version, SupplierId supplier, Utility utility) public view override returns (address) {
        // slither-disable-next-line unused-return
        (, uint256 key) = _keys[supplier][utility].find(version);
        return address(uint160(key));
    }

    /// @inheritdoc IMeters
    function batchDigest(BatchId batch, bytes32 root) public view override returns (bytes32) {
        return TypedData.digest(NAME_HASH, keccak256(abi.encode(BATCH_TYPEHASH, batch, root)));
    }

    /// @inheritdoc IMeters
    function snapshotsDigest(SupplierId supplier, Utility utility, bytes32 root, uint32 count)
        public
        view
        override
        returns (bytes32)
    {
        return TypedData.digest(NAME_HASH, keccak256(abi.encode(SNAPSHOTS_TYPEHASH, supplier, utility, root, count)));
    }

    /// @inheritdoc IMeters
    function snapshotLeaf(AccountId account, SignedReadings calldata snapshot) public pure override returns (bytes32) {
        bytes32 content = keccak256(bytes.concat(snapshot.readings, bytes32(snapshot.missing), snapshot.salt));
        return _leaf(account, snapshot.firstDay, snapshot.issuedAt, content);
    }

    function _leaf(AccountId account, uint16 firstDay, uint40 issuedAt, bytes32 content)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(SNAPSHOT_TYPEHASH, account, firstDay, issuedAt, content));
    }

    function _checkSigned(address key, bytes32 digest, bytes calldata signature) private view {
        if (!TypedData.isSigned(digest, key, signature)) revert Errors.Meters_NotSigned(key);
    }
}
