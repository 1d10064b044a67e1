// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBillTrace} from "../src/interfaces/IBillTrace.sol";
import {BatchId, BillId, PackedBill} from "../src/types/Ids.sol";
import {Defect, Entry, Filing, Kind, Return} from "../src/types/Papers.sol";
import {Base} from "./Base.sol";

/// The system with the papers of its bills, and a supplier's office: a clerk a kind, with the kind's duty and no other.
abstract contract PapersBase is Base {
    uint256 internal constant KINDS = 13;
    uint32 internal constant TAX = 130_000;
    /// Of the limits: what takes one approval, two, three.
    uint256 internal constant SMALL = 6_000;
    uint256 internal constant MIDDLE = 60_000;
    uint256 internal constant LARGE = 600_000;

    IBillTrace internal trace;
    address[KINDS] internal clerks;

    function setUp() public virtual override {
        super.setUp();
        trace = IBillTrace(_create("BillTrace", abi.encode(ledger)));
        string[12] memory names = [
            "archivist",
            "issuer of bills",
            "tax clerk",
            "collector of invoices",
            "verifier",
            "bookkeeper",
            "form clerk",
            "applicant",
            "first approver",
            "second approver",
            "third approver",
            "cashier"
        ];
        vm.startPrank(supplierOwner);
        trace.setLimits(supplier, uint48(SMALL), uint48(MIDDLE));
        for (uint256 i; i < names.length; ++i) {
            clerks[i] = _actor(names[i]);
            trace.appoint(supplier, clerks[i], keccak256(bytes(names[i])), uint16(1 << i));
        }
        vm.stopPrank();
    }

    /// A bill that is pending, with its amount; its window ends in seven days.
    function _paid(uint256 amount) internal returns (BillId bill) {
        PackedBill packed = _billOf(_account(amount), amount);
        bill = _run(packed, PAY);
        _archive(bill, packed);
    }

    function _archive(BillId bill, PackedBill packed) internal {
        vm.prank(clerks[0]);
        trace.archive(_batchOf(bill), _filing(packed, _content(Kind.Archive)));
    }

    function _release(BillId bill) internal {
        vm.warp(block.timestamp + 8 days);
        ledger.release(_one(_batchOf(bill)));
    }

    function _batchOf(BillId bill) internal pure returns (BatchId) {
        return BatchId.wrap(uint48(BillId.unwrap(bill) >> 16));
    }

    function _content(Kind kind) internal pure returns (bytes32) {
        return keccak256(abi.encode("document", kind));
    }

    function _entry(BillId bill, Kind kind, uint256 amount) internal pure returns (Entry[] memory entries) {
        entries = new Entry[](1);
        entries[0] = Entry({bill: bill, amount: uint48(amount), tax: TAX, content: _content(kind)});
    }

    /// By the clerk whose duty it is.
    function _write(Kind kind, BillId bill, uint256 amount) internal {
        _writeBy(clerks[uint256(kind)], kind, bill, amount);
    }

    function _writeBy(address key, Kind kind, BillId bill, uint256 amount) internal {
        vm.prank(key);
        trace.write(kind, _entry(bill, kind, amount));
    }

    /// Everything after the archive record, up to and with `last`, as far as the amount takes it.
    function _writeUpTo(Kind last, BillId bill, uint256 amount) internal {
        uint256 levels = amount > MIDDLE ? 3 : amount > SMALL ? 2 : 1;
        for (uint256 kind = 1; kind <= uint256(last); ++kind) {
            bool approval = kind >= uint256(Kind.FirstApproval) && kind <= uint256(Kind.ThirdApproval);
            if (approval && kind - uint256(Kind.Application) > levels) continue;
            _write(Kind(kind), bill, amount);
        }
    }

    function _return(Kind kind, BillId bill, Defect defect) internal pure returns (Return[] memory list) {
        list = new Return[](1);
        list[0] = Return({bill: bill, defect: defect, content: keccak256(abi.encode("reasons", kind))});
    }

    function _giveBackBy(address key, Kind kind, BillId bill, Defect defect) internal {
        vm.prank(key);
        trace.giveBack(kind, _return(kind, bill, defect));
    }

    function _filing(PackedBill packed, bytes32 content) internal pure returns (Filing[] memory list) {
        list = new Filing[](1);
        list[0] = Filing({bill: packed, content: content});
    }

    function _stands(BillId bill, Kind kind) internal view returns (bool) {
        return trace.papersOf(bill).standing & (1 << uint256(kind)) != 0;
    }

    /// What a document is, after others with `digest`, as a reader of events takes it.
    function _what(bytes19 digest, BillId bill, Kind kind, Defect defect, uint256 levels)
        internal
        view
        returns (bytes memory)
    {
        uint16 parents = defect == Defect.None ? trace.parentsOf(kind, uint8(levels)) : 0;
        return abi.encodePacked(bytes1(0), parents, defect, kind, bill, digest);
    }

    /// Who issued it, over how much.
    function _by(address issuer, uint256 amount, uint256 tax) internal pure returns (bytes memory) {
        return abi.encodePacked(bytes2(0), uint32(tax), uint48(amount), issuer);
    }

    function _extended(bytes memory what, bytes memory by, bytes32 content) internal pure returns (bytes19) {
        return bytes19(uint152(uint256(keccak256(bytes.concat(what, by, content)))));
    }
}
