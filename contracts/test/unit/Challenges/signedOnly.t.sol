// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Mandate} from "../../../src/types/Accounts.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BatchId} from "../../../src/types/Ids.sol";
import {Leaf, Shown, SignedReadings} from "../../../src/types/Readings.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Presets, VerdictPolicy} from "../../../src/types/Verdicts.sol";
import {ChallengeBase} from "../../ChallengeBase.sol";

/// The mandate of the second bill's account has only readings count that the meter operator signed.
contract SignedOnlyTest is ChallengeBase {
    uint256 private constant DEAR = FAR_MORE * 60;
    uint256 private constant BALANCE = 1e9;
    uint256 private constant DEMAND_BOND = 10_000;

    AccountId private demanding;
    uint40 private early;

    function setUp() public override {
        super.setUp();
        early = uint40(block.timestamp - 1 days);
        _addBill(LAST_YEAR, BALANCE);
        demanding = _addBill(FAR_MORE, BALANCE);
        _demandSigned(true);
        _bond(stranger, DEMAND_BOND);
    }

    function test_answerByReadings__BearTheVerdictOut__BondIsTheAnswerers() external {
        _judgeAs(_rightVerdicts(), 0);
        _demand(stranger, 1);
        _answerByReadings(_all(early));

        _equal(ledger.bondOf(operator), BOND + DEMAND_BOND, "operator");
        _equal(gate.verdictRecordOf(batch).demands, 0, "none open");
        _expectRecord(_id(1), BillState.Held, Reason.None, DEAR, DEAR);
        _balanced();
    }

    /// Any demand can be answered so: the readings override the leaf.
    function test_answerByReadings__LeafWouldDo__BondIsTheAnswerers() external {
        _demandSigned(false);
        _judgeAs(_rightVerdicts(), 0);
        _demand(stranger, 1);
        _answerByReadings(_all(early));
        _equal(ledger.bondOf(operator), BOND + DEMAND_BOND, "operator");
    }

    function test_answerByReadings__SignedAfterJudging__Refused() external {
        _judgeAs(_rightVerdicts(), 0);
        uint40 judgedAt = uint40(block.timestamp);
        _demand(stranger, 1);
        vm.warp(block.timestamp + 1 hours);
        _refuseReadings(
            _all(judgedAt + 1), abi.encodeWithSelector(Errors.Challenges_SignedLater.selector, _id(1), judgedAt + 1)
        );
        _answerByReadings(_all(judgedAt));
    }

    function test_answerByReadings__SayOtherwise__Refused() external {
        _judgeAs(_withDecision(_rightVerdicts(), 1, PAY), 0);
        _demand(stranger, 1);
        _refuseReadings(_all(early), abi.encodeWithSelector(Errors.Challenges_VerdictWrong.selector, _id(1)));
    }

    function test_answerByReadings__AtTheDeadlineOrNotDemanded__Refused() external {
        _judgeAs(_rightVerdicts(), 0);
        _refuseReadings(_all(early), abi.encodeWithSelector(Errors.Challenges_NotDemanded.selector, _id(1)));
        _demand(stranger, 1);
        vm.warp(block.timestamp + 2 days);
        _refuseReadings(
            _all(early), abi.encodeWithSelector(Errors.Challenges_DeadlinePassed.selector, _id(1), block.timestamp)
        );
    }

    /// Right or not by its leaf: nobody signed it.
    function test_answer__LeafNotSigned__RefusedAndSlashed() external {
        _judgeAs(_rightVerdicts(), 0);
        _demand(stranger, 1);
        _refuseLeaf();
        vm.warp(block.timestamp + 2 days);
        _enforce(stranger, 1);

        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed");
        _equal(ledger.bondOf(stranger), DEMAND_BOND + 25_000, "bond back, and the reward");
        _balanced();
    }

    function test_answer__InsufficientBeforeTheMetersTime__Refused() external {
        _leaveOut();
        _judgeAs(_rightVerdicts(), 0);
        _demand(stranger, 1);
        _refuseLeaf();
    }

    function test_answer__InsufficientAfterTheMetersTime__BondIsTheAnswerers() external {
        _leaveOut();
        bytes memory said = _rightVerdicts();
        batch = _post(bills);
        vm.warp(block.timestamp + 14 days);
        _judgeNow(said, 0);
        _demand(stranger, 1);
        _answer(operator, 1);

        _equal(ledger.bondOf(operator), BOND + DEMAND_BOND, "operator");
        _expectRecord(_id(1), BillState.Waiting, Reason.Insufficient, DEAR, 0);
        _balanced();
    }

    /// And what is not INSUFFICIENT is wrong, with or without the time.
    function test_answer__PaidWithoutReadings__Corrected() external {
        _leaveOut();
        bytes memory said = _withDecision(_rightVerdicts(), 1, PAY);
        batch = _post(bills);
        vm.warp(block.timestamp + 14 days);
        _judgeNow(said, 0);
        _demand(stranger, 1);
        _answer(operator, 1);

        _expectRecord(_id(1), BillState.Waiting, Reason.Insufficient, DEAR, 0);
        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed");
        _balanced();
    }

    /// Else who lied could correct a trifle by its own leaf, and nobody could demand it any more.
    function test_challenge__LeafNotSigned__Refused() external {
        bytes memory said = _rightVerdicts();
        said[12 + 11] ^= 0x01;
        _judgeAs(said, 0);
        _refuseChallenge(payer, 1, abi.encodeWithSelector(Errors.Challenges_LeafNotSigned.selector, _id(1)));
    }

    function test_challenge__ByAModel__InsufficientOnly() external {
        vm.prank(governor);
        gate.setPresets(
            Utility.Electricity,
            0,
            Presets({
                first: 10_000,
                second: 0,
                degree: 1,
                insufficientCap: 50_000,
                policy: VerdictPolicy.Model,
                model: "model"
            })
        );
        _judgeAs(_verdicts(2, PAY), 0);
        _challenge(stranger, 1);
        _expectRecord(_id(1), BillState.Waiting, Reason.Insufficient, DEAR, 0);
        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed");
    }

    function test_grantMandate__AfterPosting__DoesNotTouchTheBatch() external {
        _judgeAs(_rightVerdicts(), 0);
        _demandSigned(false);
        _demand(stranger, 1);
        _refuseLeaf();
    }

    /// Whatever was granted and revoked in between, on the same day or later: a batch keeps what was at its posting.
    function testFuzz_basisOf__AnyMandates__AsAtPosting(uint256 seed) external {
        bool[8] memory demanded;
        BatchId[8] memory posted;
        for (uint256 i; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed % 3 == 0) vm.warp(block.timestamp + seed % 3 days);
            if (seed % 5 == 0) {
                vm.prank(payer);
                ledger.revokeMandate(demanding);
            } else {
                _demandSigned((seed >> 8) % 2 == 0);
            }
            if (seed % 7 == 0) {
                vm.prank(classifier);
                ledger.setClass(_one(demanding), uint8(seed % 32));
            }
            demanded[i] = seed % 5 != 0 && (seed >> 8) % 2 == 0;
            _equal(ledger.accountOf(demanding).signedOnly ? 1 : 0, demanded[i] ? 1 : 0, "account");
            posted[i] = _post(_one(_billOf(demanding, 60_000)));
        }
        uint32 number = uint32(AccountId.unwrap(demanding));
        for (uint256 i; i < 8; ++i) {
            require(ledger.basisOf(posted[i], number).signedOnly == demanded[i], "as at posting");
        }
    }

    function _demandSigned(bool on) private {
        Mandate memory mandate = _mandate();
        (mandate.discloseReadings, mandate.signedOnly) = (true, on);
        _grant(demanding, mandate);
    }

    /// The readings of the second bill's meter, which nobody signed, are all left out.
    function _leaveOut() private {
        readings[1] = new bytes(5 * DAYS);
        missing[1] = uint96((1 << DAYS) - 1);
    }

    function _all(uint40 issuedAt) private view returns (SignedReadings[] memory all) {
        all = new SignedReadings[](1);
        all[0] = _snapshot(1, 0, DAYS, issuedAt);
    }

    function _answerByReadings(SignedReadings[] memory snapshots) private {
        Shown memory shown = _shown(1);
        vm.prank(operator);
        challenges.answerByReadings(shown, snapshots);
    }

    function _refuseReadings(SignedReadings[] memory snapshots, bytes memory reason) private {
        Shown memory shown = _shown(1);
        vm.expectRevert(reason);
        vm.prank(operator);
        challenges.answerByReadings(shown, snapshots);
    }

    function _refuseLeaf() private {
        Shown memory shown = _shown(1);
        Leaf memory leaf = _leaf(1);
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_LeafNotSigned.selector, _id(1)));
        vm.prank(operator);
        challenges.answer(shown, leaf);
    }
}
