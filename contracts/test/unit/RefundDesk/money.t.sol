// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../../../src/interfaces/ILedgerDesk.sol";
import {ILedgerEvents} from "../../../src/interfaces/ILedgerEvents.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {BillId, SupplierId} from "../../../src/types/Ids.sol";
import {RefundState} from "../../../src/types/Refunds.sol";
import {RefundDeskBase} from "../../RefundDeskBase.sol";

/// Where a refund's money comes from and goes to, whatever became of the bill before, meanwhile and after.
contract RefundMoneyTest is RefundDeskBase {
    function test_forward__GivenSettled__SetsTheCreditAside() external {
        _request(600);
        vm.expectEmit(address(ledger));
        emit ILedgerEvents.RefundReserved(account, bill, 600);
        _forwardAs(reviewer);
        _expectRecord(bill, BillState.Settled, Reason.None, 60_000, 59_400);
        _equal(ledger.creditOf(supplier), 59_400, "credit");
        _equal(ledger.totals().holds, 600, "set aside");
        _insufficient(59_400, 59_401);
        _withdrawCredit(59_401);
        _balanced();
    }

    function test_pay__GivenAPart__VoidsIt() external {
        _toForwarded(600);
        vm.expectEmit(address(ledger));
        emit ILedgerEvents.RefundPaid(account, bill, 600);
        _payAs(cashier);
        _expectRecord(bill, BillState.Settled, Reason.None, 59_400, 59_400);
        _equal(ledger.totals().voided, 600, "void");
        _equal(_balance(account), 600, "balance");
        _balanced();
        _requestAs(clerk, 59_400, PAPERS);
        _forwardAs(reviewer);
        _payAs(cashier);
        _expectRecord(bill, BillState.Void, Reason.Refunded, 59_400, 0);
        _equal(_balance(account), 60_000, "all of it");
        _wrongState(BillState.Void);
        _again(1);
        _balanced();
    }

    /// What is due of it stays paid, so its days stay taken.
    function test_pay__GivenAllOfIt__KeepsTheDays() external {
        _toForwarded(60_000);
        _payAs(cashier);
        BillId again = _run(_replacing(packed, bill), PAY);
        require(ledger.recordOf(again).reason == Reason.BadReplacement, "not billed again");
    }

    function test_sendBack__GivenReserved__GivesTheCreditBack() external {
        _toForwarded(600);
        vm.expectEmit(address(ledger));
        emit ILedgerEvents.RefundReleased(account, bill, 600);
        _sendBackAs(cashier);
        _expectRecord(bill, BillState.Settled, Reason.None, 60_000, 60_000);
        _equal(ledger.creditOf(supplier), 60_000, "credit");
        _equal(ledger.totals().holds, 0, "nothing set aside");
        _balanced();
    }

    function test_cancel__GivenReserved__GivesTheCreditBack() external {
        _toForwarded(600);
        _cancelAs(reviewer);
        _equal(ledger.creditOf(supplier), 60_000, "credit");
        _expectState(RefundState.Cancelled);
        _balanced();
    }

    /// However it is divided into refunds, no more than was paid comes back.
    function testFuzz_refund__GivenAnyParts__NeverMoreThanWasPaid(uint16[6] calldata parts) external {
        uint256 paid;
        for (uint256 i; i < parts.length; ++i) {
            uint48 amount = 1 + uint48(parts[i]);
            if (amount > 60_000) continue;
            _requestAs(payer, amount, bytes32(i));
            if (paid + amount > 60_000) {
                if (paid == 60_000) _wrongState(BillState.Void);
                else _tooLarge(amount, 60_000 - paid);
                _forwardAs(reviewer);
                _cancelAs(payer);
                continue;
            }
            _forwardAs(reviewer);
            if (i % 3 == 2) _cancelAs(payer);
            else _payAs(cashier);
            if (i % 3 != 2) paid += amount;
            _equal(_balance(account), paid, "paid back");
            _balanced();
        }
    }

    function test_forward__GivenCreditWithdrawn__SaysWhy() external {
        _withdrawCredit(59_401);
        _request(600);
        _insufficient(599, 600);
        _forwardAs(reviewer);
        _expectState(RefundState.Requested);
    }

    /// What the supplier has earned since is pledged for another bill's refund after an appeal by hand: none of it is free.
    function test_forward__GivenCreditPledged__SaysWhy() external {
        _withdrawCredit(60_000);
        _appealByHand();
        (account, packed, bill) = _paid(30_000);
        _equal(ledger.creditOf(supplier), 30_000, "earned");
        _request(600);
        _insufficient(0, 600);
        _forwardAs(reviewer);
    }

    function test_forward__GivenNotYetReleased__SaysWhy() external {
        account = _account(6_000);
        packed = _billOf(account, 6_000);
        bill = _run(packed, PAY);
        _request(600);
        _wrongState(BillState.Pending);
        _forwardAs(reviewer);
    }

    /// Arrears repaid by another are the bill's, and go back to its account; while any is owed nothing does.
    function test_pay__GivenArrearsRepaid__ToTheBillsAccount() external {
        account = _account(0);
        packed = _billOf(account, 6_000);
        bill = _run(packed, PAY);
        _payOwed(3_000);
        _request(600);
        _wrongState(BillState.Arrears);
        _forwardAs(reviewer);
        _payOwed(3_000);
        _forwardAs(reviewer);
        _payAs(cashier);
        _equal(_balance(account), 600, "to the account");
        _expectRecord(bill, BillState.Settled, Reason.Balance, 5_400, 5_400);
        _balanced();
    }

    /// Of an adjusted bill only what was accepted was paid.
    function test_forward__GivenPartlyVoid__AtMostWhatWasPaid() external {
        account = _account(60_000);
        packed = _billOf(account, 60_000);
        bill = _run(packed, APPEAL);
        vm.prank(supplierOwner);
        registry.offerAdjustments(_one(bill), _oneQuantity(500));
        vm.prank(payer);
        registry.acceptAdjustments(_one(bill));
        _request(30_001);
        _tooLarge(30_001, 30_000);
        _forwardAs(reviewer);
        _rejectAs(reviewer);
        _request(30_000);
        _forwardAs(reviewer);
        _payAs(cashier);
        _expectRecord(bill, BillState.Void, Reason.Refunded, 30_000, 0);
        _equal(_balance(account), 60_000, "all of it");
        _balanced();
    }

    /// There is no closing an account: emptied and without a mandate it still gets its own.
    function test_pay__GivenEmptiedAndRevoked__TheOwnerWithdrawsIt() external {
        vm.prank(payer);
        ledger.revokeMandate(account);
        _toForwarded(600);
        _payAs(cashier);
        vm.prank(payer);
        ledger.withdraw(account, 600, payer);
        _equal(currency.balanceOf(payer), 600, "withdrawn");
        _balanced();
    }

    function test_pay__GivenFrozenOwner__WaitsInTheAccount() external {
        vm.prank(issuer);
        currency.setFrozen(payer, true);
        _toForwarded(600);
        _payAs(cashier);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_Frozen.selector, payer));
        vm.prank(payer);
        ledger.withdraw(account, 600, payer);
        vm.prank(issuer);
        currency.setFrozen(payer, false);
        vm.prank(payer);
        ledger.withdraw(account, 600, payer);
    }

    /// An appeal by hand has all that was paid; the order's money is gone, and it ends unpaid.
    function test_appealByHand__GivenReserved__TakesIt() external {
        _toForwarded(60_000);
        _fund(account, 3_000);
        vm.expectEmit(address(ledger));
        emit ILedgerEvents.RefundReleased(account, bill, 60_000);
        _appeal();
        _expectRecord(bill, BillState.Held, Reason.None, 60_000, 60_000);
        _equal(ledger.totals().holds, 63_000, "with the bond");
        _nothingReserved();
        _payAs(cashier);
        _sendBackAs(cashier);
        vm.prank(supplierOwner);
        registry.concede(_one(bill));
        _equal(_balance(account), 63_000, "once");
        _equal(ledger.totals().holds, 0, "nothing set aside");
        _balanced();
    }

    /// The rest is taken of the credit, and pledged where that does not reach.
    function test_appealByHand__GivenAPartReservedAndCreditWithdrawn__PledgesTheRest() external {
        _toForwarded(600);
        _withdrawCredit(59_000);
        _appealByHand();
        _expectRecord(bill, BillState.Held, Reason.None, 60_000, 1_000);
        _insufficient(0, 1);
        _withdrawCredit(1);
        _cancelAs(payer);
        _balanced();
    }

    function test_request__GivenAppealedAndConfirmed__ByWhatIsLeft() external {
        _toForwarded(600);
        _payAs(cashier);
        _appealByHand();
        _requestAs(clerk, 600, "later");
        _wrongState(BillState.Held);
        _forwardAs(reviewer);
        vm.prank(payer);
        registry.withdrawAppeals(_one(bill));
        _forwardAs(reviewer);
        _payAs(cashier);
        _expectRecord(bill, BillState.Settled, Reason.None, 58_800, 58_800);
        _balanced();
    }

    function test_reserveRefund__GivenAnother__Reverts() external {
        vm.startPrank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, ILedgerDesk.reserveRefund.selector)
        );
        ledger.reserveRefund(bill, packed, new bytes32[](0), 1);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, ILedgerDesk.endRefund.selector)
        );
        ledger.endRefund(bill, true);
        vm.stopPrank();
        vm.startPrank(address(refunds));
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_BillNotCommitted.selector, bill));
        ledger.reserveRefund(bill, _billOf(account, 60), new bytes32[](0), 1);
        _nothingReserved();
        ledger.endRefund(bill, true);
        _equal(ledger.endRefund(bill, false), 0, "nothing");
    }

    /* STEPS */

    function _again(uint48 amount) private {
        uint256 state = vm.snapshotState();
        vm.prank(address(refunds));
        ledger.reserveRefund(bill, packed, new bytes32[](0), amount);
        vm.revertToState(state);
    }

    function _payOwed(uint256 amount) private {
        _mint(stranger, amount);
        vm.startPrank(stranger);
        currency.approve(address(ledger), amount);
        ledger.payArrears(bill, amount);
        vm.stopPrank();
    }

    function _appealByHand() private {
        _fund(account, 3_000);
        _appeal();
    }

    function _appeal() private {
        vm.prank(payer);
        registry.appealByHand(bill, packed, new bytes32[](0));
    }

    function _wrongState(BillState state) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_WrongState.selector, bill, state));
    }

    function _tooLarge(uint256 amount, uint256 left) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_RefundTooLarge.selector, bill, amount, left));
    }

    function _nothingReserved() private {
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_NothingReserved.selector, bill));
    }

    function _insufficient(uint256 free, uint256 amount) private {
        _refused(Errors.PaymentLedger_InsufficientCredit.selector, SupplierId.unwrap(supplier), free, amount);
    }
}
