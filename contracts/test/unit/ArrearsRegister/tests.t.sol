// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ArrearsErrors} from "../../../src/libraries/ArrearsErrors.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {ArrearsTerms, Curve} from "../../../src/types/Arrears.sol";
import {ArrearsBase} from "../../ArrearsBase.sol";

/// Tests of strategies, curves and terms.
contract TestsAndCurvesTest is ArrearsBase {
    function test_commitTest__GivenOneRuns__Reverts() external {
        _commit();
        require(register.classOf(CLASS).arms == 3 && register.classOf(CLASS).test == 1, "runs");
        vm.expectRevert(abi.encodeWithSelector(ArrearsErrors.ArrearsRegister_TestRuns.selector, CLASS, 1));
        _commit();
        register.revealTest(CLASS, SEED, SALT);
        vm.prank(operator);
        register.commitTest(CLASS, 2, _commitmentOf(2, 2), "");
        require(register.classOf(CLASS).test == 2, "the next");
    }

    function test_commitTest__GivenArmsOutOfBounds__Reverts() external {
        uint8[2] memory wrong = [1, 17];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ArrearsErrors.ArrearsRegister_ArmsOutOfBounds.selector, wrong[i]));
            vm.prank(operator);
            register.commitTest(CLASS, wrong[i], SALT, "");
        }
    }

    function test_revealTest__GivenAnother__Reverts() external {
        vm.expectPartialRevert(ArrearsErrors.ArrearsRegister_NotCommitted.selector);
        register.revealTest(CLASS, SEED, SALT);
        _commit();
        vm.expectPartialRevert(ArrearsErrors.ArrearsRegister_NotCommitted.selector);
        register.revealTest(CLASS, SEED + 1, SALT);
        register.revealTest(CLASS, SEED, SALT);
        require(register.classOf(CLASS).arms == 0, "over");
        vm.expectPartialRevert(ArrearsErrors.ArrearsRegister_NotCommitted.selector);
        register.revealTest(CLASS, SEED, SALT);
    }

    function test_armOf__GivenManyAccounts__IsEven(uint64 seed) external view {
        uint256[3] memory users;
        for (uint64 account = 1; account <= 600; ++account) {
            ++users[register.armOf(account, 3, seed)];
        }
        for (uint256 arm; arm < 3; ++arm) {
            require(users[arm] > 130 && users[arm] < 270, "six standard deviations about 200");
        }
    }

    function test_submitCurve__GivenPoints__TakesTheNearestToZero() external {
        _setHorizon(30);
        require(register.classOf(CLASS).horizon == 30 && register.classOf(CLASS).curved, "the middle one");
        Curve memory curve = _curve(10);
        // Equals: the earliest.
        (curve.contacted[0], curve.natural[0], curve.contacts[0]) = (350_000, 301_000, 1_000_000);
        vm.prank(operator);
        register.submitCurve(CLASS, curve, "");
        require(register.classOf(CLASS).horizon == 9, "the first of equals");
    }

    function test_submitCurve__GivenMalformed__Reverts() external {
        for (uint256 kind; kind < 6; ++kind) {
            Curve memory curve = _curve(10);
            if (kind == 0) curve.day = new uint16[](0);
            if (kind == 1) curve.contacts = new uint32[](2);
            if (kind == 2) curve.day[2] = curve.day[1];
            if (kind == 3) curve.contacted[0] = 1e6 + 1;
            if (kind == 4) curve.natural[2] = 1e6 + 1;
            if (kind == 5) curve.contacts[1] = 63e6 + 1;
            vm.expectRevert(abi.encodeWithSelector(ArrearsErrors.ArrearsRegister_CurveMalformed.selector, CLASS));
            vm.prank(operator);
            register.submitCurve(CLASS, curve, "");
        }
    }

    function test_setTerms__GivenNotGovernorOrTooMany__Reverts() external {
        vm.expectPartialRevert(Errors.Managed_Unauthorized.selector);
        vm.prank(operator);
        register.setTerms(ArrearsTerms({unitCost: 1, incrementalDays: 1, maxContacts: 1}));
        vm.expectRevert(abi.encodeWithSelector(ArrearsErrors.ArrearsRegister_TooManyContacts.selector, 64, 63));
        _setTerms(1, 1, 64);
        _setTerms(1, 1, 63);
        require(register.terms().maxContacts == 63, "the most");
    }
}
