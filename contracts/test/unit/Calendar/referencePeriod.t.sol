// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {TrendVerdictBase} from "../../TrendVerdictBase.sol";

contract ReferencePeriodTest is TrendVerdictBase {
    uint256 private constant FIRST = 365;
    uint256 private constant LAST = 84_064;

    function _expect(uint256 start, uint256 periodDays, uint256 referenceStart, uint256 referenceDays) private view {
        (uint256 foundStart, uint256 foundDays) = harness.referencePeriod(start, periodDays);
        require(foundStart == referenceStart && foundDays == referenceDays, "the same days a year earlier");
    }

    function test_GivenNoLeapDayBetween_365DaysEarlier() external view {
        _expect(17_532, 31, 17_167, 31); // 2018-01-01 … 31: 2017
    }

    function test_GivenALeapDayInTheReferencePeriod_ADayLonger() external view {
        _expect(17_167, 93, 16_801, 94); // 2017-01-01 … 04-03: 2016
    }

    function test_GivenALeapDayInTheBillingPeriod_ADayShorter() external view {
        _expect(16_832, 31, 16_467, 30); // 2016-02-01 … 03-02: 2015
    }

    function test_GivenALeapDayAtAnEnd_28February() external view {
        _expect(16_860, 1, 16_494, 1); // 2016-02-29: 2015-02-28
        _expect(16_860, 2, 16_494, 2); // 2016-02-29 … 03-01
        _expect(16_859, 2, 16_494, 1); // 2016-02-28 … 29: one day
    }

    function test_GivenTheYear2100_NoLeapDay() external view {
        _expect(47_540, 2, 47_175, 2); // 2100-02-28 … 03-01
        _expect(47_905, 2, 47_540, 2); // 2101-02-28 … 03-01
    }

    function testFuzz_GivenAnyPeriod_AtMostADayLongerOrShorter(uint256 start, uint256 periodDays) external view {
        start = FIRST + start % (LAST - FIRST - 92);
        periodDays = 1 + periodDays % 93;
        (uint256 referenceStart, uint256 referenceDays) = harness.referencePeriod(start, periodDays);
        require(start - referenceStart == 365 || start - referenceStart == 366, "a year");
        require(referenceDays + 1 >= periodDays && referenceDays <= periodDays + 1, "a day");
    }

    function test_GivenTheFirstAndTheLastPeriod_Known() external view {
        _expect(FIRST, 1, 0, 1);
        _expect(LAST, 1, LAST - 365, 1);
    }

    function _refused(uint256 start, uint256 periodDays) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.Calendar_PeriodOutOfRange.selector, start, periodDays));
        harness.referencePeriod(start, periodDays);
    }

    function test_RevertWhen_BeforeTheFirstYear() external {
        _refused(FIRST - 1, 31);
    }

    function test_RevertWhen_BeyondTheLastDay() external {
        _refused(LAST, 2);
        _refused(type(uint256).max, 1);
        _refused(LAST, type(uint256).max);
    }

    function test_RevertWhen_NoDay() external {
        _refused(FIRST + 1, 0);
    }
}
