// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchId} from "../../src/types/Ids.sol";
import {Leaf, Shown} from "../../src/types/Readings.sol";
import {ChallengeBase} from "../ChallengeBase.sol";

/// Whole transactions, calldata and intrinsic gas included, each on cold storage (`isolate`): a batch of 500 bills judged
/// by one operator and by three of five, and a challenge in its worst direction.
/// forge-config: default.isolate = true
contract ChallengeGas is ChallengeBase {
    uint256 private constant COUNT = 500;
    /// A bill with the longest paths: in a full group, on a side of the trees where no level is skipped.
    uint256 private constant WRONG = 250;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < COUNT; ++i) {
            _addBill(i == WRONG ? FAR_MORE : LAST_YEAR, 1e9);
        }
        // Not the first batch, challenge, hold and bond of all: sums and counters are not zero.
        _run(_billOf(_account(1e9), 60_000), APPEAL);
    }

    function test_submitVerdicts__ThreeOfFive__LittleMoreThanOne() external {
        uint256 before = vm.snapshotState();
        _addOperators(4, 1);
        uint256 one = _gasOfJudging(0, "one operator");
        vm.revertToState(before);
        _addOperators(4, 3);
        uint256 three = _gasOfJudging(2, "three of five operators");
        vm.snapshotValue("quorum, batch of 500", "more a bill", (three - one) / COUNT);
        require(three - one <= 150 * COUNT, "at most 150 gas a bill on top");
    }

    function _gasOfJudging(uint256 more, string memory name) private returns (uint256) {
        _judgeAs(_rightVerdicts(), more);
        return vm.snapshotGasLastCall("quorum, batch of 500", name);
    }

    /// PAY to APPEAL: a new appeal, the challenger's first credit, three signers slashed, the longest paths.
    function test_challenge__PayShouldBeAppeal__Bounded() external {
        _addOperators(4, 3);
        _judgeAs(_withDecision(_rightVerdicts(), WRONG, PAY), 2);
        _announce(stranger, WRONG);
        vm.snapshotGasLastCall("challenge", "announce");
        _challenge(stranger, WRONG);
        vm.snapshotGasLastCall("challenge", "PAY to APPEAL, three signers slashed, 31 days");
        require(ledger.bondOf(stranger) == 75_000, "rewarded");
    }
}
