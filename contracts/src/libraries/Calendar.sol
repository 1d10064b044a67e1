// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Days and months of the Gregorian calendar, UTC.
library Calendar {
    /// Days since 1970-01-01 at `timestamp` Unix seconds.
    function dayOf(uint256 timestamp) internal pure returns (uint256) {
        return timestamp / 1 days;
    }

    /// Calendar months from January 1970 to the month of `timestamp` Unix seconds.
    ///
    /// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. Years there begin in March,
    /// so that the leap day is a year's last; `shifted` counts months of such years from March of year 0.
    function monthOf(uint256 timestamp) internal pure returns (uint256) {
        uint256 day = dayOf(timestamp) + 719_468;
        uint256 dayOfEra = day % 146_097;
        uint256 yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        uint256 shifted = (day / 146_097 * 400 + yearOfEra) * 12 + (5 * dayOfYear + 2) / 153;
        // March of year 0 is 1970 * 12 - 2 months before January 1970.
        return shifted - (1970 * 12 - 2);
    }
}
