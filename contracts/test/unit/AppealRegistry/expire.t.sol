// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {BillId} from "../../../src/types/Ids.sol";
import {AppealBase} from "./AppealBase.sol";

contract ExpireTest is AppealBase {
    function test_GivenSupplierSilent_VoidsTheBill() external {
        vm.warp(block.timestamp + 14 days);
        vm.prank(stranger);
        registry.expire(_one(bill));

        _expectState(AppealState.Expired);
        _expectRecord(bill, BillState.Void, Reason.Expired, 60_000, 0);
        _equal(_balance(account), 100_000, "balance");
        _balanced();
    }

    function test_GivenCustomerSilent_ContestsFromTheDeadlineOn() external {
        _offer(500);
        uint256 deadline = block.timestamp + 14 days;
        vm.warp(deadline + 3 days);
        registry.expire(_one(bill));

        _expectState(AppealState.Contested);
        _equal(registry.appealOf(bill).deadline, deadline + 30 days, "not later for a late call");
    }

    function test_GivenContestWithoutRuling_VoidsTheBill() external {
        _contest();
        vm.warp(block.timestamp + 30 days);
        registry.expire(_one(bill));

        _expectRecord(bill, BillState.Void, Reason.Expired, 60_000, 0);
    }

    function test_RevertWhen_DeadlineAhead() external {
        uint256 deadline = block.timestamp + 14 days;
        vm.warp(deadline - 1);
        _refused(Errors.AppealRegistry_DeadlineAhead.selector, BillId.unwrap(bill), deadline);
        registry.expire(_one(bill));
    }

    function test_RevertGiven_NoAppeal() external {
        _refused(Errors.AppealRegistry_WrongState.selector, 7 << 16, uint256(AppealState.None));
        registry.expire(_one(BillId.wrap(7 << 16)));
        _refused(Errors.AppealRegistry_WrongState.selector, (1 << 16) | 65_535, uint256(AppealState.None));
        registry.expire(_one(BillId.wrap((1 << 16) | 65_535)));
    }

    function test_Contest_RevertWhen_NotSupplier() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotSupplier.selector, bill, payer));
        vm.prank(payer);
        registry.contest(bill, 0);
    }
}
