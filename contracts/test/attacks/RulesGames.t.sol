// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {Errors} from "../../src/libraries/Errors.sol";
import {BillState} from "../../src/types/Bills.sol";
import {AccountId, BillId, PackedBill} from "../../src/types/Ids.sol";
import {Rules} from "../../src/types/Screening.sol";
import {Utility} from "../../src/types/Utilities.sol";
import {ChallengeBase} from "../ChallengeBase.sol";

/// A bill that a rule appeals is to be paid after all: by rules or a class that are changed once it is posted, by a
/// challenge of the verdict beside the rule, or by two bills where one was due.
contract RulesGamesAttack is ChallengeBase {
    uint48 private constant ANY_AMOUNT = type(uint48).max;
    uint16 private constant ANY_DAY = type(uint16).max;
    uint256 private constant USUAL = 35_700;

    function test_WhenRulesEndAfterPosting_ThoseOfPostingFire() external {
        _setRules(0, Rules(60_000, 0, ANY_DAY, false, "source"));
        _addBill(USUAL, 1e9);
        batch = _post(bills);
        _setRules(0, Rules(ANY_AMOUNT, 0, ANY_DAY, false, "none"));
        _judge(batch, bills, _rightVerdicts());
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
        _judgeAs(_withDecision(_rightVerdicts(), 0, APPEAL), 0);
        _expectState(0, BillState.Held);
        vm.prank(stranger);
        challenges.challenge(_shown(0), _leaf(0), 0);
        _expectState(0, BillState.Held);
        require(ledger.bondOf(operator) < BOND, "the lie is slashed");
        _balanced();
    }

    /// Of a class whose rules decide alone a lie in the verdict moves nothing, and costs its signers all the same.
    function test_WhenRulesAreAlone_CorrectingMovesNothing() external {
        _setRules(0, Rules(ANY_AMOUNT - 1, 0, ANY_DAY, true, "source"));
        _addBill(FAR_MORE, 1e9);
        _judgeAs(_withDecision(_rightVerdicts(), 0, PAY), 0);
        _expectState(0, BillState.Pending);
        vm.prank(stranger);
        challenges.challenge(_shown(0), _leaf(0), 0);
        _expectState(0, BillState.Pending);
        require(ledger.bondOf(operator) < BOND, "the lie is slashed");
        _balanced();
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

    function _setRules(uint8 class, Rules memory rules) private {
        vm.prank(governor);
        screening.setRules(Utility.Electricity, class, rules);
    }

    function _expectState(uint256 index, BillState state) private view {
        _equal(uint256(ledger.stateOf(_id(index))), uint256(state), "state");
    }
}
