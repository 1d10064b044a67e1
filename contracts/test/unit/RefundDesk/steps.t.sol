// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRefundDesk} from "../../../src/interfaces/IRefundDesk.sol";
import {RefundFault, RefundReason, RefundState} from "../../../src/types/Refunds.sol";
import {RefundDeskBase} from "../../RefundDeskBase.sol";

/// Every actor tries every step in every state, before and after an escalation, against a table in its plainest form.
contract RefundStepsTest is RefundDeskBase {
    enum Step {
        Request,
        Forward,
        Reject,
        Pay,
        SendBack,
        Resubmit,
        Cancel,
        Escalate
    }

    /// What the table rests on.
    struct Case {
        RefundState state;
        address requester;
        bool escalated;
        bool overdue;
    }

    uint48 private constant AMOUNT = 600;
    address[9] private actors;

    function setUp() public override {
        super.setUp();
        actors = [payer, clerk, reviewer, cashier, controller, marketingHead, financeHead, supplierOwner, stranger];
        vm.prank(governor);
        refunds.setTerms(_terms(AMOUNT));
    }

    function test_steps__byEveryActorInEveryState__OnlyWhoseTheyAre() external {
        uint256 taken;
        for (uint256 i; i < 2 * 8; ++i) {
            address requester = i % 2 == 0 ? payer : clerk;
            uint256 before = vm.snapshotState();
            RefundState state = RefundState(i / 2);
            _bringTo(state, requester);
            taken += _tryAll(Case(state, requester, false, false));
            if (_isOpen(state)) {
                vm.warp(refunds.deadlineOf(bill));
                taken += _tryAll(Case(state, requester, false, true));
                _escalate();
                taken += _tryAll(Case(state, requester, true, true));
            }
            vm.revertToState(before);
        }
        _equal(taken, 236, "steps taken");
    }

    function _tryAll(Case memory one) private returns (uint256 taken) {
        for (uint256 i; i < actors.length; ++i) {
            for (uint256 j; j <= uint256(type(Step).max); ++j) {
                bool expected = _isAllowed(one, Step(j), actors[i]);
                uint256 before = vm.snapshotState();
                bytes memory data = _dataOf(Step(j), _version());
                vm.prank(actors[i]);
                (bool success,) = address(refunds).call(data);
                _balanced();
                vm.revertToState(before);
                if (success) ++taken;
                _equal(success ? 1 : 0, expected ? 1 : 0, _named(one, j, i));
            }
        }
    }

    function _isAllowed(Case memory one, Step step, address actor) private view returns (bool) {
        bool marketing = actor == clerk || actor == reviewer || (one.escalated && actor == marketingHead);
        bool finance = actor == cashier || actor == controller || (one.escalated && actor == financeHead);
        bool apart = actor != one.requester && actor != payer;
        bool atFinance = one.state == RefundState.Forwarded || one.state == RefundState.Signed;
        if (step == Step.Request) {
            return !_isOpen(one.state) && (actor == payer || actor == clerk || actor == reviewer);
        }
        if (step == Step.Escalate) return _isOpen(one.state) && one.overdue && !one.escalated;
        if (step == Step.Cancel) {
            bool later = atFinance || one.state == RefundState.Returned;
            return _isOpen(one.state) && (actor == one.requester || (later && marketing));
        }
        if (step == Step.Resubmit) return one.state == RefundState.Returned && marketing && apart;
        if (step == Step.Forward || step == Step.Reject) {
            return one.state == RefundState.Requested && marketing && apart;
        }
        bool again = step == Step.Pay && one.state == RefundState.Signed && actor == cashier;
        return atFinance && finance && apart && !again;
    }

    function _bringTo(RefundState state, address requester) private {
        if (state == RefundState.None) return;
        // Above the limit where it is to be signed, for then one signature does not pay.
        _requestAs(requester, state == RefundState.Signed ? AMOUNT + 1 : AMOUNT, PAPERS);
        if (state == RefundState.Rejected) _rejectAs(reviewer);
        if (state == RefundState.Requested || state == RefundState.Rejected) return;
        _forwardAs(reviewer);
        if (state == RefundState.Signed || state == RefundState.Paid) _payAs(cashier);
        else if (state == RefundState.Returned) _sendBackAs(cashier);
        else if (state == RefundState.Cancelled) _cancelAs(requester);
        _expectState(state);
    }

    function _dataOf(Step step, uint16 version) private view returns (bytes memory) {
        bytes32[] memory none;
        if (step == Step.Request) {
            return abi.encodeCall(IRefundDesk.request, (bill, packed, none, AMOUNT, RefundReason.Other, "new"));
        }
        if (step == Step.Forward) return abi.encodeCall(IRefundDesk.forward, (bill, version, packed, none));
        if (step == Step.Reject) return abi.encodeCall(IRefundDesk.reject, (bill, version, RefundFault.NotDue));
        if (step == Step.Pay) return abi.encodeCall(IRefundDesk.pay, (bill, version));
        if (step == Step.SendBack) return abi.encodeCall(IRefundDesk.sendBack, (bill, version, RefundFault.Amount));
        if (step == Step.Resubmit) {
            return abi.encodeCall(IRefundDesk.resubmit, (bill, version, AMOUNT, RefundReason.Other, "corrected"));
        }
        if (step == Step.Cancel) return abi.encodeCall(IRefundDesk.cancel, (bill, version));
        return abi.encodeCall(IRefundDesk.escalate, (bill, version));
    }

    function _isOpen(RefundState state) private pure returns (bool) {
        return state == RefundState.Requested || state == RefundState.Forwarded || state == RefundState.Signed
            || state == RefundState.Returned;
    }

    function _named(Case memory one, uint256 step, uint256 actor) private pure returns (string memory) {
        bytes memory digits = "0123456789";
        return string(
            abi.encodePacked(
                "state ",
                digits[uint8(one.state)],
                " step ",
                digits[step],
                " actor ",
                digits[actor],
                one.escalated ? " escalated" : ""
            )
        );
    }
}
