// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";

import {Mandate} from "../../../src/types/Accounts.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, PackedVerdict} from "../../../src/types/Ids.sol";
import {Leaf, Shown} from "../../../src/types/Readings.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Correction, Decision, Presets, Slashing, VerdictPolicy} from "../../../src/types/Verdicts.sol";
import {ChallengeBase} from "../../ChallengeBase.sol";

contract ChallengeTest is ChallengeBase {
    /// What FAR_MORE and LAST_YEAR cost, minor units.
    uint256 private constant DEAR = FAR_MORE * 60;
    uint256 private constant CHEAP = LAST_YEAR * 60;
    uint256 private constant BALANCE = 1e9;

    AccountId private dear;
    AccountId private cheap;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < 18; ++i) {
            _addBill(LAST_YEAR, BALANCE);
        }
        cheap = _addBill(LAST_YEAR, BALANCE);
        dear = _addBill(FAR_MORE, BALANCE);
    }

    /* EACH DIRECTION */

    function test_challenge__PayShouldBeAppeal__HeldAndAppealed() external {
        _lie(19, PAY);
        _announce(stranger, 19);
        _challenge(stranger, 19);

        _expectRecord(_id(19), BillState.Held, Reason.None, DEAR, DEAR);
        require(registry.appealOf(_id(19)).state == AppealState.Open, "open");
        _equal(registry.appealOf(_id(19)).deadline, block.timestamp + 14 days, "reply from now");
        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed");
        _equal(ledger.bondOf(stranger), 25_000, "challenger");
        _equal(_balance(dear), BALANCE - DEAR + 75_000, "the wronged customer");
        _equal(ledger.batchOf(batch).pending, 19 * CHEAP, "the others' money");
        _equal(ledger.accountOf(dear).spent, 0, "the month's cap is given back");
        _balanced();
    }

    function test_challenge__AppealShouldBePay__Collected() external {
        _lie(18, APPEAL);
        uint256 pending = ledger.batchOf(batch).pending;
        _challenge(stranger, 18);

        _expectRecord(_id(18), BillState.Pending, Reason.None, CHEAP, CHEAP);
        require(registry.appealOf(_id(18)).state == AppealState.Overturned, "overturned");
        _equal(ledger.batchOf(batch).pending, pending + CHEAP, "pending");
        _equal(_balance(cheap), BALANCE - CHEAP, "balance");
        _equal(ledger.creditOf(supplier), 100_000, "the supplier that waited; nobody had announced");
        _equal(ledger.bondOf(stranger), 0, "no reward without an announcement");
        _balanced();
    }

    function test_challenge__InsufficientShouldBePay__Collected() external {
        _lie(18, INSUFFICIENT);
        _challenge(stranger, 18);

        _expectRecord(_id(18), BillState.Pending, Reason.None, CHEAP, CHEAP);
        _balanced();
    }

    function test_challenge__InsufficientShouldBeAppeal__Held() external {
        _lie(19, INSUFFICIENT);
        _challenge(stranger, 19);

        _expectRecord(_id(19), BillState.Held, Reason.None, DEAR, DEAR);
        _equal(_balance(dear), BALANCE - DEAR + 100_000, "balance");
        _balanced();
    }

    function test_challenge__PayShouldBeInsufficient__Waits() external {
        _hideReadings(18);
        _lie(18, PAY);
        _challenge(stranger, 18);

        _expectRecord(_id(18), BillState.Waiting, Reason.Insufficient, CHEAP, 0);
        _equal(_balance(cheap), BALANCE + 100_000, "paid back");
        _balanced();
    }

    function test_challenge__AppealShouldBeInsufficient__Waits() external {
        _hideReadings(19);
        _lie(19, APPEAL);
        _challenge(stranger, 19);

        _expectRecord(_id(19), BillState.Waiting, Reason.Insufficient, DEAR, 0);
        require(registry.appealOf(_id(19)).state == AppealState.Overturned, "overturned");
        _equal(_balance(dear), BALANCE + 100_000, "paid back");
        _balanced();
    }

    /// An INSUFFICIENT verdict within the cap of the class pays.
    function test_challenge__AppealShouldBeInsufficientWithinTheCap__Collected() external {
        vm.prank(governor);
        gate.setPresets(Utility.Electricity, 0, Presets(200_000, 0, 2, uint48(DEAR), VerdictPolicy.Trend, 0));
        _hideReadings(19);
        _lie(19, APPEAL);
        _challenge(stranger, 19);

        _expectRecord(_id(19), BillState.Pending, Reason.None, DEAR, DEAR);
        _balanced();
    }

    function test_challenge__RightDecisionWrongFigures__SlashedAndNothingMoves() external {
        bytes memory said = _rightVerdicts();
        said[12 * 18 + 11] ^= 0x01;
        _judgeAs(said, 0);
        _challenge(stranger, 18);

        _expectRecord(_id(18), BillState.Pending, Reason.None, CHEAP, CHEAP);
        _equal(_balance(cheap), BALANCE - CHEAP + 100_000, "balance");
        _refuseChallenge(stranger, 18, abi.encodeWithSelector(Errors.PaymentLedger_AlreadyCorrected.selector, _id(18)));
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(batch));
        require(ledger.stateOf(_id(18)) == BillState.Settled, "settled with the others");
        _balanced();
    }

    /// Before 1971 there is no reference period: the verdict is INSUFFICIENT, and there is no leaf to show.
    function test_challenge__NoReferencePeriod__Insufficient() external {
        delete bills;
        bills.push(_bill(cheap, LAST_YEAR, 300, DAYS));
        delete readings;
        readings.push("");
        _lie(0, PAY);
        _challenge(stranger, 0);

        _expectRecord(_id(0), BillState.Waiting, Reason.Insufficient, CHEAP, 0);
        _balanced();
    }

    /* MONEY THAT IS ELSEWHERE */

    function test_challenge__ArrearsShouldBeAppeal__HoldsWhatThereIs() external {
        vm.prank(payer);
        ledger.withdraw(dear, BALANCE - 1_000, payer);
        _lie(19, PAY);
        _challenge(stranger, 19);

        _expectRecord(_id(19), BillState.Held, Reason.None, DEAR, 1_000);
        _balanced();
    }

    /// Who pays a cent of the arrears does not keep the rest from being appealed.
    function test_challenge__ArrearsPaidInPart__TheRestIsHeld() external {
        vm.prank(payer);
        ledger.withdraw(dear, BALANCE, payer);
        _lie(19, PAY);
        _mint(supplierOwner, 1);
        vm.startPrank(supplierOwner);
        currency.approve(address(ledger), 1);
        ledger.payArrears(_id(19), 1);
        vm.stopPrank();
        _challenge(stranger, 19);

        _expectRecord(_id(19), BillState.Held, Reason.None, DEAR - 1, 0);
        require(ledger.recordOf(_id(19)).replaced, "its days stay taken");
        vm.prank(supplierOwner);
        registry.concede(_one(_id(19)));
        _balanced();
    }

    function test_challenge__AppealShouldBePayButNotCovered__Arrears() external {
        _lie(18, APPEAL);
        vm.prank(payer);
        ledger.revokeMandate(cheap);
        _challenge(payer, 18);

        _expectRecord(_id(18), BillState.Arrears, Reason.NoMandate, CHEAP, CHEAP);
        _equal(_balance(cheap), BALANCE, "the hold went back");
        _balanced();
    }

    function test_challenge__AppealHasEnded__SlashedAndNothingMoves() external {
        _lie(18, APPEAL);
        vm.prank(payer);
        registry.withdrawAppeals(_one(_id(18)));
        _challenge(stranger, 18);

        _expectRecord(_id(18), BillState.Settled, Reason.None, CHEAP, CHEAP);
        require(registry.appealOf(_id(18)).state == AppealState.Withdrawn, "withdrawn");
        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed");
        _balanced();
    }

    function test_challenge__ConfirmedByTheCustomer__StaysPaid() external {
        _lie(19, INSUFFICIENT);
        vm.prank(payer);
        ledger.confirmBills(_one(_id(19)));
        _challenge(stranger, 19);

        _expectRecord(_id(19), BillState.Settled, Reason.None, DEAR, DEAR);
        _balanced();
    }

    /* CLASSES */

    /// The class of posting decides, whatever the classifier did since.
    function test_challenge__ClassChangedSince__VerdictRight() external {
        vm.startPrank(governor);
        gate.setPresets(Utility.Electricity, 1, Presets(10_000_000, 0, 2, 0, VerdictPolicy.Trend, 0));
        gate.setPresets(Utility.Electricity, 2, Presets(10_000_000, 0, 1, 0, VerdictPolicy.Trend, 0));
        vm.stopPrank();
        _judgeAs(_rightVerdicts(), 0);
        vm.startPrank(classifier);
        ledger.setClass(_one(dear), 1);
        ledger.setClass(_one(dear), 2);
        vm.stopPrank();
        _equal(ledger.basisOf(batch, uint32(AccountId.unwrap(dear))).class, 0, "class of posting");
        _refuseChallenge(stranger, 19, abi.encodeWithSelector(Errors.Challenges_VerdictRight.selector, _id(19)));
    }

    /* REFUSED */

    function test_challenge__RightVerdicts__EachRefusedAndNothingChanges() external {
        _judgeAs(_rightVerdicts(), 0);
        bytes32 before = keccak256(abi.encode(ledger.totals()));
        for (uint256 i; i < bills.length; ++i) {
            _refuseChallenge(stranger, i, abi.encodeWithSelector(Errors.Challenges_VerdictRight.selector, _id(i)));
        }
        require(before == keccak256(abi.encode(ledger.totals())), "nothing changed");
    }

    function test_challenge__Again__Refused() external {
        _lie(19, PAY);
        _challenge(stranger, 19);
        _refuseChallenge(payer, 19, abi.encodeWithSelector(Errors.PaymentLedger_AlreadyCorrected.selector, _id(19)));
    }

    function test_challenge__WindowOver__Refused() external {
        _lie(19, PAY);
        vm.warp(block.timestamp + 7 days);
        _refuseChallenge(
            stranger, 19, abi.encodeWithSelector(Errors.Challenges_WindowOver.selector, _id(19), block.timestamp)
        );
    }

    function test_challenge__NotDisclosed__CustomerAndOperatorOnly() external {
        Mandate memory mandate = _mandate();
        _grant(dear, mandate);
        _lie(19, PAY);
        bytes memory reason = abi.encodeWithSelector(Errors.Challenges_NotDisclosed.selector, dear, stranger);
        _refuseChallenge(stranger, 19, reason);
        uint256 before = vm.snapshotState();
        _challenge(payer, 19);
        vm.revertToState(before);
        _challenge(operator, 19);
    }

    function test_challenge__OtherBillOrVerdictOrLeaf__Refused() external {
        _lie(19, PAY);
        Shown memory shown = _shown(19);
        Leaf memory leaf = _leaf(19);
        bytes memory reason = abi.encodeWithSelector(Errors.Challenges_NotCommitted.selector, _id(19));
        shown.packed = bills[18];
        _refuse(shown, leaf, reason);
        shown = _shown(19);
        shown.verdicts[12 * 3] = APPEAL;
        _refuse(shown, leaf, reason);
        shown = _shown(19);
        shown.verdicts = verdicts;
        _refuse(shown, leaf, reason);
        leaf.readings[4] = 0x01;
        _refuse(_shown(19), leaf, abi.encodeWithSelector(Errors.Challenges_LeafNotCommitted.selector, _id(19)));
    }

    function test_challenge__NotJudged__Refused() external {
        batch = _post(bills);
        verdicts = _rightVerdicts();
        _refuseChallenge(stranger, 19, abi.encodeWithSelector(Errors.Challenges_NotChallengeable.selector, batch));
    }

    function test_reverse__NotChallenges__Refused() external {
        Correction memory correction = Correction(Decision.Appeal, false, 0);
        Slashing memory slashing = Slashing(1, 1, 0, stranger, 0, cheap);
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_NotChallenges.selector, stranger));
        ledger.reverse(_id(0), bills[0], correction, slashing);
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotChallenges.selector, stranger));
        registry.overturn(_id(0));
    }

    /* THE REWARD */

    /// Whoever copies the transaction from the mempool has announced nothing in an earlier block.
    function test_challenge__CopiedInTheSameBlock__NoReward() external {
        _lie(19, PAY);
        vm.prank(stranger);
        ledger.announce(keccak256(abi.encode(stranger, _id(19), bytes32("nonce"))));
        _challenge(stranger, 19);

        _equal(ledger.bondOf(stranger), 0, "no reward");
        _equal(_balance(dear), BALANCE - DEAR + 100_000, "all to the customer");
    }

    /// One announcement at a time.
    function test_challenge__AnnouncementReplaced__NoReward() external {
        _lie(19, PAY);
        _announce(stranger, 19);
        _announce(stranger, 18);
        _challenge(stranger, 19);
        _equal(ledger.bondOf(stranger), 0, "no reward");
    }

    /// An operator's reward is no stake.
    function test_challenge__ByAnOperator__RewardFree() external {
        _addOperator(_operatorAt(1));
        _lie(19, PAY);
        _announce(_operatorAt(1), 19);
        _challenge(_operatorAt(1), 19);
        vm.prank(_operatorAt(1));
        ledger.withdrawBond(25_000, stranger);
        _equal(ledger.bondOf(_operatorAt(1)), BOND, "stake");
        _balanced();
    }

    function test_challenge__AnotherAnnounced__NoReward() external {
        _lie(19, PAY);
        _announce(payer, 19);
        _challenge(stranger, 19);
        _equal(ledger.bondOf(stranger), 0, "no reward");
    }

    function _refuse(Shown memory shown, Leaf memory leaf, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(stranger);
        challenges.challenge(shown, leaf, "");
    }

    /// All right but for one.
    function _lie(uint256 index, bytes1 decision) private {
        _judgeAs(_withDecision(_rightVerdicts(), index, decision), 0);
    }

    function _hideReadings(uint256 index) private {
        missing[index] = uint96((1 << DAYS) - 1);
        readings[index] = new bytes(5 * DAYS);
    }
}
