// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "./Errors.sol";

/// Days and months of the Gregorian calendar, UTC.
library Calendar {
    /// 1971-01-01 and 2200-02-28, days since 1970-01-01: between them 2100 is the only year without its leap day.
    uint256 internal constant FIRST_BILLED_DAY = 365;
    uint256 internal constant LAST_BILLED_DAY = 84_064;

    /// 2100-03-01; 2100 has no leap day.
    uint256 private constant MARCH_2100 = 47_541;
    /// Days from the leap day of 1968 to 1970-01-01, and days of four years.
    uint256 private constant SINCE_LEAP_DAY = 672;
    uint256 private constant FOUR_YEARS = 1_461;

    /// Days since 1970-01-01 at `timestamp` Unix seconds.
    function dayOf(uint256 timestamp) internal pure returns (uint256) {
        return timestamp / 1 days;
    }

    /// Calendar months from January 1970 to the month of `timestamp` Unix seconds.
    ///
    /// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. Years there begin in March,
    /// so that the leap day is a year's last; `shifted` counts months of such years from March of year 0.
    function monthOf(uint256 timestamp) internal pure returns (uint256) {
        // A day is at most 2^256 / 86,400, and each difference is of a part from its whole.
        unchecked {
            uint256 day = dayOf(timestamp) + 719_468;
            uint256 dayOfEra = day % 146_097;
            uint256 yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
            uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
            uint256 shifted = (day / 146_097 * 400 + yearOfEra) * 12 + (5 * dayOfYear + 2) / 153;
            // March of year 0 is 1970 * 12 - 2 months before January 1970.
            return shifted - (1970 * 12 - 2);
        }
    }

    /// The reference period of a billing period of `periodDays` days, at least 1, that begins on `startDay`: the same
    /// calendar bounds one year earlier, 29 February becoming 28 February at either end.
    ///
    /// Days since 1970-01-01, both ends of the billing period from FIRST_BILLED_DAY to LAST_BILLED_DAY.
    function referencePeriod(uint256 startDay, uint256 periodDays)
        internal
        pure
        returns (uint256 referenceStart, uint256 referenceDays)
    {
        unchecked {
            uint256 lastDay = startDay + periodDays - 1;
            if (startDay < FIRST_BILLED_DAY || lastDay < startDay || lastDay > LAST_BILLED_DAY) {
                revert Errors.Calendar_PeriodOutOfRange(startDay, periodDays);
            }
            uint256 back = _daysToYearBefore(startDay);
            referenceStart = startDay - back;
            referenceDays = periodDays + back - _daysToYearBefore(lastDay);
        }
    }

    /// 366 from a leap day to the last day of February of the next year, else 365.
    function _daysToYearBefore(uint256 day) private pure returns (uint256 back) {
        assembly ("memory-safe") {
            // With the leap day that 2100 lacks the cycle of four years goes on, but for the year after it.
            let phase := mod(add(day, add(SINCE_LEAP_DAY, iszero(lt(day, MARCH_2100)))), FOUR_YEARS)
            // What is before March 2100 wraps and is greater.
            back := add(365, and(lt(phase, 366), gt(sub(day, MARCH_2100), 364)))
        }
    }
}
