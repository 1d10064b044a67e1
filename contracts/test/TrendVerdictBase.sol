// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Case, ITrendVerdictHarness} from "./harness/ITrendVerdictHarness.sol";
import {PackedVerdict} from "../src/types/Ids.sol";
import {Presets, VerdictPolicy} from "../src/types/Verdicts.sol";
import {Vm} from "./Vm.sol";

/// The harness, and readings to judge.
abstract contract TrendVerdictBase {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    ITrendVerdictHarness internal harness;

    function setUp() public {
        bytes memory code = vm.getCode("TrendVerdictHarness.sol:TrendVerdictHarness");
        address created;
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        harness = ITrendVerdictHarness(created);
    }

    function _presets(uint8 degree) internal pure returns (Presets memory) {
        return
            Presets({
                first: 200_000, second: 0, degree: degree, insufficientCap: 0, policy: VerdictPolicy.Trend, model: 0
            });
    }

    /// Readings of `day` base units on the first day, and `step` more each day after; zero on the missing ones.
    function _series(uint256 day, uint256 step, uint256 referenceDays, uint256 missing)
        internal
        pure
        returns (bytes memory readings)
    {
        for (uint256 x; x < referenceDays; ++x) {
            uint256 reading = missing >> x & 1 == 1 ? 0 : day + step * x;
            readings = bytes.concat(readings, bytes5(uint40(reading)));
        }
    }

    function _case(bytes memory readings, uint256 missing, uint256 quantity, uint256 periodDays, uint8 degree)
        internal
        pure
        returns (Case memory)
    {
        return Case({
            surroundings: readings,
            offset: 0,
            referenceDays: readings.length / 5,
            missing: missing,
            quantity: quantity,
            periodDays: periodDays,
            presets: _presets(degree)
        });
    }

    function _evaluate(Case memory one) internal view returns (uint96) {
        PackedVerdict verdict = harness.evaluate(
            one.surroundings, one.referenceDays, one.missing, one.quantity, one.periodDays, one.presets
        );
        return uint96(PackedVerdict.unwrap(verdict));
    }
}
