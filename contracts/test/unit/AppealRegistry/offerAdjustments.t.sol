// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Appeal, AppealState} from "../../../src/types/Appeals.sol";
import {BillId} from "../../../src/types/Ids.sol";
import {AppealBase} from "./AppealBase.sol";

contract OfferAdjustmentsTest is AppealBase {
    function test_WhenBelowTheBill_WaitsForTheCustomer() external {
        _offer(500);

        Appeal memory appeal = registry.appealOf(bill);
        _expectState(AppealState.AdjustmentOffered);
        _equal(appeal.offeredQuantity, 500, "quantity");
        _equal(appeal.offeredAmount, 30_000, "amount by the tariff");
        _equal(appeal.deadline, block.timestamp + 14 days, "deadline");
        (BillId[] memory waiting,) = registry.openAppeals(supplier, 0, 10);
        _equal(waiting.length, 0, "out of the queue");
    }

    function test_RevertWhen_NotBelow() external {
        _refused(Errors.AppealRegistry_AdjustmentNotBelow.selector, BillId.unwrap(bill), 60_000, 60_000);
        _offer(1000);
    }

    function test_RevertWhen_OfferedTwice() external {
        _offer(500);
        bytes4 wrong = Errors.AppealRegistry_WrongState.selector;
        _refused(wrong, BillId.unwrap(bill), uint256(AppealState.AdjustmentOffered));
        _offer(400);
    }

    function test_RevertWhen_ListsDiffer() external {
        _refused(Errors.AppealRegistry_LengthMismatch.selector, 1, 0);
        registry.offerAdjustments(_one(bill), new uint48[](0));
    }

    function test_RevertWhen_NotSupplier() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotSupplier.selector, bill, payer));
        vm.prank(payer);
        registry.offerAdjustments(_one(bill), _oneQuantity(500));
    }
}
