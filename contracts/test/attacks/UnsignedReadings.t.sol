// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {Errors} from "../../src/libraries/Errors.sol";
import {Mandate} from "../../src/types/Accounts.sol";
import {Basis, BillState} from "../../src/types/Bills.sol";
import {AccountId, BatchId} from "../../src/types/Ids.sol";
import {Leaf, Shown, SignedReadings} from "../../src/types/Readings.sol";
import {Base} from "../Base.sol";
import {ChallengeBase} from "../ChallengeBase.sol";
import {AttackBase, Weakened} from "./AttackBase.sol";

/// A whole quorum makes readings up from which a PAY follows, for an account whose mandate has only signed readings count;
/// the meter operator has signed none. It shows what it made up when somebody demands it, or has it challenged over a trifle
/// by one of its own, so that nobody can.
contract UnsignedReadingsAttack is ChallengeBase, AttackBase {
    uint256 private constant DEMAND_BOND = 10_000;

    function setUp() public override(Base, ChallengeBase) {
        super.setUp();
        AccountId account = _addBill(LAST_YEAR, 1e9);
        Mandate memory mandate = _mandate();
        (mandate.discloseReadings, mandate.signedOnly) = (true, true);
        _grant(account, mandate);
        _bond(stranger, DEMAND_BOND);
    }

    function test_unsigned__mandateNotAsked__theLieStands() external {
        _replace(address(ledger), address(new WeakBasis(_aside(address(ledger)))));
        _judgeAs(_rightVerdicts(), 0);
        _demand(stranger, 0);
        _answer(operator, 0);
        require(ledger.stateOf(_id(0)) == BillState.Pending, "paid by readings that nobody signed");
        _equal(ledger.bondOf(operator), BOND + DEMAND_BOND, "and the demander pays for it");
    }

    function test_unsigned__mandateNotAsked__aTrifleShieldsTheLie() external {
        _replace(address(ledger), address(new WeakBasis(_aside(address(ledger)))));
        bytes memory said = _rightVerdicts();
        said[11] ^= 0x01;
        _judgeAs(said, 0);
        _challenge(payer, 0);
        require(ledger.stateOf(_id(0)) == BillState.Pending, "paid");
        Shown memory shown = _shown(0);
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_CorrectedBefore.selector, _id(0)));
        vm.prank(stranger);
        challenges.demand(shown);
    }

    function test_unsigned__ours__voidAndSlashed() external {
        bytes memory said = _rightVerdicts();
        said[11] ^= 0x01;
        _judgeAs(said, 0);
        _refuseChallenge(payer, 0, abi.encodeWithSelector(Errors.Challenges_LeafNotSigned.selector, _id(0)));
        _demand(stranger, 0);
        Shown memory shown = _shown(0);
        Leaf memory leaf = _leaf(0);
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_LeafNotSigned.selector, _id(0)));
        vm.prank(operator);
        challenges.answer(shown, leaf);
        // Signed by another, in the meter operator's place.
        SignedReadings[] memory own = new SignedReadings[](1);
        own[0] = _snapshot(0, 0, DAYS, uint40(block.timestamp));
        own[0].signature = _compact(PAYER_KEY, meters.snapshotLeaf(_accountOf(0), own[0]));
        vm.expectRevert(abi.encodeWithSelector(Errors.Meters_NotSigned.selector, vm.addr(METER_KEY)));
        vm.prank(operator);
        challenges.answerByReadings(shown, own);
        vm.warp(block.timestamp + 2 days);
        _enforce(stranger, 0);

        require(ledger.stateOf(_id(0)) == BillState.Held, "under appeal");
        _equal(ledger.bondOf(operator), BOND - 100_000, "slashed");
        _balanced();
    }
}

/// A ledger that forgets what mandates ask of readings.
contract WeakBasis is Weakened {
    constructor(address strong) Weakened(strong) {}

    function basisOf(BatchId, uint32) external returns (Basis memory basis) {
        (, bytes memory result) = _strong.delegatecall(msg.data);
        basis = abi.decode(result, (Basis));
        basis.signedOnly = false;
    }
}
