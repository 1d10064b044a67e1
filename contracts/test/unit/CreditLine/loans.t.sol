// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICreditLine} from "../../../src/interfaces/ICreditLine.sol";
import {ILedgerEvents} from "../../../src/interfaces/ILedgerEvents.sol";
import {CreditErrors} from "../../../src/libraries/CreditErrors.sol";
import {BillState} from "../../../src/types/Bills.sol";
import {CreditBook, LoanState} from "../../../src/types/Credit.sol";
import {AccountId, BillId, PackedBill} from "../../../src/types/Ids.sol";
import {CreditBase} from "../../CreditBase.sol";

/// What becomes of a debt to the line: repaid, written off, reopened, or its bill given back.
contract LoansTest is CreditBase {
    function test_repay__GivenParts__ClosesWithTheLast() external {
        BillId bill = _drawn(60_000);
        AccountId account = ledger.recordOf(bill).account;
        _repay(bill, 20_000);
        _expectLoan(bill, LoanState.Open, 40_000);
        _mint(stranger, 100_000);
        vm.startPrank(stranger);
        currency.approve(address(line), 100_000);
        vm.expectEmit(address(line));
        emit ICreditLine.CreditRepaid(account, bill, stranger, 40_000, 0);
        line.repay(bill, 100_000);
        vm.stopPrank();
        _equal(currency.balanceOf(stranger), 60_000, "no more than is owed");
        _expectLoan(bill, LoanState.Closed, 0);
        CreditBook memory book = line.bookOf(supplier);
        require(book.free == FUNDS && book.open == 0 && book.repaid == 60_000, "all there again");
        _equal(line.owedBy(account), 0, "owes nothing");
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NothingOwed.selector, bill));
        line.repay(bill, 1);
    }

    function test_repay__GivenNothing__Reverts() external {
        BillId bill = _drawn(60_000);
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NoPayment.selector, bill));
        line.repay(bill, 0);
        vm.mockCall(address(currency), abi.encodeWithSelector(currency.transferFrom.selector), abi.encode(false));
        vm.expectRevert(CreditErrors.CreditLine_TransferFailed.selector);
        line.repay(bill, 1);
    }

    function test_writeOff__GivenTheTerm__IsALossUntilPaid() external {
        BillId bill = _drawn(60_000);
        _repay(bill, 10_000);
        vm.warp(block.timestamp + 30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NotLost.selector, bill));
        line.writeOff(_one(bill));
        vm.warp(block.timestamp + 1);
        vm.expectEmit(address(line));
        emit ICreditLine.CreditWrittenOff(ledger.recordOf(bill).account, bill, 50_000);
        line.writeOff(_one(bill));
        _expectLoan(bill, LoanState.WrittenOff, 50_000);
        _equal(line.bookOf(supplier).writtenOff, 50_000, "lost");
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NotLost.selector, bill));
        line.writeOff(_one(bill));
        _repay(bill, 20_000);
        _expectLoan(bill, LoanState.Open, 30_000);
        _equal(line.bookOf(supplier).writtenOff, 0, "opened again");
        line.writeOff(_one(bill));
        _equal(line.bookOf(supplier).writtenOff, 30_000, "the rest is lost");
        _repay(bill, 30_000);
        _expectLoan(bill, LoanState.Closed, 0);
    }

    function test_writeOff__GivenAPause__WaitsAsLong() external {
        BillId bill = _drawn(60_000);
        vm.warp(block.timestamp + 30 days - 1);
        _pause();
        vm.warp(block.timestamp + 1 days);
        _resume();
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NotLost.selector, bill));
        line.writeOff(_one(bill));
        vm.warp(block.timestamp + 1);
        line.writeOff(_one(bill));
        _expectLoan(bill, LoanState.WrittenOff, 60_000);
    }

    function test_collect__GivenAVoidBill__PaysTheDebtFirst() external {
        (BillId bill, AccountId account) = _appealed(60_000, 3_000);
        _repay(bill, 20_000);
        _expire(bill);
        _equal(_balance(account), 3_000, "its own, the bond included");
        _equal(ledger.totals().holds, 60_000, "set aside");
        _balanced();
        vm.expectEmit(address(line));
        emit ICreditLine.CreditReturned(account, bill, 40_000, 20_000, 0);
        vm.prank(stranger);
        line.collect(_one(bill));
        _expectLoan(bill, LoanState.Closed, 0);
        CreditBook memory book = line.bookOf(supplier);
        require(book.free == FUNDS && book.returned == 40_000 && book.repaid == 20_000, "whole again");
        _equal(_balance(account), 23_000, "what it had repaid");
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NothingReturned.selector, bill));
        line.collect(_one(bill));
    }

    function test_collect__GivenARuling__LeavesWhatIsDue() external {
        (BillId bill,) = _appealed(60_000, 3_000);
        vm.prank(supplierOwner);
        registry.contest(bill, keccak256("reasons"));
        for (uint256 i; i < 2; ++i) {
            vm.prank(panelists[i]);
            panel.vote(bill, 45_000, "measured");
        }
        line.collect(_one(bill));
        _expectLoan(bill, LoanState.Open, 45_000);
        _expectPaid(bill);
    }

    /// The supplier has withdrawn what it got: it owes, and pays the line when it earns.
    function test_collect__GivenTheSupplierOwes__WhenItHasCredit() external {
        AccountId account = _account(0);
        BillId bill = _run(_billOf(account, 60_000), PAY);
        _fund(account, 3_000);
        vm.warp(block.timestamp + 7 days);
        line.draw(_tell(bill, GOOD), 0, 1);
        vm.startPrank(supplierOwner);
        ledger.withdrawCredit(supplier, 60_000, supplierOwner);
        vm.stopPrank();
        vm.prank(payer);
        registry.appealByHand(bill, _bill(account, 1_000, block.timestamp / 1 days - 37, 30), new bytes32[](0));
        _expire(bill);
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NotLost.selector, bill));
        line.writeOff(_one(bill));
        _payDebt(_debt(60_000), 60_000);
        vm.expectEmit(address(ledger));
        emit ILedgerEvents.ReturnKept(account, bill, 60_000);
        ledger.collectRefunds(_one(bill));
        line.collect(_one(bill));
        _expectLoan(bill, LoanState.Closed, 0);
        _equal(_balance(account), 3_000, "not the customer's");
    }

    function test_writeOff__GivenAnAppeal__Waits() external {
        (BillId bill,) = _appealed(60_000, 3_000);
        vm.warp(block.timestamp + 30 days);
        require(ledger.stateOf(bill) == BillState.Held, "appealed");
        vm.expectRevert(abi.encodeWithSelector(CreditErrors.CreditLine_NotLost.selector, bill));
        line.writeOff(_one(bill));
    }

    /// A lost debt whose bill is then given back is no loss.
    function test_collect__GivenWrittenOff__Reopens() external {
        BillId bill = _drawn(60_000);
        AccountId account = ledger.recordOf(bill).account;
        vm.warp(block.timestamp + 30 days);
        line.writeOff(_one(bill));
        _refund(bill, 60_000);
        vm.expectEmit(address(line));
        emit ICreditLine.CreditReopened(account, bill, 60_000);
        line.collect(_one(bill));
        _expectLoan(bill, LoanState.Closed, 0);
        _equal(line.bookOf(supplier).writtenOff, 0, "no loss");
        _equal(_balance(account), 0, "nothing of its own");
    }

    function test_collect__GivenARepaidBill__GoesToTheAccount() external {
        BillId bill = _drawn(60_000);
        _repay(bill, 60_000);
        _refund(bill, 12_000);
        line.collect(_one(bill));
        _equal(_balance(ledger.recordOf(bill).account), 12_000, "the customer's own");
        _expectLoan(bill, LoanState.Closed, 0);
    }

    /// As the refund desk does it.
    function _refund(BillId bill, uint48 amount) private {
        bytes4[] memory refunding = new bytes4[](2);
        (refunding[0], refunding[1]) = (ledger.reserveRefund.selector, ledger.endRefund.selector);
        vm.startPrank(admin);
        manager.setTargetFunctionRole(address(ledger), refunding, 5);
        manager.grantRole(5, address(this), 0);
        vm.stopPrank();
        ledger.reserveRefund(bill, PackedBill.wrap(0), new bytes32[](0), amount);
        ledger.endRefund(bill, true);
    }
}
