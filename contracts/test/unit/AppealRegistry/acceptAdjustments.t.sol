// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Mandate} from "../../../src/types/Accounts.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {BillId} from "../../../src/types/Ids.sol";
import {AppealBase} from "./AppealBase.sol";

contract AcceptAdjustmentsTest is AppealBase {
    function test_WhenCustomer_PaysTheAdjustedAmount() external {
        _offer(500);
        vm.prank(payer);
        registry.acceptAdjustments(_one(bill));

        _expectState(AppealState.Accepted);
        _expectRecord(bill, BillState.Settled, Reason.Adjusted, 30_000, 30_000);
        _equal(_balance(account), 70_000, "balance");
        _equal(ledger.creditOf(supplier), 30_000, "credit");
        _balanced();
    }

    function test_WhenAgent_PaysTheAdjustedAmountAndCountsIt() external {
        _appoint(30_000, 30_000);
        _offer(500);
        vm.prank(agent);
        registry.acceptAdjustments(_one(bill));

        _expectState(AppealState.Accepted);
        _equal(ledger.accountOf(account).spent, 30_000, "spent");
        _equal(_balance(account), 70_000, "balance");
        _balanced();
    }

    function test_RevertWhen_AgentBeyondMandate() external {
        _appoint(29_999, 30_000);
        _offer(500);
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_BeyondMandate.selector, bill, agent));
        vm.prank(agent);
        registry.acceptAdjustments(_one(bill));
    }

    function test_RevertWhen_AgentsMandateIsOver() external {
        Mandate memory mandate = _mandateOf(agent, 60_000, 60_000);
        mandate.lastDay = uint16(TODAY);
        _grant(account, mandate);
        _offer(500);
        vm.warp(block.timestamp + 12 hours);
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotCustomer.selector, bill, agent));
        vm.prank(agent);
        registry.acceptAdjustments(_one(bill));
    }

    /// It costs nothing, whatever the caps are.
    function test_RefuseAdjustments_WhenAgent_Contests() external {
        _appoint(0, 0);
        _offer(500);
        vm.prank(agent);
        registry.refuseAdjustments(_one(bill));

        _expectState(AppealState.Contested);
    }

    function test_RevertGiven_NoOffer() external {
        _refused(Errors.AppealRegistry_WrongState.selector, BillId.unwrap(bill), uint256(AppealState.Open));
        vm.prank(payer);
        registry.acceptAdjustments(_one(bill));
    }

    function test_RevertWhen_NotCustomer() external {
        _offer(500);
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotCustomer.selector, bill, supplierOwner));
        vm.prank(supplierOwner);
        registry.acceptAdjustments(_one(bill));
    }

    function test_RefuseAdjustments_WhenCustomer_Contests() external {
        _offer(500);
        vm.prank(payer);
        registry.refuseAdjustments(_one(bill));

        _expectState(AppealState.Contested);
        _equal(registry.appealOf(bill).deadline, block.timestamp + 30 days, "deadline");
        require(ledger.stateOf(bill) == BillState.Held, "still held");
    }

    function test_RefuseAdjustments_RevertWhen_NotCustomer() external {
        _offer(500);
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotCustomer.selector, bill, stranger));
        vm.prank(stranger);
        registry.refuseAdjustments(_one(bill));
    }
}
