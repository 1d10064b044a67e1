// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {BillId, SupplierId} from "../../../src/types/Ids.sol";
import {Shown} from "../../../src/types/Readings.sol";
import {ChallengeBase} from "../../ChallengeBase.sol";

contract OpenAppealsTest is ChallengeBase {
    function test_GivenSeveralBatches_PagesThroughThem() external {
        BillId[] memory bills = new BillId[](5);
        for (uint256 i; i < 5; ++i) {
            bills[i] = _run(_billOf(_account(0), 60_000), APPEAL);
        }
        vm.prank(supplierOwner);
        registry.concede(_one(bills[2]));

        (BillId[] memory page, uint256 next) = registry.openAppeals(supplier, 0, 3);
        _equal(page.length, 3, "first page");
        _equal(BillId.unwrap(page[2]), BillId.unwrap(bills[3]), "the conceded one is gone");
        (page, next) = registry.openAppeals(supplier, next, 3);
        _equal(page.length, 1, "second page");
        _equal(BillId.unwrap(page[0]), BillId.unwrap(bills[4]), "last");
        _equal(next, 0, "done");
    }

    /// What a challenge or a customer's hand opened is found as what a verdict did, in the order of the batches.
    function test_GivenLateOnes_FindsThemToo() external {
        for (uint256 i; i < 130; ++i) {
            _addBill(LAST_YEAR, 1e9);
        }
        _addBill(FAR_MORE, 1e9);
        _addBill(FAR_MORE, 1e9);
        bytes memory said = _withDecision(_rightVerdicts(), 130, PAY);
        _judgeAs(said, 0);
        _challenge(stranger, 130);
        Shown memory shown = _shown(70);
        vm.prank(payer);
        registry.appealByHand(_id(70), shown.packed, shown.billProof);
        BillId last = _run(_billOf(_account(0), 60_000), APPEAL);

        (BillId[] memory page, uint256 next) = registry.openAppeals(supplier, 0, 3);
        _equal(page.length, 3, "first page");
        _equal(BillId.unwrap(page[0]), BillId.unwrap(_id(70)), "by hand");
        _equal(BillId.unwrap(page[1]), BillId.unwrap(_id(130)), "by a challenge");
        _equal(BillId.unwrap(page[2]), BillId.unwrap(_id(131)), "by a verdict");
        (page, next) = registry.openAppeals(supplier, next, 3);
        _equal(page.length, 1, "second page");
        _equal(BillId.unwrap(page[0]), BillId.unwrap(last), "the next batch");
        _equal(next, 0, "done");

        vm.startPrank(supplierOwner);
        registry.concede(_one(_id(130)));
        registry.concede(_one(_id(70)));
        vm.stopPrank();
        (page,) = registry.openAppeals(supplier, 0, 10);
        _equal(page.length, 2, "answered");
        (page,) = registry.openAppeals(SupplierId.wrap(SupplierId.unwrap(supplier) + 1), 0, 10);
        _equal(page.length, 0, "another supplier's");
    }

    function test_GivenNone_IsEmpty() external view {
        (BillId[] memory page, uint256 next) = registry.openAppeals(supplier, 0, 10);
        _equal(page.length + next, 0, "nothing");
    }

    function test_RevertWhen_NoLimit() external {
        vm.expectRevert(Errors.AppealRegistry_NoLimit.selector);
        registry.openAppeals(supplier, 0, 0);
    }
}
