// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PackedVerdict} from "../../src/types/Ids.sol";
import {Presets, Verdict} from "../../src/types/Verdicts.sol";

/// What a verdict is computed from; the readings stand in `surroundings` from byte `offset` on, five bytes a day.
struct Case {
    bytes surroundings;
    uint256 offset;
    uint256 referenceDays;
    uint256 missing;
    /// Base units.
    uint256 quantity;
    uint256 periodDays;
    Presets presets;
}

/// The internal libraries `TrendVerdict` and `Calendar`, callable from outside: for tests only.
interface ITrendVerdictHarness {
    /// `TrendVerdict.evaluate`.
    function evaluate(
        bytes calldata readings,
        uint256 referenceDays,
        uint256 missing,
        uint256 quantity,
        uint256 periodDays,
        Presets calldata presets
    ) external pure returns (PackedVerdict);

    /// Each verdict, decoded, from readings that other bytes precede and follow in the calldata.
    function evaluateAll(Case[] calldata cases) external pure returns (Verdict[] memory);

    /// Gas of `TrendVerdict.evaluate` alone: neither the call nor its calldata nor the decoding of its arguments.
    function gasOf(
        bytes calldata readings,
        uint256 referenceDays,
        uint256 missing,
        uint256 quantity,
        uint256 periodDays,
        Presets calldata presets
    ) external view returns (uint256 used, PackedVerdict verdict);

    /// `Calendar.referencePeriod`.
    function referencePeriod(uint256 startDay, uint256 periodDays)
        external
        pure
        returns (uint256 referenceStart, uint256 referenceDays);

    /// First day and length of the reference periods of `count` billing periods of `periodDays` days, the first of
    /// which begins on `firstDay` and each other a day after the one before.
    function referencePeriods(uint256 firstDay, uint256 count, uint256 periodDays)
        external
        pure
        returns (uint256[2][] memory);

    /// Gas of `Calendar.referencePeriod` alone.
    function gasOfReferencePeriod(uint256 startDay, uint256 periodDays)
        external
        view
        returns (uint256 used, uint256 referenceDays);
}
