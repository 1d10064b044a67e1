// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealDesk} from "../../src/interfaces/IAppealDesk.sol";
import {BillId, PackedBill} from "../../src/types/Ids.sol";
import {Correction, Slashing} from "../../src/types/Verdicts.sol";
import {Base} from "../Base.sol";
import {ChallengeBase} from "../ChallengeBase.sol";
import {AttackBase, Weakened} from "./AttackBase.sol";

/// Somebody watches the mempool, copies a challenge and is first in the block, for the reward of another's work.
contract FrontRunChallengeAttack is ChallengeBase, AttackBase {
    address private copyist = _actor("copyist");

    function setUp() public override(Base, ChallengeBase) {
        super.setUp();
        _addBill(FAR_MORE, 1e9);
        _judgeAs(_withDecision(_rightVerdicts(), 0, PAY), 0);
        _announce(stranger, 0);
    }

    function test_frontRun__announcementsNotAsked__copyistPaid() external {
        _replace(address(ledger), address(new WeakRewards(_aside(address(ledger)))));
        _challenge(copyist, 0);
        require(ledger.bondOf(copyist) != 0, "paid");
    }

    function test_frontRun__ours__copyistNotPaid() external {
        _challenge(copyist, 0);
        _equal(ledger.bondOf(copyist), 0, "not paid");
        require(ledger.bondOf(operator) < BOND, "the lie costs all the same");
        _balanced();
    }

    /// Announced in the block of the challenge is too late: that is when it is seen.
    function test_frontRun__oursAnnouncedInTheSameBlock__notPaid() external {
        vm.prank(copyist);
        ledger.announce(keccak256(abi.encode(copyist, _id(0), bytes32("nonce"))));
        _challenge(copyist, 0);
        _equal(ledger.bondOf(copyist), 0, "not paid");
    }

    /// Another's announcement is another's.
    function test_frontRun__oursAnothersAnnouncement__notPaid() external {
        vm.prank(copyist);
        ledger.announce(keccak256(abi.encode(stranger, _id(0), bytes32("nonce"))));
        vm.roll(block.number + 1);
        _challenge(copyist, 0);
        _equal(ledger.bondOf(copyist), 0, "not paid");
    }
}

/// Rewards whoever comes first, announced or not.
contract WeakRewards is Weakened {
    constructor(address strong) Weakened(strong) {}

    function reverse(BillId bill, PackedBill packed, Correction calldata correction, Slashing memory slashing)
        external
    {
        slashing.announcement = 0;
        bytes memory data = abi.encodeCall(IAppealDesk.reverse, (bill, packed, correction, slashing));
        (bool success, bytes memory result) = _strong.delegatecall(data);
        assembly ("memory-safe") {
            if iszero(success) { revert(add(result, 0x20), mload(result)) }
            return(add(result, 0x20), mload(result))
        }
    }
}
