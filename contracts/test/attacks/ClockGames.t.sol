// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IdCodec} from "../../src/libraries/IdCodec.sol";
import {BatchId, BillId} from "../../src/types/Ids.sol";
import {AttackBase, Weakened} from "./AttackBase.sol";

/// Games with time: letting a window pass while everything stands still, and acting at the very second of a deadline,
/// where both sides may, or neither.
contract ClockGamesAttack is AttackBase {
    uint256 private constant AMOUNT = 60_000;

    function test_clock__pauseCounts__windowPassesUnseen() external {
        _replace(address(clock), address(new WeakClock(_aside(address(clock)))));
        BatchId batch = _pausedThroughItsWindow();

        ledger.release(_one(batch));
        _equal(ledger.creditOf(supplier), AMOUNT, "released though nobody had time to look");
    }

    function test_clock__ours__windowHasItsLength() external {
        BatchId batch = _pausedThroughItsWindow();

        require(!_releases(batch), "not released");
        vm.warp(block.timestamp + 7 days - 1);
        require(!_releases(batch), "not a second too early");
        vm.warp(block.timestamp + 1);
        require(_releases(batch), "released");
    }

    function test_clock__oursAtTheReplysDeadline__oneSideActs() external {
        BillId bill = _appealed();
        vm.warp(registry.appealOf(bill).deadline - 1);
        _expectOneSide(bill, supplierOwner, abi.encodeCall(registry.contest, (bill, "why")));
    }

    function test_clock__oursAtTheAcceptancesDeadline__oneSideActs() external {
        BillId bill = _appealed();
        vm.prank(supplierOwner);
        registry.offerAdjustments(_one(bill), _oneQuantity(500));
        vm.warp(registry.appealOf(bill).deadline - 1);
        _expectOneSide(bill, payer, abi.encodeCall(registry.acceptAdjustments, (_one(bill))));
    }

    function test_clock__oursAtTheContestsDeadline__oneSideActs() external {
        BillId bill = _appealed();
        vm.prank(supplierOwner);
        registry.contest(bill, "why");
        vm.warp(registry.appealOf(bill).deadline - 1);
        _expectOneSide(bill, payer, abi.encodeCall(registry.withdrawAppeals, (_one(bill))));
    }

    /// A second before the deadline the party may act and nobody may end the appeal; from it on it is the other way
    /// round.
    function _expectOneSide(BillId bill, address party, bytes memory step) private {
        for (uint256 i; i < 2; ++i) {
            bool before = i == 0;
            require(_works(party, step) == before, "the party's step");
            require(_works(stranger, abi.encodeCall(registry.expire, (_one(bill)))) != before, "anyone's");
            vm.warp(block.timestamp + 1);
        }
    }

    /// Tries a call, and takes it back.
    function _works(address caller, bytes memory call) private returns (bool success) {
        uint256 snapshot = vm.snapshotState();
        vm.prank(caller);
        (success,) = address(registry).call(call);
        vm.revertToState(snapshot);
    }

    function _releases(BatchId batch) private returns (bool success) {
        uint256 snapshot = vm.snapshotState();
        (success,) = address(ledger).call(abi.encodeCall(ledger.release, (_one(batch))));
        vm.revertToState(snapshot);
    }

    /// A batch judged PAY, a pause from the same second on for as long as a guardian may, and time until its end.
    function _pausedThroughItsWindow() private returns (BatchId batch) {
        batch = IdCodec.batch(_run(_billOf(_account(AMOUNT), AMOUNT), PAY));
        vm.prank(guardian);
        clock.pause();
        vm.warp(block.timestamp + 7 days);
        require(!clock.isPaused(), "over");
    }

    function _appealed() private returns (BillId) {
        return _run(_billOf(_account(AMOUNT), AMOUNT), APPEAL);
    }
}

/// Lets paused time count.
contract WeakClock is Weakened {
    constructor(address strong) Weakened(strong) {}

    function time() external view returns (uint40) {
        return uint40(block.timestamp);
    }

    function read() external view returns (uint40, bool) {
        return (uint40(block.timestamp), false);
    }
}
