// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRefundDesk} from "../../../src/interfaces/IRefundDesk.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {RefundErrors} from "../../../src/libraries/RefundErrors.sol";
import {Roles} from "../../../src/libraries/Roles.sol";
import {PackedBill, SupplierId} from "../../../src/types/Ids.sol";
import {RefundFault, RefundOrder, RefundReason, RefundState, RefundTerms} from "../../../src/types/Refunds.sol";
import {RefundDeskBase} from "../../RefundDeskBase.sol";

/// An order's way through the two departments, and what is refused on it.
contract RefundOrdersTest is RefundDeskBase {
    function test_pay__GivenUpToTheLimit__OneSignature() external {
        (account, packed, bill) = _paid(120_000);
        _toForwarded(100_000);
        vm.expectEmit(address(refunds));
        emit IRefundDesk.RefundCompleted(bill, 1, cashier, 100_000);
        _payAs(cashier);
        _expectState(RefundState.Paid);
        _equal(_balance(account), 100_000, "paid to the account");
    }

    function test_pay__GivenAboveTheLimit__TwoSignatures() external {
        (account, packed, bill) = _paid(120_000);
        _toForwarded(100_001);
        vm.expectEmit(address(refunds));
        emit IRefundDesk.RefundSigned(bill, 1, cashier);
        _payAs(cashier);
        _expectState(RefundState.Signed);
        require(refunds.signerOf(bill) == cashier && _balance(account) == 0, "signed, not paid");
        _samePerson(cashier);
        _payAs(cashier);
        _payAs(controller);
        _expectState(RefundState.Paid);
        require(refunds.signerOf(bill) == address(0) && _balance(account) == 100_001, "paid");
    }

    /// Terms of now hold: what was signed once under a lower limit needs its second signature all the same.
    function test_setTerms__GivenAnOpenOrder__HoldsForIt() external {
        _toForwarded(600);
        vm.prank(governor);
        refunds.setTerms(_terms(599));
        _payAs(cashier);
        vm.prank(governor);
        refunds.setTerms(_terms(600));
        _samePerson(cashier);
        _payAs(cashier);
        _payAs(controller);
        _expectState(RefundState.Paid);
        _equal(refunds.terms().limit, 600, "terms");
    }

    function test_setTerms__GivenAnotherOrNoTime__Reverts() external {
        RefundTerms memory terms = _terms(1);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, IRefundDesk.setTerms.selector)
        );
        vm.prank(stranger);
        refunds.setTerms(terms);
        terms.financeTime = 0;
        vm.expectRevert(RefundErrors.RefundDesk_NoTime.selector);
        vm.prank(governor);
        refunds.setTerms(terms);
    }

    /// One person, whatever roles it has: the order goes on with another.
    function test_pay__GivenWhoForwardedIt__Reverts() external {
        _employ(Roles.FINANCE, reviewer);
        _toForwarded(600);
        _samePerson(reviewer);
        _payAs(reviewer);
        _samePerson(reviewer);
        _sendBackAs(reviewer);
        _payAs(cashier);
    }

    function test_pay__GivenWhoAskedOrGetsIt__Reverts() external {
        _employ(Roles.FINANCE, clerk);
        _employ(Roles.FINANCE, payer);
        _employ(Roles.MARKETING, payer);
        _requestAs(clerk, 600, PAPERS);
        _samePerson(payer);
        _forwardAs(payer);
        _forwardAs(reviewer);
        _samePerson(clerk);
        _payAs(clerk);
        _samePerson(payer);
        _payAs(payer);
    }

    /// A department is a supplier's own.
    function test_forward__GivenAnotherSuppliersMarketing__Reverts() external {
        uint64 foreign = Roles.MARKETING | (SupplierId.unwrap(supplier) + 1);
        vm.prank(admin);
        manager.grantRole(foreign, stranger, 0);
        _request(600);
        _notOfDepartment(stranger);
        _forwardAs(stranger);
    }

    /// Who acts only after a delay does so through the manager, who is nobody here.
    function test_forward__GivenADelay__Reverts() external {
        uint64 role = Roles.MARKETING | SupplierId.unwrap(supplier);
        vm.prank(admin);
        manager.grantRole(role, reviewer, 1 days);
        vm.warp(block.timestamp + 10 days);
        _request(600);
        _notOfDepartment(reviewer);
        _forwardAs(reviewer);
        _leave(Roles.MARKETING, clerk);
        _notOfDepartment(clerk);
        _forwardAs(clerk);
    }

    function test_request__GivenAStrangerOrAnothersBill__Reverts() external {
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_NotParty.selector, bill, stranger));
        _requestAs(stranger, 600, PAPERS);
        PackedBill right = packed;
        packed = PackedBill.wrap(PackedBill.unwrap(right) + 1);
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_BillNotCommitted.selector, bill));
        _request(600);
        packed = right;
        _request(600);
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_NotParty.selector, bill, stranger));
        _cancelAs(stranger);
    }

    function test_request__GivenAnAgent__AsksForItsOwner() external {
        _grant(account, _mandateOf(agent, 1, 1));
        _requestAs(agent, 600, PAPERS);
        _forwardAs(reviewer);
        _payAs(cashier);
        _equal(_balance(account), 600, "the owner has it");
    }

    function test_request__GivenNothingOrTooMuch__Reverts() external {
        _outOfBounds(0, 60_000);
        _request(0);
        _outOfBounds(60_001, 60_000);
        _request(60_001);
        vm.expectRevert(RefundErrors.RefundDesk_NoReason.selector);
        vm.prank(payer);
        refunds.request(bill, packed, new bytes32[](0), 1, RefundReason.None, PAPERS);
        _request(60_000);
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_StillOpen.selector, bill, RefundState.Requested));
        _requestAs(clerk, 1, PAPERS);
    }

    /// Of the same content there is one review, whoever asks and however the first ended.
    function test_request__GivenTheSameContent__Reverts() external {
        _request(600);
        _rejectAs(reviewer);
        _seenBefore(600, PAPERS);
        _requestAs(clerk, 600, PAPERS);
        require(refunds.isSeen(bill, 600, RefundReason.Overbilled, PAPERS), "seen");
        _requestAs(clerk, 600, keccak256("more"));
        _forwardAs(reviewer);
        _sendBackAs(cashier);
        _seenBefore(600, PAPERS);
        _resubmitAs(reviewer, 600, PAPERS);
        _resubmitAs(reviewer, 601, PAPERS);
        _payAs(cashier);
        _seenBefore(601, PAPERS);
        _request(601);
    }

    function test_resubmit__GivenCorrected__IsPaidAnew() external {
        _toForwarded(600);
        _sendBackAs(cashier);
        _equal(ledger.creditOf(supplier), 60_000, "given back");
        vm.expectEmit(address(refunds));
        emit IRefundDesk.RefundResubmitted(bill, 2, clerk, 540, RefundReason.Overbilled, "corrected");
        _resubmitAs(clerk, 540, "corrected");
        RefundOrder memory order = refunds.orderOf(bill);
        require(order.version == 2 && order.amount == 540 && order.marketing == clerk, "as corrected");
        _payAs(cashier);
        _equal(_balance(account), 540, "paid");
        _balanced();
    }

    function test_resubmit__GivenNoReasonOrAmount__Reverts() external {
        _toForwarded(600);
        _sendBackAs(cashier);
        _outOfBounds(0, type(uint48).max);
        _resubmitAs(reviewer, 0, PAPERS);
        vm.expectRevert(RefundErrors.RefundDesk_NoReason.selector);
        vm.prank(reviewer);
        refunds.resubmit(bill, 1, 1, RefundReason.None, PAPERS);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_RefundTooLarge.selector, bill, 60_001, 60_000));
        _resubmitAs(reviewer, 60_001, PAPERS);
    }

    function test_reject__GivenNoFault__Reverts() external {
        _request(600);
        vm.expectRevert(RefundErrors.RefundDesk_NoReason.selector);
        vm.prank(reviewer);
        refunds.reject(bill, 1, RefundFault.None);
        _forwardAs(reviewer);
        vm.expectRevert(RefundErrors.RefundDesk_NoReason.selector);
        vm.prank(cashier);
        refunds.sendBack(bill, 1, RefundFault.None);
    }

    /// Finance looked at version 1 while marketing exchanged it.
    function test_pay__GivenAnotherVersion__Reverts() external {
        _toForwarded(600);
        _sendBackAs(controller);
        _resubmitAs(reviewer, 6_000, PAPERS);
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_WrongVersion.selector, bill, 2));
        vm.prank(cashier);
        refunds.pay(bill, 1);
    }

    function test_pay__GivenPaid__Reverts() external {
        _toForwarded(600);
        _payAs(cashier);
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_WrongState.selector, bill, RefundState.Paid));
        _payAs(controller);
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_WrongState.selector, bill, RefundState.Paid));
        refunds.deadlineOf(bill);
    }

    /* DEADLINES */

    function test_escalate__GivenASecondBeforeAtAndAfter__FromTheDeadlineOn() external {
        _request(600);
        uint256 deadline = block.timestamp + 5 days;
        _equal(refunds.deadlineOf(bill), deadline, "deadline");
        vm.warp(deadline - 1);
        _notOverdue(deadline);
        _escalate();
        _notOfDepartment(marketingHead);
        _forwardAs(marketingHead);
        vm.warp(deadline);
        // Silence alone lets nobody else act.
        _notOfDepartment(marketingHead);
        _forwardAs(marketingHead);
        vm.expectEmit(address(refunds));
        emit IRefundDesk.RefundEscalated(bill, 1, RefundState.Requested);
        _escalate();
        _notOverdue(deadline);
        _escalate();
        vm.warp(deadline + 1);
        _notOfDepartment(financeHead);
        _forwardAs(financeHead);
        _forwardAs(marketingHead);
        _expectState(RefundState.Forwarded);
        _equal(_balance(account), 0, "nothing is paid by silence");
    }

    /// The next department's time begins with its turn, and its head may not act before it is over.
    function test_escalate__GivenTheNextState__BeginsAnew() external {
        _request(600);
        vm.warp(block.timestamp + 30 days);
        _escalate();
        _forwardAs(reviewer);
        _notOfDepartment(financeHead);
        _payAs(financeHead);
        _notOverdue(block.timestamp + 5 days);
        _escalate();
        vm.warp(block.timestamp + 365 days);
        _equal(_balance(account), 0, "nothing is paid by silence");
        _escalate();
        _payAs(financeHead);
        _equal(_balance(account), 600, "paid by the head");
    }

    function _samePerson(address who) private {
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_SamePerson.selector, bill, who));
    }

    function _notOfDepartment(address who) private {
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_NotOfDepartment.selector, bill, who));
    }

    function _notOverdue(uint256 deadline) private {
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_NotOverdue.selector, bill, deadline));
    }

    function _outOfBounds(uint256 amount, uint256 most) private {
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_AmountOutOfBounds.selector, bill, amount, most));
    }

    function _seenBefore(uint48 amount, bytes32 papers) private {
        bytes32 content = keccak256(abi.encode(bill, amount, RefundReason.Overbilled, papers));
        vm.expectRevert(abi.encodeWithSelector(RefundErrors.RefundDesk_SeenBefore.selector, bill, content));
    }
}
