// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {BillId} from "../../../src/types/Ids.sol";
import {AppealBase} from "./AppealBase.sol";

contract ConcedeTest is AppealBase {
    function test_GivenAnyLiveState_VoidsTheBill() external {
        uint256 open = vm.snapshotState();
        for (uint256 i; i < 3; ++i) {
            if (i == 1) _offer(500);
            if (i == 2) _contest();
            vm.prank(supplierOwner);
            registry.concede(_one(bill));

            _expectState(AppealState.Conceded);
            _expectRecord(bill, BillState.Void, Reason.Conceded, 60_000, 0);
            _equal(_balance(account), 100_000, "balance");
            _balanced();
            vm.revertToState(open);
        }
    }

    function test_RevertWhen_NotSupplier() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotSupplier.selector, bill, payer));
        vm.prank(payer);
        registry.concede(_one(bill));
    }

    function test_RevertWhen_Ended() external {
        vm.startPrank(supplierOwner);
        registry.concede(_one(bill));
        _refused(Errors.AppealRegistry_WrongState.selector, BillId.unwrap(bill), uint256(AppealState.Conceded));
        registry.concede(_one(bill));
    }

    function test_RevertWhen_DeadlinePassed() external {
        uint256 deadline = block.timestamp + 14 days;
        vm.warp(deadline);
        _refused(Errors.AppealRegistry_DeadlinePassed.selector, BillId.unwrap(bill), deadline);
        vm.prank(supplierOwner);
        registry.concede(_one(bill));
    }
}
