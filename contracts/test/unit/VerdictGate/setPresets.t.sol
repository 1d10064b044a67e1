// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Presets, VerdictPolicy} from "../../../src/types/Verdicts.sol";
import {Base} from "../../Base.sol";

contract SetPresetsTest is Base {
    function test_GivenVersions_EachKeepsItsOwn() external {
        uint32 before = gate.parameterVersion();
        _set(Utility.Water, 0, Presets(1, 2, 1, 3, VerdictPolicy.Trend, 0));
        uint32 between = gate.parameterVersion();
        _set(Utility.Water, 5, Presets(4, 5, 2, 6, VerdictPolicy.Trend, 0));
        uint32 latest = gate.parameterVersion();

        require(before < between && between < latest, "versions ascend");
        _equal(uint32(gate.presetsOf(before, Utility.Water, 5).first), 200_000, "the default");
        _equal(uint32(gate.presetsOf(between, Utility.Water, 5).first), 1, "class 0's");
        _equal(uint32(gate.presetsOf(latest, Utility.Water, 5).first), 4, "its own");
        _equal(uint32(gate.presetsOf(latest, Utility.Water, 0).first), 1, "class 0's");
        _equal(uint32(gate.presetsOf(latest, Utility.Gas, 5).first), 200_000, "another utility's");
        _equal(gate.presetsOf(latest, Utility.Gas, 5).degree, 2, "default degree");
    }

    function testFuzz_GivenManyVersions_EachKeepsItsOwn(uint8 count) external {
        uint32 first = gate.parameterVersion();
        for (uint8 i = 1; i <= count && i < 200; ++i) {
            _set(Utility.Water, 3, Presets(int32(uint32(i)), 0, 1, 0, VerdictPolicy.Trend, 0));
        }
        for (uint8 i = 1; i <= count && i < 200; ++i) {
            _equal(uint32(gate.presetsOf(first + i, Utility.Water, 3).first), i, "first preset");
        }
        _equal(uint32(gate.presetsOf(first, Utility.Water, 3).first), 200_000, "before");
    }

    function test_GivenModels_EachVersionNamesItsOwn() external {
        uint32 before = gate.parameterVersion();
        _set(Utility.Water, 0, Presets(10_000, 0, 2, 3, VerdictPolicy.Model, "first"));
        _set(Utility.Water, 5, Presets(20_000, 0, 2, 3, VerdictPolicy.Model, "second"));
        _set(Utility.Water, 0, Presets(10_000, 0, 2, 3, VerdictPolicy.Model, "third"));
        _set(Utility.Water, 5, Presets(20_000, 0, 2, 3, VerdictPolicy.Trend, 0));
        require(gate.presetsOf(before, Utility.Water, 0).model == 0, "none");
        require(gate.presetsOf(before + 1, Utility.Water, 5).model == "first", "class 0's");
        require(gate.presetsOf(before + 2, Utility.Water, 5).model == "second", "its own");
        require(gate.presetsOf(before + 2, Utility.Water, 0).model == "first", "class 0's still");
        require(gate.presetsOf(before + 3, Utility.Water, 0).model == "third", "the newest");
        require(gate.presetsOf(before + 3, Utility.Water, 5).policy == VerdictPolicy.Model, "policy");
        require(gate.presetsOf(before + 4, Utility.Water, 5).model == 0, "no longer");
        require(gate.presetsOf(before + 4, Utility.Water, 5).policy == VerdictPolicy.Trend, "no longer");
    }

    function test_RevertWhen_ModelOutOfBounds() external {
        vm.expectRevert(
            abi.encodeWithSelector(Errors.VerdictGate_ModelMismatch.selector, VerdictPolicy.Model, bytes32(0))
        );
        _set(Utility.Water, 0, Presets(1, 0, 1, 0, VerdictPolicy.Model, 0));
        vm.expectRevert(
            abi.encodeWithSelector(Errors.VerdictGate_ModelMismatch.selector, VerdictPolicy.Trend, bytes32("model"))
        );
        _set(Utility.Water, 0, Presets(1, 0, 1, 0, VerdictPolicy.Trend, "model"));
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_RateOutOfBounds.selector, int256(1_000_001)));
        _set(Utility.Water, 0, Presets(1_000_001, 0, 1, 0, VerdictPolicy.Model, "model"));
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_RateOutOfBounds.selector, int256(-1)));
        _set(Utility.Water, 0, Presets(-1, 0, 1, 0, VerdictPolicy.Model, "model"));
    }

    function test_RevertWhen_OutOfBounds() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_PresetOutOfBounds.selector, int256(10_000_001)));
        _set(Utility.Water, 0, Presets(10_000_001, 0, 1, 0, VerdictPolicy.Trend, 0));
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_PresetOutOfBounds.selector, int256(-10_000_001)));
        _set(Utility.Water, 0, Presets(0, -10_000_001, 1, 0, VerdictPolicy.Trend, 0));
        _refused(Errors.VerdictGate_DegreeOutOfBounds.selector, 3);
        _set(Utility.Water, 0, Presets(0, 0, 3, 0, VerdictPolicy.Trend, 0));
        vm.expectRevert(Errors.VerdictGate_NoUtility.selector);
        _set(Utility.None, 0, Presets(0, 0, 1, 0, VerdictPolicy.Trend, 0));
    }

    function test_RevertWhen_NotGovernor() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, admin, gate.setPresets.selector));
        vm.prank(admin);
        gate.setPresets(Utility.Water, 0, Presets(0, 0, 1, 0, VerdictPolicy.Trend, 0));
    }

    function _set(Utility utility, uint8 class, Presets memory presets) private {
        vm.prank(governor);
        gate.setPresets(utility, class, presets);
    }
}
