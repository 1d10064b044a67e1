// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LibraryHarness} from "../../harness/LibraryHarness.sol";

contract MonthOfTest {
    LibraryHarness private immutable harness = new LibraryHarness();

    /// Month by month, counted with the lengths of the months, for 300 years.
    function test_GivenFirstAndLastSecondOfEachMonth_CountsMonths() external view {
        uint256 start;
        for (uint256 month; month < 3600; ++month) {
            uint256 length = _daysOf(1970 + month / 12, month % 12) * 1 days;
            require(harness.monthOf(start) == month, "first second");
            require(harness.monthOf(start + length - 1) == month, "last second");
            start += length;
        }
    }

    function _daysOf(uint256 year, uint256 month) private pure returns (uint256) {
        if (month == 1) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
        return month == 3 || month == 5 || month == 8 || month == 10 ? 30 : 31;
    }
}
