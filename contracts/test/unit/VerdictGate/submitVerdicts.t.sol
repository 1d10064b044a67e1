// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {AccountId, BatchId, PackedBill, PackedVerdict} from "../../../src/types/Ids.sol";
import {Decision, Periods, Verdict, VerdictRecord} from "../../../src/types/Verdicts.sol";
import {Base} from "../../Base.sol";

contract SubmitVerdictsTest is Base {
    PackedBill private bill;
    BatchId private batch;

    function setUp() public override {
        super.setUp();
        bill = _billOf(_account(1e6), 60_000);
        batch = _post(_one(bill));
    }

    function test_WhenOperator_KeepsTheRecord() external {
        bytes memory verdicts = _verdicts(1, PAY);
        _judge(batch, _one(bill), verdicts);

        VerdictRecord memory record = gate.verdictRecordOf(batch);
        require(record.evidenceRoot == keccak256("evidence"), "evidence");
        require(record.verdictCommitment == keccak256(abi.encode(keccak256(verdicts))), "verdicts");
        _equal(record.judgedAt, block.timestamp, "judged at");
        _equal(record.windowEndsAt, block.timestamp + 7 days, "window");
        _equal(record.signers, 1, "signers");
        require(!gate.isReleasable(batch), "window is open");
        vm.warp(block.timestamp + 7 days);
        require(gate.isReleasable(batch), "window is over");
    }

    function test_GivenPeriodsChangedSincePosting_KeepsThoseOfPosting() external {
        vm.prank(governor);
        gate.setPeriods(Periods(1 days, 1 days, 1 days, 1 days, 1 days));
        _judge(batch, _one(bill), _verdicts(1, PAY));

        _equal(gate.verdictRecordOf(batch).windowEndsAt, block.timestamp + 7 days, "window");
    }

    function testFuzz_WhenDecoded_IsAsPacked(int40 actual, int40 expected, bool hasActual, bool hasExpected)
        external
        view
    {
        uint96 packed = uint96(uint40(actual)) << 40 | uint40(expected);
        packed |= uint96(2 | (hasActual ? 0x10 : 0) | (hasExpected ? 0x20 : 0)) << 88;
        Verdict memory verdict = gate.decodeVerdict(PackedVerdict.wrap(bytes12(packed)));

        require(verdict.decision == Decision.Appeal, "decision");
        require(verdict.hasActual == hasActual && verdict.hasExpected == hasExpected, "which");
        require(verdict.actualPpm == actual && verdict.expectedPpm == expected, "growths");
    }
}
