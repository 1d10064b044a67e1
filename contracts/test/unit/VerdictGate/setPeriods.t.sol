// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {BatchId, PackedBill} from "../../../src/types/Ids.sol";
import {Periods} from "../../../src/types/Verdicts.sol";
import {Base} from "../../Base.sol";

contract SetPeriodsTest is Base {
    function test_GivenVersions_EachKeepsItsOwn() external {
        uint32 before = gate.parameterVersion();
        _set(Periods(1, 2, 3, 4, 5));

        _equal(gate.periodsOf(before).window, 7 days, "before");
        _equal(gate.periodsOf(before + 1).window, 1, "after");
    }

    function testFuzz_GivenManyVersions_EachKeepsItsOwn(uint8 count) external {
        uint32 first = gate.parameterVersion();
        for (uint32 i = 1; i <= count; ++i) {
            _set(Periods(i, 2, 3, 4, 5));
        }
        for (uint32 i = 1; i <= count; ++i) {
            _equal(gate.periodsOf(first + i).window, i, "window");
        }
        _equal(gate.periodsOf(first).window, 7 days, "the first");
        _equal(gate.periodsOf(type(uint32).max).window, count == 0 ? 7 days : count, "the last");
    }

    function test_GivenWindowOfZero_AdmitsSmallBatchesOnly() external {
        _set(Periods(0, 1, 1, 1, 0));
        PackedBill[] memory bills = _one(_billOf(_account(1e6), 90_000));
        BatchId batch = _post(bills);
        _judge(batch, bills, _verdicts(1, PAY));
        require(gate.isReleasable(batch), "at once");

        bills = _one(_billOf(_account(1e6), 120_000));
        _refused(Errors.VerdictGate_WindowNeeded.selector, 120_000, 100_000);
        _post(bills);
    }

    function test_RevertWhen_OutOfBounds() external {
        _refused(Errors.VerdictGate_PeriodOutOfBounds.selector, 0, 365 days);
        _set(Periods(0, 0, 1, 1, 1));
        _refused(Errors.VerdictGate_PeriodOutOfBounds.selector, 365 days + 1, 365 days);
        _set(Periods(365 days + 1, 1, 1, 1, 1));
    }

    function test_RevertWhen_NotGovernor() external {
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, gate.setPeriods.selector)
        );
        vm.prank(stranger);
        gate.setPeriods(Periods(1, 1, 1, 1, 1));
    }

    function _set(Periods memory periods) private {
        vm.prank(governor);
        gate.setPeriods(periods);
    }
}
