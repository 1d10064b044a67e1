// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId} from "../../../src/types/Ids.sol";
import {Leaf, Shown} from "../../../src/types/Readings.sol";
import {ChallengeBase} from "../../ChallengeBase.sol";

contract DemandTest is ChallengeBase {
    uint256 private constant DEAR = FAR_MORE * 60;
    uint256 private constant BALANCE = 1e9;
    uint256 private constant DEMAND_BOND = 10_000;

    AccountId private dear;

    function setUp() public override {
        super.setUp();
        _addBill(LAST_YEAR, BALANCE);
        dear = _addBill(FAR_MORE, BALANCE);
        _bond(stranger, DEMAND_BOND);
    }

    function test_demand__Answered__BondIsTheAnswerers() external {
        _judgeAs(_rightVerdicts(), 0);
        _demand(stranger, 1);
        (address challenger, uint48 bond, uint40 deadline) = challenges.demandOf(_id(1));
        require(challenger == stranger && bond == DEMAND_BOND, "demand");
        _equal(deadline, block.timestamp + 2 days, "deadline");
        _answer(operator, 1);

        _equal(ledger.bondOf(operator), BOND + DEMAND_BOND, "operator");
        _equal(ledger.bondOf(stranger), 0, "challenger");
        _refuseDemand(stranger, 1, abi.encodeWithSelector(Errors.Challenges_DemandedBefore.selector, _id(1)));
        _balanced();
    }

    function test_demand__AnsweredAndWrong__Corrected() external {
        _judgeAs(_withDecision(_rightVerdicts(), 1, PAY), 0);
        _demand(stranger, 1);
        _answer(operator, 1);

        _expectRecord(_id(1), BillState.Held, Reason.None, DEAR, DEAR);
        _equal(ledger.bondOf(stranger), DEMAND_BOND + 25_000, "bond back, and the reward");
        _balanced();
    }

    function test_demand__NobodyAnswers__HeldUnderAppeal() external {
        _judgeAs(_withDecision(_rightVerdicts(), 1, PAY), 0);
        vm.warp(block.timestamp + 7 days - 1);
        _demand(stranger, 1);
        vm.warp(block.timestamp + 2 days - 1);
        require(!gate.isReleasable(batch), "waits for the demand");
        _refuseEnforcing(abi.encodeWithSelector(Errors.Challenges_DeadlineAhead.selector, _id(1), block.timestamp + 1));
        vm.warp(block.timestamp + 1);
        require(!gate.isReleasable(batch), "until it is enforced");
        _enforce(payer, 1);

        _expectRecord(_id(1), BillState.Held, Reason.None, DEAR, DEAR);
        require(registry.appealOf(_id(1)).state == AppealState.Open, "appeal");
        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed");
        _equal(ledger.bondOf(stranger), DEMAND_BOND + 25_000, "bond back, and the reward");
        _equal(_balance(dear), BALANCE - DEAR + 75_000, "customer");
        require(gate.isReleasable(batch), "the others are released");
        ledger.release(_one(batch));
        _balanced();
    }

    function test_demand__AppealNobodyOpens__StaysAppealed() external {
        _judgeAs(_rightVerdicts(), 0);
        _demand(stranger, 1);
        vm.warp(block.timestamp + 2 days);
        _enforce(stranger, 1);

        _expectRecord(_id(1), BillState.Held, Reason.None, DEAR, DEAR);
        require(registry.appealOf(_id(1)).state == AppealState.Open, "appeal");
        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed");
        _balanced();
    }

    function test_demand__ChallengedMeanwhile__Ends() external {
        _judgeAs(_withDecision(_rightVerdicts(), 1, PAY), 0);
        _demand(stranger, 1);
        _challenge(payer, 1);

        _equal(ledger.bondOf(stranger), DEMAND_BOND, "bond back");
        (address challenger,,) = challenges.demandOf(_id(1));
        require(challenger == address(0), "ended");
        _equal(gate.verdictRecordOf(batch).demands, 0, "none open");
        _refuseEnforcing(abi.encodeWithSelector(Errors.Challenges_NotDemanded.selector, _id(1)));
        _balanced();
    }

    function test_demand__Corrected__Refused() external {
        _judgeAs(_withDecision(_rightVerdicts(), 1, PAY), 0);
        _challenge(payer, 1);
        _refuseDemand(stranger, 1, abi.encodeWithSelector(Errors.Challenges_CorrectedBefore.selector, _id(1)));
    }

    /// An operator has a stake, which is not for demands.
    function test_demand__BondStakedOrTooSmall__Refused() external {
        _judgeAs(_rightVerdicts(), 0);
        bytes4 lacking = Errors.PaymentLedger_InsufficientBond.selector;
        _refuseDemand(operator, 1, abi.encodeWithSelector(lacking, operator, 0, DEMAND_BOND));
        _demand(stranger, 1);
        _refuseDemand(
            stranger,
            0,
            abi.encodeWithSelector(Errors.PaymentLedger_InsufficientBond.selector, stranger, 0, DEMAND_BOND)
        );
    }

    function test_answer__AtTheDeadline__Refused() external {
        _judgeAs(_rightVerdicts(), 0);
        _demand(stranger, 1);
        vm.warp(block.timestamp + 2 days);
        bytes memory reason = abi.encodeWithSelector(Errors.Challenges_DeadlinePassed.selector, _id(1), block.timestamp);
        Shown memory shown = _shown(1);
        Leaf memory leaf = _leaf(1);
        vm.expectRevert(reason);
        vm.prank(operator);
        challenges.answer(shown, leaf);
    }

    /// A pause takes nothing of the time to answer.
    function test_answer__Paused__DeadlineWaits() external {
        _judgeAs(_rightVerdicts(), 0);
        _demand(stranger, 1);
        vm.warp(block.timestamp + 1 days);
        _pause();
        vm.warp(block.timestamp + 7 days);
        _answer(operator, 1);
    }

    function _refuseDemand(address challenger, uint256 index, bytes memory reason) private {
        Shown memory shown = _shown(index);
        vm.expectRevert(reason);
        vm.prank(challenger);
        challenges.demand(shown);
    }

    function _refuseEnforcing(bytes memory reason) private {
        Shown memory shown = _shown(1);
        vm.expectRevert(reason);
        challenges.enforce(shown);
    }
}
