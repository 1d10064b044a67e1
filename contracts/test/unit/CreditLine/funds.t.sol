// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICreditLine} from "../../../src/interfaces/ICreditLine.sol";
import {CreditErrors} from "../../../src/libraries/CreditErrors.sol";
import {CreditTerms} from "../../../src/types/Credit.sol";
import {SupplierId} from "../../../src/types/Ids.sol";
import {CreditBase} from "../../CreditBase.sol";

/// What a supplier does with its line.
contract FundsTest is CreditBase {
    function test_fund__GivenNothingOrAnotherSupplier__Reverts() external {
        vm.startPrank(supplierOwner);
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_AmountOutOfBounds.selector, supplier, 0));
        line.fund(supplier, 0);
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_AmountOutOfBounds.selector, supplier, 1 << 48));
        line.fund(supplier, 1 << 48);
        _notOwner(SupplierId.wrap(77), supplierOwner);
        line.fund(SupplierId.wrap(77), 1);
        vm.stopPrank();
    }

    function test_withdraw__GivenWhatIsFree__NoMore() external {
        _drawn(60_000);
        uint256 free = FUNDS - 60_000;
        _notOwner(supplier, stranger);
        vm.prank(stranger);
        line.withdraw(supplier, 1, stranger);
        vm.startPrank(supplierOwner);
        vm.expectRevert(
            abi.encodeWithSelector(CreditErrors.CreditLine_InsufficientFree.selector, supplier, free, free + 1)
        );
        line.withdraw(supplier, free + 1, supplierOwner);
        vm.expectRevert(CreditErrors.CreditLine_ToItself.selector);
        line.withdraw(supplier, 1, address(line));
        uint256 before = currency.balanceOf(supplierOwner);
        line.withdraw(supplier, free, supplierOwner);
        vm.stopPrank();
        _equal(currency.balanceOf(supplierOwner), before + free, "all of it");
        _squared();
    }

    function test_withdraw__GivenAFrozenOwner__Waits() external {
        vm.prank(issuer);
        currency.setFrozen(supplierOwner, true);
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_Frozen.selector, supplierOwner));
        vm.prank(supplierOwner);
        line.withdraw(supplier, 1, stranger);
    }

    function test_setTerms__GivenNotice__InForceAfterIt() external {
        CreditTerms memory terms = _creditTerms();
        terms.cap = 1;
        _set(terms);
        vm.warp(block.timestamp + 7 days - 1);
        _equal(line.termsOf(supplier).cap, 600_000, "as before");
        terms.cap = 2;
        vm.expectEmit(address(line));
        emit ICreditLine.CreditTermsSet(supplier, 2, block.timestamp + 7 days, terms);
        _set(terms);
        vm.warp(block.timestamp + 1);
        _equal(line.termsOf(supplier).cap, 600_000, "replaced before they held");
        vm.warp(block.timestamp + 7 days - 1);
        _equal(line.termsOf(supplier).cap, 2, "in force");
        _equal(line.termsOf(SupplierId.wrap(77)).cap, 0, "none");
    }

    function test_setTerms__GivenBadOnes__Reverts() external {
        CreditTerms memory terms = _creditTerms();
        _notOwner(supplier, stranger);
        vm.prank(stranger);
        line.setTerms(supplier, terms);
        terms.thresholds[0] = 1_000_001;
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_ThresholdsOutOfBounds.selector, supplier));
        _set(terms);
        terms.thresholds = new uint32[](257);
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_ThresholdsOutOfBounds.selector, supplier));
        _set(terms);
        terms = _creditTerms();
        terms.term = 0;
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NoTime.selector, supplier));
        _set(terms);
        (terms.term, terms.freshness) = (1, 0);
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NoTime.selector, supplier));
        _set(terms);
    }

    function _set(CreditTerms memory terms) private {
        vm.prank(supplierOwner);
        line.setTerms(supplier, terms);
    }

    function _notOwner(SupplierId one, address caller) private {
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NotSupplierOwner.selector, one, caller));
    }
}
