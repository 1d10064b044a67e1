// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, PackedVerdict} from "../../../src/types/Ids.sol";
import {Shown, SignedReadings} from "../../../src/types/Readings.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Decision, Presets, Verdict, VerdictPolicy} from "../../../src/types/Verdicts.sol";
import {ChallengeBase} from "../../ChallengeBase.sol";

/// Bills of a class that a model judges: of what it says of a bill the verdict follows on chain.
contract ModelVerdictsTest is ChallengeBase {
    bytes32 private constant MODEL = keccak256("model");
    int32 private constant RATE = 10_000;
    uint256 private constant DEAR = FAR_MORE * 60;
    uint256 private constant CHEAP = LAST_YEAR * 60;
    uint256 private constant BALANCE = 1e9;
    uint256 private constant DEMAND_BOND = 10_000;
    uint48 private constant EXPECTED = 30_000;
    uint48 private constant HIGHEST = 40_000;

    AccountId private dear;

    function setUp() public override {
        super.setUp();
        _addBill(LAST_YEAR, BALANCE);
        dear = _addBill(FAR_MORE, BALANCE);
        (readings[0], readings[1]) = (_statement(MODEL, 10_001), _statement(MODEL, 10_000));
        vm.prank(governor);
        gate.setPresets(Utility.Electricity, 0, Presets(RATE, 0, 2, 0, VerdictPolicy.Model, MODEL));
        _bond(stranger, DEMAND_BOND);
    }

    /* THE VERDICT OF A STATEMENT */

    function test_evaluate__Statement__GrowthsOverTheHighest() external view {
        Verdict memory verdict = gate.decodeVerdict(_rightVerdict(1));
        require(verdict.decision == Decision.Appeal && verdict.hasActual && verdict.hasExpected, "appeal");
        require(verdict.actualPpm == 1_500_000, "100,000 over 40,000");
        require(verdict.expectedPpm == -250_000, "30,000 over 40,000");
        require(gate.decodeVerdict(_rightVerdict(0)).decision == Decision.Pay, "just above the rate");
    }

    function testFuzz_evaluate__AnyStatement__AsDefined(
        uint32 score,
        uint48 expected,
        uint48 highest,
        uint48 quantity,
        uint32 rate
    ) external {
        if (highest == 0) highest = 1;
        quantity %= 93 << 40;
        bills[0] = _bill(_accountOf(0), quantity, START, DAYS);
        readings[0] = abi.encodePacked(MODEL, bytes32(0), score, expected, highest);
        rate %= 1_000_001;
        vm.prank(governor);
        gate.setPresets(Utility.Electricity, 0, Presets(int32(rate), 0, 2, 0, VerdictPolicy.Model, MODEL));
        Verdict memory verdict = gate.decodeVerdict(_rightVerdict(0));
        require((verdict.decision == Decision.Appeal) == (score <= rate), "decision");
        _checkGrowth(verdict.actualPpm, quantity, highest);
        _checkGrowth(verdict.expectedPpm, expected, highest);
    }

    function test_evaluate__NoStatementOfTheModel__Refused() external {
        bytes memory whole = readings[1];
        readings[1] = bytes.concat(whole, hex"00");
        vm.expectRevert(abi.encodeWithSelector(Errors.ModelVerdict_StatementLength.selector, 81, 80));
        this.rightVerdict(1);
        readings[1] = _statement("another", 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.ModelVerdict_AnotherModel.selector, bytes32("another"), MODEL));
        this.rightVerdict(1);
        readings[1] = abi.encodePacked(MODEL, bytes32(0), uint32(1), uint48(0), uint48(0));
        vm.expectRevert(Errors.ModelVerdict_NothingAllowed.selector);
        this.rightVerdict(1);
    }

    /* CHALLENGES */

    function test_challenge__RightVerdicts__Refused() external {
        _judgeAs(_rightVerdicts(), 0);
        require(ledger.stateOf(_id(0)) == BillState.Pending, "PAY");
        require(ledger.stateOf(_id(1)) == BillState.Held, "APPEAL");
        for (uint256 i; i < 2; ++i) {
            _refuseChallenge(stranger, i, abi.encodeWithSelector(Errors.Challenges_VerdictRight.selector, _id(i)));
        }
    }

    function test_challenge__PayWhereTheStatementSaysAppeal__HeldAndSlashed() external {
        _judgeAs(_withDecision(_rightVerdicts(), 1, PAY), 0);
        _announce(stranger, 1);
        _challenge(stranger, 1);

        _expectRecord(_id(1), BillState.Held, Reason.None, DEAR, DEAR);
        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed");
        _equal(ledger.bondOf(stranger), DEMAND_BOND + 25_000, "challenger");
        _balanced();
    }

    function test_challengeByReadings__AnyVerdict__Refused() external {
        _judgeAs(_rightVerdicts(), 0);
        Shown memory shown = _shown(1);
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_JudgedByModel.selector, _id(1)));
        vm.prank(stranger);
        challenges.challengeByReadings(shown, new SignedReadings[](0), "nonce");
    }

    function test_demand__AnsweredByTheStatement__BondIsTheAnswerers() external {
        _judgeAs(_rightVerdicts(), 0);
        _demand(stranger, 1);
        _answer(operator, 1);
        _equal(ledger.bondOf(operator), BOND + DEMAND_BOND, "operator");
        _balanced();
    }

    /// What another model says is no answer.
    function test_demand__LeafOfAnotherModel__EnforcedOnly() external {
        bytes memory said = _rightVerdicts();
        readings[0] = _statement("another", 10_001);
        _judgeAs(said, 0);
        _demand(stranger, 0);
        vm.expectRevert(abi.encodeWithSelector(Errors.ModelVerdict_AnotherModel.selector, bytes32("another"), MODEL));
        this.answer(0);
        vm.warp(block.timestamp + 2 days);
        _enforce(payer, 0);

        _expectRecord(_id(0), BillState.Held, Reason.None, CHEAP, CHEAP);
        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed");
        _balanced();
    }

    /* THE REST OF THE SYSTEM */

    function test_settleUndisputed__ByAModel__WhatItExpects() external {
        _judgeAs(_rightVerdicts(), 0);
        uint256[] memory indexes = new uint256[](1);
        indexes[0] = 1;
        vm.prank(payer);
        registry.settleUndisputed(batch, indexes, verdicts);
        uint256 settled = registry.appealOf(_id(1)).settled;
        require(settled <= uint256(EXPECTED) * 60 && settled >= uint256(EXPECTED - 1) * 60, "30,000 at 60");
        _balanced();
    }

    function test_submitVerified__ClassOfAModel__Refused() external {
        vm.prank(governor);
        gate.setPresets(Utility.Electricity, 1, Presets(200_000, 0, 2, 0, VerdictPolicy.Verified, 0));
        batch = _post(bills);
        bytes memory evidence;
        for (uint256 i; i < bills.length; ++i) {
            evidence = bytes.concat(evidence, _lastYear(), bytes12(0));
        }
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_ModelOnly.selector, 0));
        gate.submitVerified(batch, bills, evidence, "");
    }

    /* STEPS */

    function rightVerdict(uint256 index) external view returns (PackedVerdict) {
        return _rightVerdict(index);
    }

    function answer(uint256 index) external {
        _answer(operator, index);
    }

    function _statement(bytes32 model, uint32 score) private pure returns (bytes memory) {
        return abi.encodePacked(model, keccak256("features"), score, EXPECTED, HIGHEST);
    }

    /// floor((quantity - base)/base · 10^6), saturated.
    function _checkGrowth(int256 growth, uint256 quantity, uint256 base) private pure {
        if (growth == type(int40).max) {
            require(quantity * 1e6 / base >= uint256(growth) + 1e6, "saturated");
            return;
        }
        uint256 scaled = uint256(growth + 1e6) * base;
        require(scaled <= quantity * 1e6 && quantity * 1e6 < scaled + base, "growth");
    }
}
