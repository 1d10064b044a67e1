// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Rules} from "../../../src/types/Screening.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Base} from "../../Base.sol";

contract SetRulesTest is Base {
    uint48 private constant ANY_AMOUNT = type(uint48).max;
    uint16 private constant ANY_DAY = type(uint16).max;

    function test_GivenVersions_EachKeepsItsOwn() external {
        uint32 before = gate.parameterVersion();
        _set(Utility.Water, 3, Rules(1_000, 20, 40, true, "first"));
        uint32 between = gate.parameterVersion();
        _set(Utility.Water, 3, Rules(ANY_AMOUNT, 0, ANY_DAY, false, "ended"));
        uint32 latest = gate.parameterVersion();

        require(before < between && between < latest, "versions ascend");
        _expect(before, 3, Rules(ANY_AMOUNT, 0, ANY_DAY, false, 0));
        _expect(between, 3, Rules(1_000, 20, 40, true, "first"));
        _expect(between, 0, Rules(ANY_AMOUNT, 0, ANY_DAY, false, 0));
        _expect(latest, 3, Rules(ANY_AMOUNT, 0, ANY_DAY, false, "ended"));
        _equal(screening.rulesOf(latest, Utility.Gas, 3).amount, ANY_AMOUNT, "another utility's");
    }

    function testFuzz_WhenSet_IsAsSet(uint48 amount, uint16 shortest, uint16 longest, bool alone, bytes32 source)
        external
    {
        if (shortest > longest) (shortest, longest) = (longest, shortest);
        if (amount == ANY_AMOUNT && shortest == 0 && longest == ANY_DAY) alone = false;
        Rules memory rules = Rules(amount, shortest, longest, alone, source);
        _set(Utility.Water, 31, rules);
        _expect(gate.parameterVersion(), 31, rules);
    }

    function test_RevertWhen_OutOfBounds() external {
        _refused(Errors.ScreeningRules_NoDayBetween.selector, 31, 30);
        _set(Utility.Water, 0, Rules(1, 31, 30, false, 0));
        _refused(Errors.ScreeningRules_NoBound.selector, 7);
        _set(Utility.Water, 7, Rules(ANY_AMOUNT, 0, ANY_DAY, true, 0));
        _refused(Errors.PaymentLedger_ClassTooLarge.selector, 32, 31);
        _set(Utility.Water, 32, Rules(1, 0, 1, false, 0));
        vm.expectRevert(Errors.VerdictGate_NoUtility.selector);
        _set(Utility.None, 0, Rules(1, 0, 1, false, 0));
    }

    function test_RevertWhen_NotGovernor() external {
        bytes4 selector = screening.setRules.selector;
        vm.expectRevert(abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, classifier, selector));
        vm.prank(classifier);
        screening.setRules(Utility.Water, 0, Rules(1, 0, 1, false, 0));
    }

    function test_RevertWhen_NotScreeningRules() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_NotScreeningRules.selector, governor));
        vm.prank(governor);
        gate.markScreened(Utility.Water, 0, true);
    }

    function _set(Utility utility, uint8 class, Rules memory rules) private {
        vm.prank(governor);
        screening.setRules(utility, class, rules);
    }

    function _expect(uint32 version, uint8 class, Rules memory rules) private view {
        Rules memory found = screening.rulesOf(version, Utility.Water, class);
        require(keccak256(abi.encode(found)) == keccak256(abi.encode(rules)), "as set");
    }
}
