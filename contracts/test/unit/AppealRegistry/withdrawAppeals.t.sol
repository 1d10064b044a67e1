// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {BillId} from "../../../src/types/Ids.sol";
import {AppealBase} from "./AppealBase.sol";

contract WithdrawAppealsTest is AppealBase {
    function test_GivenAnyLiveState_PaysInFull() external {
        uint256 open = vm.snapshotState();
        for (uint256 i; i < 3; ++i) {
            if (i == 1) _offer(500);
            if (i == 2) _contest();
            vm.prank(payer);
            registry.withdrawAppeals(_one(bill));

            _expectState(AppealState.Withdrawn);
            _expectRecord(bill, BillState.Settled, Reason.None, 60_000, 60_000);
            _equal(_balance(account), 40_000, "balance");
            _balanced();
            vm.revertToState(open);
        }
    }

    function test_GivenHoldTooSmall_TakesTheBalanceAndOwesTheRest() external {
        account = _account(10_000);
        bill = _run(_billOf(account, 60_000), APPEAL);
        _fund(account, 20_000);
        vm.prank(payer);
        registry.withdrawAppeals(_one(bill));

        _expectRecord(bill, BillState.Arrears, Reason.AppealShortfall, 60_000, 30_000);
        _equal(ledger.creditOf(supplier), 30_000, "credit");
        _balanced();
    }

    function test_WhenAgent_PaysInFullAndCountsIt() external {
        _appoint(60_000, 60_000);
        vm.prank(agent);
        registry.withdrawAppeals(_one(bill));

        _expectRecord(bill, BillState.Settled, Reason.None, 60_000, 60_000);
        _equal(ledger.accountOf(account).spent, 60_000, "spent");
        _equal(_balance(account), 40_000, "balance");
        _balanced();
    }

    /// What is owed of it counts when it is collected.
    function test_WhenAgent_GivenHoldTooSmall_CountsWhatIsPaid() external {
        account = _account(10_000);
        _appoint(60_000, 60_000);
        bill = _run(_billOf(account, 60_000), APPEAL);
        _fund(account, 20_000);
        vm.prank(agent);
        registry.withdrawAppeals(_one(bill));
        _equal(ledger.accountOf(account).spent, 30_000, "spent");
        _expectRecord(bill, BillState.Arrears, Reason.AppealShortfall, 60_000, 30_000);
        _fund(account, 30_000);
        ledger.settleArrears(_one(bill));

        _equal(ledger.accountOf(account).spent, 60_000, "spent");
        _balanced();
    }

    function test_WhenAgentOfMany_PassesOverWhatIsNotCovered() external {
        _appoint(60_000, 119_999);
        BillId[] memory bills = new BillId[](2);
        bills[0] = bill;
        vm.warp(block.timestamp + 1 days);
        _fund(account, 60_000);
        bills[1] = _run(_bill(account, 1_000, TODAY, 1), APPEAL);
        vm.prank(agent);
        registry.withdrawAppeals(bills);

        require(ledger.stateOf(bills[0]) == BillState.Settled, "withdrawn");
        require(ledger.stateOf(bills[1]) == BillState.Held, "beyond the cap a month");
        vm.prank(payer);
        registry.withdrawAppeals(bills);
        require(ledger.stateOf(bills[1]) == BillState.Settled, "by the owner");
        _balanced();
    }

    function test_RevertWhen_AgentBeyondMandate() external {
        _appoint(59_999, 60_000);
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_BeyondMandate.selector, bill, agent));
        vm.prank(agent);
        registry.withdrawAppeals(_one(bill));
    }

    function test_RevertWhen_FormerAgent() external {
        _appoint(60_000, 60_000);
        _grant(account, _mandate());
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotCustomer.selector, bill, agent));
        vm.prank(agent);
        registry.withdrawAppeals(_one(bill));
    }

    function test_RevertWhen_NotCustomer() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotCustomer.selector, bill, stranger));
        vm.prank(stranger);
        registry.withdrawAppeals(_one(bill));
    }
}
