// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Calendar} from "../../src/libraries/Calendar.sol";
import {PackedVerdicts} from "../../src/libraries/PackedVerdicts.sol";
import {TrendVerdict} from "../../src/libraries/TrendVerdict.sol";
import {PackedVerdict} from "../../src/types/Ids.sol";
import {Presets, Verdict} from "../../src/types/Verdicts.sol";
import {Case, ITrendVerdictHarness} from "./ITrendVerdictHarness.sol";

/// Hands every call on to the internal library.
contract TrendVerdictHarness is ITrendVerdictHarness {
    /// @inheritdoc ITrendVerdictHarness
    function evaluate(
        bytes calldata readings,
        uint256 referenceDays,
        uint256 missing,
        uint256 quantity,
        uint256 periodDays,
        Presets calldata presets
    ) external pure returns (PackedVerdict) {
        return TrendVerdict.evaluate(readings, referenceDays, missing, quantity, periodDays, presets);
    }

    /// @inheritdoc ITrendVerdictHarness
    function evaluateAll(Case[] calldata cases) external pure returns (Verdict[] memory verdicts) {
        verdicts = new Verdict[](cases.length);
        for (uint256 i; i < cases.length; ++i) {
            Case calldata one = cases[i];
            bytes calldata readings = one.surroundings[one.offset:one.offset + 5 * one.referenceDays];
            PackedVerdict verdict = TrendVerdict.evaluate(
                readings, one.referenceDays, one.missing, one.quantity, one.periodDays, one.presets
            );
            verdicts[i] = PackedVerdicts.decode(verdict);
        }
    }

    /// @inheritdoc ITrendVerdictHarness
    function gasOf(
        bytes calldata readings,
        uint256 referenceDays,
        uint256 missing,
        uint256 quantity,
        uint256 periodDays,
        Presets memory presets
    ) external view returns (uint256 used, PackedVerdict verdict) {
        used = gasleft();
        verdict = TrendVerdict.evaluate(readings, referenceDays, missing, quantity, periodDays, presets);
        used -= gasleft();
    }

    /// @inheritdoc ITrendVerdictHarness
    function referencePeriod(uint256 startDay, uint256 periodDays) external pure returns (uint256, uint256) {
        return Calendar.referencePeriod(startDay, periodDays);
    }

    /// @inheritdoc ITrendVerdictHarness
    function referencePeriods(uint256 firstDay, uint256 count, uint256 periodDays)
        external
        pure
        returns (uint256[2][] memory periods)
    {
        periods = new uint256[2][](count);
        for (uint256 i; i < count; ++i) {
            (periods[i][0], periods[i][1]) = Calendar.referencePeriod(firstDay + i, periodDays);
        }
    }

    /// @inheritdoc ITrendVerdictHarness
    function gasOfReferencePeriod(uint256 startDay, uint256 periodDays)
        external
        view
        returns (uint256 used, uint256 referenceDays)
    {
        used = gasleft();
        (, referenceDays) = Calendar.referencePeriod(startDay, periodDays);
        used -= gasleft();
    }
}
