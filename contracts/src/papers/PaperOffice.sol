// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBillTrace} from "../interfaces/IBillTrace.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {PackedPapers} from "../libraries/PackedPapers.sol";
import {PaperOrder} from "../libraries/PaperOrder.sol";
import {PapersErrors} from "../libraries/PapersErrors.sol";
import {BatchId, BillId, SupplierId} from "../types/Ids.sol";
import {Defect, Kind, Office, PackedDocument, PackedIssue, Papers, Staff} from "../types/Papers.sol";

/// The offices of suppliers, and what every document does to its bill's word.
abstract contract PaperOffice is IBillTrace {
    using PackedPapers for uint256;

    /// For whom the caller acts, and on bills of which batch, as far as is known: lists ask once a batch.
    struct Desk {
        BatchId batch;
        SupplierId supplier;
        uint16 count;
        uint40 judgedAt;
        bytes32 commitment;
        uint8 person;
        uint16 duties;
    }

    /// @inheritdoc IBillTrace
    IPaymentLedger public immutable override ledger;

    mapping(BillId bill => uint256 word) internal _papers;
    /// Of each key, after its supplier 160..191, its person 0..7 and duties 8..23.
    mapping(uint256 supplierAndKey => uint256) private _staff;
    mapping(SupplierId supplier => mapping(bytes32 identity => uint8 person)) internal _people;
    mapping(SupplierId supplier => Office) internal _offices;

    constructor(IPaymentLedger ledger_) {
        ledger = ledger_;
    }

    /// @inheritdoc IBillTrace
    function appoint(SupplierId supplier, address key, bytes32 identity, uint16 duties) external override {
        // Check:
        _checkOwner(supplier);
        (uint8 person, uint8 holder) = (_people[supplier][identity], uint8(_staff[_keyOf(supplier, key)]));
        if (holder != 0 && holder != person) revert PapersErrors.BillTrace_KeyTaken(key, holder);

        // Effect:
        if (person == 0) {
            person = _offices[supplier].people;
            if (person == type(uint8).max) revert PapersErrors.BillTrace_OfficeFull(supplier);
            _offices[supplier].people = ++person;
            _people[supplier][identity] = person;
        }
        _staff[_keyOf(supplier, key)] = uint256(person) | (uint256(duties) << 8);

        emit StaffAppointed(supplier, key, identity, person, duties);
    }

    /// @inheritdoc IBillTrace
    function setLimits(SupplierId supplier, uint48 second, uint48 third) external override {
        // Check:
        _checkOwner(supplier);
        if (second > third) revert PapersErrors.BillTrace_LimitsOutOfOrder(second, third);

        // Effect:
        (_offices[supplier].second, _offices[supplier].third) = (second, third);

        emit LimitsSet(supplier, second, third);
    }

    /// @inheritdoc IBillTrace
    function papersOf(BillId bill) external view override returns (Papers memory) {
        return _papers[bill].decode();
    }

    /// @inheritdoc IBillTrace
    function staffOf(SupplierId supplier, address key) external view override returns (Staff memory) {
        uint256 staff = _staff[_keyOf(supplier, key)];
        return Staff(uint8(staff), uint16(staff >> 8));
    }

    /// @inheritdoc IBillTrace
    function personOf(SupplierId supplier, bytes32 identity) external view override returns (uint8) {
        return _people[supplier][identity];
    }

    /// @inheritdoc IBillTrace
    function officeOf(SupplierId supplier) external view override returns (Office memory) {
        return _offices[supplier];
    }

    /// @inheritdoc IBillTrace
    function parentsOf(Kind kind, uint8 levels) external pure override returns (uint16) {
        return uint16(PaperOrder.parents(kind, levels));
    }

    /// Has the desk at a batch, unless it is there already.
    function _sit(Desk memory desk, BatchId batch) internal view {
        // No batch has the number 0: an empty desk is at none.
        if (BatchId.unwrap(desk.batch) == BatchId.unwrap(batch) && BatchId.unwrap(batch) != 0) return;
        desk.batch = batch;
        _look(desk);
        uint256 staff = _staff[_keyOf(desk.supplier, msg.sender)];
        (desk.person, desk.duties) = (uint8(staff), uint16(staff >> 8));
    }

    /// Reads what is needed of the ledger's eleven fields of a batch, without a copy of them: that saves 2,000 gas.
    function _look(Desk memory desk) private view {
        uint256 selector = uint32(IPaymentLedger.batchOf.selector);
        address from = address(ledger);
        assembly ("memory-safe") {
            mstore(0x00, shl(224, selector))
            mstore(0x04, mload(desk))
            let found := mload(0x40)
            if iszero(staticcall(gas(), from, 0x00, 0x24, found, 0x160)) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
            mstore(add(desk, 0x20), mload(add(found, 0x20)))
            mstore(add(desk, 0x40), mload(add(found, 0x60)))
            mstore(add(desk, 0x60), mload(add(found, 0xc0)))
            mstore(add(desk, 0x80), mload(found))
        }
    }

    /// Writes a document into its bill's word; `by` as PackedPapers has it.
    function _append(BillId bill, uint256 word, Kind kind, uint256 parents, uint256 by, bytes32 content) internal {
        uint256 what = word.documentOf(bill, kind, Defect.None, parents);
        _papers[bill] = word.standingToo(PaperOrder.bit(kind)).extended(what, by, content);

        emit Documented(PackedDocument.wrap(what), PackedIssue.wrap(by), content);
    }

    /// Takes a document back, and what rests on it.
    function _remove(BillId bill, uint256 word, Kind kind, Defect defect, address issuer, bytes32 content)
        internal
        returns (uint256 left)
    {
        uint256 what = word.documentOf(bill, kind, defect, 0);
        uint256 by = PackedPapers.issueOf(issuer, 0, 0);
        left = word.fallen(PaperOrder.fallen(kind)).extended(what, by, content);
        _papers[bill] = left;

        emit Documented(PackedDocument.wrap(what), PackedIssue.wrap(by), content);
    }

    function _keyOf(SupplierId supplier, address key) private pure returns (uint256) {
        return (uint256(SupplierId.unwrap(supplier)) << 160) | uint160(key);
    }

    function _checkOwner(SupplierId supplier) private view {
        if (ledger.supplierOwner(supplier) != msg.sender) {
            revert PapersErrors.BillTrace_NotOwner(supplier, msg.sender);
        }
    }
}
