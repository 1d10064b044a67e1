// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PackedVerdict} from "../../src/types/Ids.sol";
import {TrendVerdictBase} from "../TrendVerdictBase.sol";

/// The library alone, without its calldata, on its dearest path: a bill that grew, so that the regression is needed.
contract TrendVerdictGas is TrendVerdictBase {
    uint256 private constant DAYS_0_15_30 = 1 | 1 << 15 | 1 << 30;
    uint256 private constant NINE_DAYS = 0x804020100804020100;

    function _measure(string memory name, uint256 referenceDays, uint256 periodDays, uint256 missing, uint8 degree)
        private
        returns (uint256 used)
    {
        bytes memory readings = _series(12_345, 678, referenceDays, missing);
        uint256 quantity = 100_000 * referenceDays;
        PackedVerdict verdict;
        (used, verdict) = harness.gasOf(readings, referenceDays, missing, quantity, periodDays, _presets(degree));
        require(bytes1(PackedVerdict.unwrap(verdict)) == 0x32, "with a regression");
        vm.snapshotValue("trend verdict", name, used);
    }

    function test_GivenAMonth() external {
        _measure("31 days, degree 1, complete", 31, 31, 0, 1);
        _measure("31 days, degree 1, 3 missing", 31, 31, DAYS_0_15_30, 1);
        uint256 used = _measure("31 days, degree 2, complete", 31, 31, 0, 2);
        require(used <= 8_000, "a month costs at most 8,000 gas");
        _measure("31 days, degree 2, 3 missing", 31, 31, DAYS_0_15_30, 2);
    }

    function test_GivenAQuarter() external {
        _measure("93 days, degree 1, complete", 93, 93, 0, 1);
        _measure("93 days, degree 1, 9 missing", 93, 93, NINE_DAYS, 1);
        _measure("93 days, degree 2, complete", 93, 93, 0, 2);
        _measure("93 days, degree 2, 9 missing", 93, 93, NINE_DAYS, 2);
        _measure("93 days of 94, degree 2, 9 missing", 94, 93, NINE_DAYS, 2);
    }

    function test_GivenADate_ReferencePeriod() external {
        (uint256 used,) = harness.gasOfReferencePeriod(17_167, 93);
        vm.snapshotValue("trend verdict", "reference period", used);
    }
}
