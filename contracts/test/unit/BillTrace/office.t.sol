// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PapersErrors} from "../../../src/libraries/PapersErrors.sol";
import {BatchId, BillId, PackedBill, SupplierId} from "../../../src/types/Ids.sol";
import {Filing, Kind} from "../../../src/types/Papers.sol";
import {PapersBase} from "../../PapersBase.sol";

/// Whom a supplier appoints, and which batch's bills have files opened.
contract OfficeTest is PapersBase {
    function test_appoint__GivenAnotherThanTheOwner__Reverts() external {
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NotOwner.selector, supplier, stranger));
        vm.prank(stranger);
        trace.appoint(supplier, stranger, "stranger", 1);
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NotOwner.selector, supplier, stranger));
        vm.prank(stranger);
        trace.setLimits(supplier, 1, 2);
    }

    function test_appoint__GivenAnotherPersonsKey__Reverts() external {
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_KeyTaken.selector, clerks[2], 3));
        vm.prank(supplierOwner);
        trace.appoint(supplier, clerks[2], "another", 1);
    }

    function test_appoint__GivenASecondKey__IsTheSamePerson() external {
        vm.startPrank(supplierOwner);
        trace.appoint(supplier, stranger, keccak256("cashier"), 1);
        _equal(trace.staffOf(supplier, stranger).person, 12, "person");
        _equal(trace.officeOf(supplier).people, 12, "people");
        trace.appoint(supplier, clerks[11], keccak256("cashier"), 0);
        vm.stopPrank();
        BillId bill = _paid(SMALL);
        _writeUpTo(Kind.FirstApproval, bill, SMALL);
        vm.expectRevert(
            abi.encodeWithSelector(PapersErrors.BillTrace_NoDuty.selector, supplier, clerks[11], Kind.Payment)
        );
        _write(Kind.Payment, bill, SMALL);
    }

    function test_appoint__GivenAFullOffice__Reverts() external {
        vm.startPrank(supplierOwner);
        for (uint256 i = 12; i < 255; ++i) {
            trace.appoint(supplier, address(uint160(1_000 + i)), bytes32(i), 1);
        }
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_OfficeFull.selector, supplier));
        trace.appoint(supplier, stranger, "one too many", 1);
    }

    function test_setLimits__GivenOutOfOrder__Reverts() external {
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_LimitsOutOfOrder.selector, 2, 1));
        vm.prank(supplierOwner);
        trace.setLimits(supplier, 2, 1);
    }

    function test_archive__GivenOtherBillsThanTheBatchs__Reverts() external {
        PackedBill[] memory bills = new PackedBill[](2);
        (bills[0], bills[1]) = (_billOf(_account(0), 600), _billOf(_account(0), 660));
        PackedBill third = _billOf(_account(0), 720);
        BatchId batch = _post(bills);
        vm.startPrank(clerks[0]);
        for (uint256 i; i < 3; ++i) {
            Filing[] memory shown = new Filing[](i == 0 ? 1 : 2);
            for (uint256 j; j < shown.length; ++j) {
                shown[j] = Filing({bill: i == 1 ? bills[1 - j] : bills[j], content: "one"});
            }
            if (i == 2) shown[1].bill = third;
            vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NotThatBatch.selector, batch));
            trace.archive(batch, shown);
        }
        Filing[] memory filings = new Filing[](2);
        (filings[0], filings[1]) = (Filing(bills[0], "first"), Filing(bills[1], 0));
        trace.archive(batch, filings);
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_Stands.selector, _bill(batch, 0), Kind.Archive));
        trace.archive(batch, filings);
        (filings[0].content, filings[1].content) = (bytes32(0), "second");
        trace.archive(batch, filings);
        _equal(trace.papersOf(_bill(batch, 1)).amount, 660, "amount of the second");
    }

    function test_archive__GivenAnotherSuppliersClerkOrNoBatch__Reverts() external {
        SupplierId other = ledger.registerSupplier("other");
        trace.appoint(other, address(this), "own", type(uint16).max);
        PackedBill bill = _billOf(_account(0), 600);
        BatchId batch = _post(_one(bill));
        vm.expectRevert(
            abi.encodeWithSelector(PapersErrors.BillTrace_NoDuty.selector, supplier, address(this), Kind.Archive)
        );
        trace.archive(batch, _filing(bill, "mine"));
        BatchId none = BatchId.wrap(BatchId.unwrap(batch) + 1);
        vm.expectRevert(abi.encodeWithSelector(PapersErrors.BillTrace_NoDuty.selector, 0, address(this), Kind.Archive));
        trace.archive(none, _filing(bill, "mine"));
    }

    function _bill(BatchId batch, uint256 index) private pure returns (BillId) {
        return BillId.wrap(uint64((uint256(BatchId.unwrap(batch)) << 16) | index));
    }
}
