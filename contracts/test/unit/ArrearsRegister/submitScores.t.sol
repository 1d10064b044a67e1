// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ArrearsErrors} from "../../../src/libraries/ArrearsErrors.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {Debt, Stage, Step} from "../../../src/types/Arrears.sol";
import {BillState, Totals} from "../../../src/types/Bills.sol";
import {BatchId, BillId} from "../../../src/types/Ids.sol";
import {ArrearsBase} from "../../ArrearsBase.sol";

contract SubmitScoresTest is ArrearsBase {
    function test_submitScores__GivenAtTheThreshold__Reminds() external {
        // p >= c/m: 50/1,200 is 41,666.67 ppm.
        BillId bill = _debt(1_200);
        _submit(_scoreOf(bill, 41_667));
        Debt memory debt = _debtOf(bill);
        require(debt.step == Step.Remind && debt.probability == 41_667 && debt.strategy == STRATEGY, "worth it");
        _submit(_scoreOf(bill, 41_666));
        require(_debtOf(bill).step == Step.Wait, "just below");
        _submit(_scoreOf(_debt(60), 833_334));
        _submit(_scoreOf(bill, 41_667, 0));
        require(_debtOf(bill).step == Step.Wait, "no strategy, no contact");
    }

    function test_submitScores__GivenLowAndOld__GivesUpOnlyAfterTheHorizon() external {
        BillId bill = _debt(60);
        uint256 judged = block.timestamp;
        _setHorizon(20);
        vm.warp(judged + 21 days - 1);
        _submit(_scoreOf(bill, 10_000));
        require(_debtOf(bill).step == Step.Wait, "a second before");
        vm.warp(judged + 21 days);
        _submit(_scoreOf(bill, 833_333));
        require(_debtOf(bill).step == Step.GiveUp, "low, and past the horizon");
        require(ledger.totals().givenUp == 60 && ledger.totals().arrears == 60, "still owed");
        _submit(_scoreOf(bill, 833_334));
        require(_debtOf(bill).step == Step.Remind && ledger.totals().givenUp == 0, "scored anew: open again");
    }

    function test_submitScores__GivenNoCurveOrIncremental__NeverGivesUp() external {
        BillId bill = _debt(60);
        vm.warp(block.timestamp + 1000 days);
        _submit(_scoreOf(bill, 0));
        require(_debtOf(bill).step == Step.Wait, "no horizon known");
        _setHorizon(20);
        _setTerms(50, 1001, 6);
        _submit(_scoreOf(bill, 0));
        require(_debtOf(bill).stage == Stage.Incremental && _debtOf(bill).step == Step.Wait, "incremental");
        _setTerms(50, 999, 6);
        _submit(_scoreOf(bill, 0));
        require(_debtOf(bill).stage == Stage.Stock && _debtOf(bill).step == Step.GiveUp, "stock");
    }

    function test_submitScores__GivenAPause__DebtsDoNotAge() external {
        BillId bill = _debt(60);
        uint256 judged = block.timestamp;
        _setHorizon(20);
        _pause();
        vm.warp(judged + 1 days);
        _resume();
        vm.warp(judged + 22 days - 1);
        _submit(_scoreOf(bill, 0));
        require(_debtOf(bill).step == Step.Wait && _debtOf(bill).age == 20, "paused time does not count");
        vm.warp(judged + 22 days);
        _submit(_scoreOf(bill, 0));
        require(_debtOf(bill).step == Step.GiveUp, "now");
    }

    function test_submitScores__GivenNoArrears__PassesOver() external {
        BillId paid = _settled();
        BillId bill = _debt(6_000);
        uint256[] memory scores = new uint256[](3);
        (scores[0], scores[1]) = (_scoreOf(paid, 1), _scoreOf(bill, 500_000));
        scores[2] = _scoreOf(BillId.wrap(BillId.unwrap(bill) + 1), 1);
        uint64 round = register.round();
        _submit(scores);
        require(register.round() == round + 1 && _debtOf(bill).step == Step.Remind, "one of three");
        require(BillId.unwrap(_debtOf(paid).bill) == 0 && ledger.stateOf(paid) == BillState.Pending, "untouched");
    }

    function test_submitScores__GivenMalformed__Reverts() external {
        BillId bill = _debt(60);
        vm.expectRevert(abi.encodeWithSelector(ArrearsErrors.ArrearsRegister_ProbabilityTooLarge.selector, bill));
        _submit(_scoreOf(bill, 1e6 + 1));
        uint256 natural = uint256(BillId.unwrap(bill)) | ((1e6 + 1) << 96);
        vm.expectRevert(abi.encodeWithSelector(ArrearsErrors.ArrearsRegister_ProbabilityTooLarge.selector, bill));
        _submit(natural);
        uint256[] memory scores = new uint256[](2);
        (scores[0], scores[1]) = (_scoreOf(bill, 1), _scoreOf(bill, 2));
        vm.expectRevert(abi.encodeWithSelector(ArrearsErrors.ArrearsRegister_OutOfOrder.selector, bill));
        _submit(scores);
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NoQuorum.selector, 0, 1));
        register.submitScores(MODEL, FEATURES, scores, "");
    }

    function test_submitScores__GivenWhatIsTheRegisters__IgnoresIt() external {
        BillId bill = _debt(60_000);
        _submit(_scoreOf(bill, 500_000) | (3 << 64) | (6 << 66) | (1 << 124));
        Debt memory debt = _debtOf(bill);
        require(debt.step == Step.Remind && debt.contacts == 0 && debt.owed == 60_000, "its own figures");
    }

    function test_submitScores__GivenAQuorumsSignatures__TakesThemOnce() external {
        BillId bill = _debt(6_000);
        _addOperators(2, 2);
        uint256[] memory scores = _one(_scoreOf(bill, 500_000));
        bytes32 content = keccak256(abi.encode(MODEL, FEATURES, keccak256(abi.encodePacked(scores))));
        bytes32 digest = register.digestOf(register.submitScores.selector, content);
        bytes memory signatures =
            abi.encodePacked(uint8(1), _compact(_key(1), digest), uint8(2), _compact(_key(2), digest));
        vm.expectRevert(abi.encodeWithSelector(Errors.Operators_NoQuorum.selector, 1, 2));
        _submit(scores);
        register.submitScores(MODEL, FEATURES, scores, signatures);
        require(_debtOf(bill).step == Step.Remind, "taken");
        // Signed for that round alone: later, an old score could give a debt up.
        vm.expectPartialRevert(Errors.Operators_SignatureInvalid.selector);
        register.submitScores(MODEL, FEATURES, scores, signatures);
    }

    function test_submitScores__GivenAnyFigures__IsTheRule(
        uint256 probability,
        uint256 amount,
        uint48 unitCost,
        uint256 age,
        uint256 horizon,
        uint256 contacts,
        bool strategy
    ) external {
        probability %= 1e6 + 1;
        // Six contacts of a debt that is surely repaid are worth it.
        amount = 60 * (5 + amount % 1e9);
        age %= 100;
        horizon = 1 + horizon % 60;
        contacts %= 7;
        BillId bill = _debt(amount);
        _commit();
        uint256 judged = block.timestamp;
        for (uint256 i; i < contacts; ++i) {
            _submit(_scoreOf(bill, 1e6));
            _contact(bill);
        }
        _setHorizon(uint16(horizon));
        _setTerms(unitCost, 14, 6);
        vm.warp(judged + age * 1 days);
        _submit(_scoreOf(bill, probability, strategy ? STRATEGY : 0));
        Step expected = Step.Wait;
        if (probability * amount >= uint256(unitCost) * (contacts == 0 ? 1 : contacts) * 1e6) {
            if (strategy && contacts < 6) expected = Step.Remind;
        } else if (age > horizon && (age > 14 || contacts == 6)) {
            expected = Step.GiveUp;
        }
        Debt memory debt = _debtOf(bill);
        require(debt.step == expected && debt.contacts == contacts && debt.age == age, "the rule");
        require(ledger.totals().givenUp == (expected == Step.GiveUp ? amount : 0), "written off");
    }

    function test_submitScores__GivenTwoBatches__AgesEach() external {
        _setHorizon(20);
        BatchId first = _debts(2, 60);
        vm.warp(block.timestamp + 10 days);
        BatchId second = _debts(1, 60);
        vm.warp(block.timestamp + 11 days);
        uint256[] memory scores = new uint256[](3);
        scores[0] = _scoreOf(IdCodec.bill(first, 0), 0);
        scores[1] = _scoreOf(IdCodec.bill(first, 1), 0);
        scores[2] = _scoreOf(IdCodec.bill(second, 0), 0);
        _submit(scores);
        require(_debtOf(IdCodec.bill(first, 1)).step == Step.GiveUp, "21 days");
        require(_debtOf(IdCodec.bill(second, 0)).step == Step.Wait, "11 days");
        Totals memory totals = ledger.totals();
        require(totals.givenUp == 120 && totals.arrears == 180, "of the arrears");
    }
}
