// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScreeningRules} from "../../../src/interfaces/IScreeningRules.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {Mandate} from "../../../src/types/Accounts.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {BillState} from "../../../src/types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill} from "../../../src/types/Ids.sol";
import {Rule, Rules} from "../../../src/types/Screening.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Presets, VerdictPolicy} from "../../../src/types/Verdicts.sol";
import {Base} from "../../Base.sol";

contract ScreenTest is Base {
    uint48 private constant ANY_AMOUNT = type(uint48).max;
    uint16 private constant ANY_DAY = type(uint16).max;
    uint48 private constant LIMIT = 60_000;

    AccountId private account;

    function setUp() public override {
        super.setUp();
        account = _account(1e9);
    }

    function test_WhenAmountIsAtTheThreshold_IsPaid() external {
        _set(0, Rules(LIMIT, 0, ANY_DAY, false, "source"));
        _expectState(_run(_billOf(account, LIMIT), PAY), BillState.Pending);
    }

    function test_WhenAmountIsAbove_IsAppealedAndNamed() external {
        _set(0, Rules(LIMIT, 0, ANY_DAY, false, "source"));
        PackedBill bill = _billOf(account, LIMIT + 60);
        BatchId batch = _post(_one(bill));
        _expectFired(IdCodec.bill(batch, 0), 0, Rule.Amount, LIMIT + 60, LIMIT);
        _judge(batch, _one(bill), _verdicts(1, PAY));
        _expectState(IdCodec.bill(batch, 0), BillState.Held);
        require(screening.isFired(IdCodec.bill(batch, 0)), "fired");
        _balanced();
    }

    function test_WhenVerdictAppeals_RulesBesideKeepIt() external {
        _set(0, Rules(LIMIT, 0, ANY_DAY, false, "source"));
        BillId bill = _run(_billOf(account, LIMIT), APPEAL);
        _expectState(bill, BillState.Held);
        require(!screening.isFired(bill), "not fired");
    }

    function test_WhenRulesAreAlone_NoVerdictDecides() external {
        _set(0, Rules(LIMIT, 0, ANY_DAY, true, "source"));
        _expectState(_run(_billOf(account, LIMIT), APPEAL), BillState.Pending);
        _expectState(_run(_billOf(_account(1e9), LIMIT), INSUFFICIENT), BillState.Pending);
        _expectState(_run(_billOf(_account(1e9), LIMIT + 60), INSUFFICIENT), BillState.Held);
        _balanced();
    }

    /// What the customer has asked for goes before what rules alone would pay, and not before what they appeal.
    function test_WhenOnlySignedReadingsCount_RulesAlonePayNothing() external {
        _set(0, Rules(LIMIT, 0, ANY_DAY, true, "source"));
        Mandate memory mandate = _mandate();
        mandate.signedOnly = true;
        _grant(account, mandate);
        _expectState(_run(_billOf(account, LIMIT), INSUFFICIENT), BillState.Waiting);
        vm.warp(block.timestamp + 40 days);
        _expectState(_run(_billOf(account, LIMIT), APPEAL), BillState.Held);
        vm.warp(block.timestamp + 40 days);
        _expectState(_run(_billOf(account, LIMIT + 60), INSUFFICIENT), BillState.Held);
    }

    function test_WhenAnotherClassHasRules_NothingFires() external {
        _set(5, Rules(LIMIT, 0, ANY_DAY, true, "source"));
        _expectState(_run(_billOf(account, LIMIT + 60), PAY), BillState.Pending);
    }

    function test_WhenRulesEnd_NothingFires() external {
        _set(0, Rules(LIMIT, 0, ANY_DAY, true, "source"));
        _set(0, Rules(ANY_AMOUNT, 0, ANY_DAY, false, "none"));
        _expectState(_run(_billOf(account, LIMIT + 60), PAY), BillState.Pending);
    }

    function test_WhenIntervalIsAtABound_IsPaid() external {
        _set(0, Rules(ANY_AMOUNT, 30, 31, false, "source"));
        PackedBill[] memory bills = new PackedBill[](3);
        // The first bill of an account has no interval.
        bills[0] = _bill(account, 1_000, TODAY - 100, 5);
        bills[1] = _bill(account, 1_000, TODAY - 95, 30);
        bills[2] = _bill(account, 1_000, TODAY - 65, 31);
        _expectStates(bills, BillState.Pending, BillState.Pending, BillState.Pending);
    }

    function test_WhenIntervalIsBeyondABound_IsAppealedAndNamed() external {
        _set(0, Rules(ANY_AMOUNT, 30, 31, false, "source"));
        PackedBill[] memory bills = new PackedBill[](3);
        bills[0] = _bill(account, 1_000, TODAY - 100, 5);
        bills[1] = _bill(account, 1_000, TODAY - 95, 29);
        // A day between: 31 days billed, 32 since the last one.
        bills[2] = _bill(account, 1_000, TODAY - 65, 31);
        BatchId batch = _post(bills);
        _expectFired(IdCodec.bill(batch, 1), 0, Rule.TooSoon, 29, 30);
        _expectFired(IdCodec.bill(batch, 2), 0, Rule.TooLate, 32, 31);
        _judge(batch, bills, _verdicts(3, PAY));
        _expectState(IdCodec.bill(batch, 0), BillState.Pending);
        _expectState(IdCodec.bill(batch, 1), BillState.Held);
        _expectState(IdCodec.bill(batch, 2), BillState.Held);
    }

    function test_WhenBilledInAnotherBatch_CountsFromThere() external {
        _set(0, Rules(ANY_AMOUNT, 30, 31, false, "source"));
        _run(_bill(account, 1_000, TODAY - 100, 30), PAY);
        _expectState(_run(_bill(account, 1_000, TODAY - 70, 29), PAY), BillState.Held);
        _expectState(_run(_bill(account, 1_000, TODAY - 41, 30), PAY), BillState.Pending);
    }

    function test_WhenDaysAreBilledAgain_HasNoInterval() external {
        BillId void = _run(_bill(account, 1_000, TODAY - 100, 30), PAY);
        _run(_bill(account, 1_000, TODAY - 70, 30), PAY);
        _cancel(void, _bill(account, 1_000, TODAY - 100, 30));
        _set(0, Rules(ANY_AMOUNT, 60, 90, false, "source"));
        _expectState(_run(_replacing(_bill(account, 1_000, TODAY - 100, 30), void), PAY), BillState.Pending);
    }

    function test_WhenClassAsksForVerified_RulesHoldAsWell() external {
        _set(0, Rules(LIMIT, 0, ANY_DAY, false, "source"));
        vm.prank(governor);
        gate.setPresets(Utility.Electricity, 0, Presets(200_000, 0, 2, LIMIT * 2, VerdictPolicy.Verified, 0));
        PackedBill bill = _billOf(account, LIMIT + 60);
        BatchId batch = _post(_one(bill));
        vm.warp(block.timestamp + 14 days);
        // INSUFFICIENT of operators pays up to the cap, which the bill is below.
        _judge(batch, _one(bill), _verdicts(1, INSUFFICIENT));
        _expectState(IdCodec.bill(batch, 0), BillState.Held);
    }

    function test_RevertWhen_TooManyToScreen() external {
        gate.admit(Utility.Electricity, 500, 1);
        _set(5, Rules(LIMIT, 0, ANY_DAY, false, "source"));
        gate.admit(Utility.Electricity, 400, 1);
        gate.admit(Utility.Gas, 500, 1);
        _refused(Errors.VerdictGate_TooManyToScreen.selector, 401, 400);
        gate.admit(Utility.Electricity, 401, 1);
    }

    function test_RevertWhen_NotGate() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.ScreeningRules_NotGate.selector, operator));
        vm.prank(operator);
        screening.screen(BatchId.wrap(1), new uint256[](0), "", 1);
    }

    /// Against the rules in their plainest words, forty bills of five accounts a run, most of them at a bound.
    function testFuzz_WhenScreened_FiresAsThePlainRules(uint256 seed) external {
        uint48 most = uint48(60 * (1 + uint256(keccak256(abi.encode(seed, "amount"))) % 1_000));
        uint16 shortest = uint16(uint256(keccak256(abi.encode(seed, "days"))) % 20);
        _set(0, Rules(most, shortest, shortest + 3, seed % 2 == 0, "source"));
        PackedBill[] memory bills = new PackedBill[](40);
        bool[] memory fires = new bool[](40);
        for (uint256 one; one < 5; ++one) {
            AccountId owner = _account(1e12);
            uint256 day = TODAY - 1_000;
            for (uint256 i = one; i < 40; i += 5) {
                uint256 random = uint256(keccak256(abi.encode(seed, i)));
                uint256 gap = random % 3;
                uint256 length = 1 + shortest + (random >> 8) % 5;
                uint256 quantity = most / 60 + (random >> 16) % 3 - 1;
                bills[i] = _bill(owner, quantity, day + gap + 1, length);
                bool timely = i == one || gap + length >= shortest && gap + length <= shortest + 3;
                fires[i] = !timely || quantity * 60 > most;
                day += gap + length;
            }
        }
        BatchId batch = _post(bills);
        bytes1 verdict = seed % 3 == 0 ? APPEAL : PAY;
        _judge(batch, bills, _verdicts(40, verdict));
        for (uint256 i; i < 40; ++i) {
            bool held = fires[i] || verdict == APPEAL && seed % 2 == 1;
            require(screening.isFired(IdCodec.bill(batch, i)) == fires[i], "fires as the plain rules");
            _expectState(IdCodec.bill(batch, i), held ? BillState.Held : BillState.Pending);
        }
        _balanced();
    }

    function _set(uint8 class, Rules memory rules) private {
        vm.prank(governor);
        screening.setRules(Utility.Electricity, class, rules);
    }

    function _expectFired(BillId bill, uint8 class, Rule rule, uint256 value, uint256 threshold) private {
        vm.expectEmit(address(screening));
        emit IScreeningRules.RuleFired(bill, class, rule, gate.parameterVersion(), value, threshold);
    }

    function _expectState(BillId bill, BillState state) private view {
        _equal(uint256(ledger.stateOf(bill)), uint256(state), "state");
    }

    function _expectStates(PackedBill[] memory bills, BillState first, BillState second, BillState third) private {
        BatchId batch = _post(bills);
        _judge(batch, bills, _verdicts(3, PAY));
        _expectState(IdCodec.bill(batch, 0), first);
        _expectState(IdCodec.bill(batch, 1), second);
        _expectState(IdCodec.bill(batch, 2), third);
    }
}
