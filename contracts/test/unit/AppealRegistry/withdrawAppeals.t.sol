// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
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

    function test_RevertWhen_NotCustomer() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotCustomer.selector, bill, stranger));
        vm.prank(stranger);
        registry.withdrawAppeals(_one(bill));
    }
}
