// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScreeningRules} from "../../src/interfaces/IScreeningRules.sol";
import {IVerdictGate} from "../../src/interfaces/IVerdictGate.sol";
import {BillState} from "../../src/types/Bills.sol";
import {AccountId, BatchId} from "../../src/types/Ids.sol";
import {Rules} from "../../src/types/Screening.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {Base} from "../Base.sol";
import {ChallengeBase} from "../ChallengeBase.sol";
import {AttackBase, Weakened} from "./AttackBase.sol";

/// A bill that a rule appeals is to be paid after all: by rules or a class that are changed once it is posted, by a
/// challenge of the verdict beside the rule, or by two bills where one was due.
contract RulesGamesAttack is ChallengeBase, AttackBase {
    uint48 private constant ANY_AMOUNT = type(uint48).max;
    uint16 private constant ANY_DAY = type(uint16).max;
    uint256 private constant USUAL = 35_700;

    function setUp() public override(Base, ChallengeBase) {
        super.setUp();
    }

    function test_WhenRulesEndAfterPosting_RulesOfNow_LetTheBillPass() external {
        _replace(address(screening), address(new RulesOfNow(_aside(address(screening)), gate)));
        _judgeAfterRulesEnded();
        _expectState(0, BillState.Pending);
    }

    function test_WhenRulesEndAfterPosting_ThoseOfPostingFire() external {
        _judgeAfterRulesEnded();
        _expectState(0, BillState.Held);
    }

    function test_WhenClassChangesAfterPosting_ThatOfPostingFires() external {
        _setRules(0, Rules(60_000, 0, ANY_DAY, false, "source"));
        AccountId account = _addBill(USUAL, 1e9);
        batch = _post(bills);
        vm.prank(classifier);
        ledger.setClass(_one(account), 7);
        _judge(batch, bills, _rightVerdicts());
        _expectState(0, BillState.Held);
    }

    function test_WhenClassGetsRulesAfterPosting_NoneFires() external {
        AccountId account = _addBill(USUAL, 1e9);
        _setRules(7, Rules(60_000, 0, ANY_DAY, false, "source"));
        batch = _post(bills);
        vm.prank(classifier);
        ledger.setClass(_one(account), 7);
        _judge(batch, bills, _rightVerdicts());
        _expectState(0, BillState.Pending);
    }

    /// The operators lie that the verdict appeals, so that showing the lie puts the bill back to PAY.
    function test_WhenTheVerdictIsCorrectedToPay_TheRuleStands() external {
        _setRules(0, Rules(60_000, 0, ANY_DAY, false, "source"));
        _addBill(USUAL, 1e9);
        _lieAndShowIt(APPEAL, BillState.Held);
    }

    /// Of a class whose rules decide alone a lie in the verdict moves nothing, and costs its signers all the same.
    function test_WhenRulesAreAlone_CorrectingMovesNothing() external {
        _setRules(0, Rules(ANY_AMOUNT - 1, 0, ANY_DAY, true, "source"));
        _addBill(FAR_MORE, 1e9);
        _lieAndShowIt(PAY, BillState.Pending);
    }

    /// Two bills in one batch: the second counts from the first, not from what was billed before the batch.
    function test_WhenOneMonthIsBilledInTwoParts_EachIsTooSoon() external {
        AccountId account = _account(1e9);
        _run(_bill(account, 1_000, START - 31, 31), PAY);
        _setRules(0, Rules(ANY_AMOUNT, 28, 31, false, "source"));
        bills.push(_bill(account, 1_000, START, 15));
        bills.push(_bill(account, 1_000, START + 15, 16));
        batch = _post(bills);
        _judge(batch, bills, _verdicts(2, PAY));
        _expectState(0, BillState.Held);
        _expectState(1, BillState.Held);
    }

    function _judgeAfterRulesEnded() private {
        _setRules(0, Rules(60_000, 0, ANY_DAY, false, "source"));
        _addBill(USUAL, 1e9);
        batch = _post(bills);
        _setRules(0, Rules(ANY_AMOUNT, 0, ANY_DAY, false, "none"));
        _judge(batch, bills, _rightVerdicts());
    }

    function _lieAndShowIt(bytes1 lie, BillState state) private {
        _judgeAs(_withDecision(_rightVerdicts(), 0, lie), 0);
        _expectState(0, state);
        vm.prank(stranger);
        challenges.challenge(_shown(0), _leaf(0), 0);
        _expectState(0, state);
        require(ledger.bondOf(operator) < BOND, "the lie is slashed");
        _balanced();
    }

    function _setRules(uint8 class, Rules memory rules) private {
        vm.prank(governor);
        screening.setRules(Utility.Electricity, class, rules);
    }

    function _expectState(uint256 index, BillState state) private view {
        _equal(uint256(ledger.stateOf(_id(index))), uint256(state), "state");
    }
}

/// Screens by the rules in force at judging, whatever was in force at posting.
contract RulesOfNow is Weakened {
    IVerdictGate private immutable _gate;

    constructor(address strong, IVerdictGate gate) Weakened(strong) {
        _gate = gate;
    }

    function screen(BatchId, uint256[] calldata, bytes calldata verdicts, uint256) external returns (bytes memory) {
        uint32 now_ = _gate.parameterVersion();
        Rules memory rules = IScreeningRules(address(this)).rulesOf(now_, Utility.Electricity, 0);
        if (rules.amount == type(uint48).max) return verdicts;
        (bool success, bytes memory result) = _strong.delegatecall(msg.data);
        require(success, "screened");
        return abi.decode(result, (bytes));
    }
}
