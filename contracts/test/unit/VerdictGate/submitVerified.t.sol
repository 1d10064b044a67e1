// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {BillState} from "../../../src/types/Bills.sol";
import {AccountId} from "../../../src/types/Ids.sol";
import {Leaf, Shown} from "../../../src/types/Readings.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Presets, VerdictPolicy, VerdictRecord} from "../../../src/types/Verdicts.sol";
import {Merkle} from "../../Merkle.sol";
import {ChallengeBase} from "../../ChallengeBase.sol";

contract SubmitVerifiedTest is ChallengeBase {
    uint8 private constant CLASS = 3;

    AccountId private first;

    function setUp() public override {
        super.setUp();
        first = _addBill(LAST_YEAR, 1e9);
        _addBill(FAR_MORE, 1e9);
        _addBill(LAST_YEAR, 0);
        vm.prank(governor);
        gate.setPresets(Utility.Electricity, CLASS, Presets(200_000, 0, 2, 0, VerdictPolicy.Verified, 0));
    }

    function test_submitVerified__SignedByTheMeter__JudgedWithoutAWindow() external {
        batch = _post(bills);
        _submitVerified();

        require(ledger.stateOf(_id(0)) == BillState.Pending, "PAY");
        require(ledger.stateOf(_id(1)) == BillState.Held, "APPEAL");
        require(ledger.stateOf(_id(2)) == BillState.Arrears, "PAY without money");
        VerdictRecord memory record = gate.verdictRecordOf(batch);
        require(record.policy == VerdictPolicy.Verified && record.signers == 0, "policy");
        require(record.evidenceRoot == Merkle.root(_openLeaves()), "root");
        require(record.verdictCommitment == _commitment(_rightVerdicts()), "commitment");
        require(gate.isReleasable(batch), "no window");
        ledger.release(_one(batch));
        _balanced();
    }

    /// Any number of bills, of any period, each computed as it would be alone.
    function testFuzz_submitVerified__AnyReadings__AsTheLibraryComputes(uint256 count, uint256 seed) external {
        delete bills;
        delete readings;
        delete missing;
        count = 1 + count % 20;
        for (uint256 i; i < count; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _addBill(1 + seed % 100_000, seed % 3 == 0 ? 0 : 1e9);
            uint256 gap = seed % 7 == 0 ? 1 + (seed >> 32) % (DAYS - 1) : DAYS;
            if (gap == DAYS) continue;
            missing[i] = uint96(1 << gap);
            for (uint256 j; j < 5; ++j) {
                readings[i][5 * gap + j] = 0;
            }
        }
        batch = _post(bills);
        _submitVerified();
        require(gate.verdictRecordOf(batch).verdictCommitment == _commitment(_rightVerdicts()), "verdicts");
    }

    function test_submitVerified__OtherReadingsThanSigned__Refused() external {
        batch = _post(bills);
        bytes memory signature = _meterSignature();
        readings[1][4] ^= 0x01;
        _refuse(_evidence(), signature, abi.encodeWithSelector(Errors.Meters_NotSigned.selector, vm.addr(METER_KEY)));
    }

    function test_submitVerified__TooMuchEvidence__Refused() external {
        batch = _post(bills);
        bytes memory evidence = bytes.concat(_evidence(), hex"00");
        bytes memory reason =
            abi.encodeWithSelector(Errors.VerdictGate_EvidenceLength.selector, evidence.length, evidence.length - 1);
        _refuse(evidence, _meterSignature(), reason);
    }

    function test_submitVerified__NotDisclosed__InsufficientOnly() external {
        _grant(first, _mandate());
        batch = _post(bills);
        _refuse(_evidence(), _meterSignature(), abi.encodeWithSelector(Errors.VerdictGate_NotDisclosed.selector, 0));
        (missing[0], readings[0]) = (uint96((1 << DAYS) - 1), new bytes(5 * DAYS));
        _submitVerified();
        require(ledger.stateOf(_id(0)) == BillState.Waiting, "INSUFFICIENT");
    }

    function test_submitVerified__Challenged__Refused() external {
        batch = _post(bills);
        _submitVerified();
        verdicts = _rightVerdicts();
        Shown memory shown = _shown(0);
        Leaf memory leaf = _leaf(0);
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_NotChallengeable.selector, batch));
        challenges.challenge(shown, leaf, "");
    }

    /// Operators may judge a class that asks for verified verdicts only INSUFFICIENT, and only when the meter was silent.
    function test_submitVerdicts__ClassAsksForVerified__InsufficientAfterTheMetersTime() external {
        vm.prank(classifier);
        ledger.setClass(_one(first), CLASS);
        vm.warp(block.timestamp + 1 days);
        batch = _post(bills);
        bytes memory said = _rightVerdicts();
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_VerifiedOnly.selector, 0));
        _judge(batch, bills, said);
        said = _withDecision(said, 0, INSUFFICIENT);
        vm.expectRevert(abi.encodeWithSelector(Errors.VerdictGate_VerifiedOnly.selector, 0));
        _judge(batch, bills, said);
        vm.warp(block.timestamp + 14 days);
        _judge(batch, bills, said);
        require(ledger.stateOf(_id(0)) == BillState.Waiting, "waits");
        require(ledger.stateOf(_id(1)) == BillState.Held, "another class");
    }

    /// A class that was set after the posting does not touch the batch.
    function test_submitVerdicts__ClassSetSince__AsPosted() external {
        batch = _post(bills);
        vm.prank(classifier);
        ledger.setClass(_one(first), CLASS);
        _judge(batch, bills, _rightVerdicts());
        require(ledger.stateOf(_id(0)) == BillState.Pending, "paid");
    }

    function _evidence() private view returns (bytes memory all) {
        for (uint256 i; i < bills.length; ++i) {
            all = bytes.concat(all, readings[i], bytes12(missing[i]));
        }
    }

    function _meterSignature() private view returns (bytes memory) {
        return _compact(METER_KEY, meters.batchDigest(batch, Merkle.root(_openLeaves())));
    }

    function _submitVerified() private {
        bytes memory signature = _meterSignature();
        vm.prank(stranger);
        gate.submitVerified(batch, bills, _evidence(), signature);
    }

    function _refuse(bytes memory evidence, bytes memory signature, bytes memory reason) private {
        vm.expectRevert(reason);
        gate.submitVerified(batch, bills, evidence, signature);
    }
}
