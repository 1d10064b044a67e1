// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {BillId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract OpenAppealsTest is Base {
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

    function test_GivenNone_IsEmpty() external view {
        (BillId[] memory page, uint256 next) = registry.openAppeals(supplier, 0, 10);
        _equal(page.length + next, 0, "nothing");
    }

    function test_RevertWhen_NoLimit() external {
        vm.expectRevert(Errors.AppealRegistry_NoLimit.selector);
        registry.openAppeals(supplier, 0, 0);
    }
}
