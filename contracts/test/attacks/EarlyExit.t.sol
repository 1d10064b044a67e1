// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../src/libraries/Errors.sol";
import {Base} from "../Base.sol";
import {ChallengeBase} from "../ChallengeBase.sol";
import {AttackBase, Weakened} from "./AttackBase.sol";

/// An operator lies, resigns in the same block and takes its bond before anyone can challenge.
contract EarlyExitAttack is ChallengeBase, AttackBase {
    function setUp() public override(Base, ChallengeBase) {
        super.setUp();
        _addOperator(_operatorAt(1));
        _addBill(FAR_MORE, 1e9);
    }

    function test_exit__bondNotLocked__costsNothing() external {
        _replace(address(operators), address(new WeakLock(_aside(address(operators)))));
        _lieAndResign();
        uint256 bond = ledger.bondOf(operator);
        vm.prank(operator);
        ledger.withdrawBond(bond, operator);
        _challenged();

        _equal(currency.balanceOf(operator), bond, "all of it");
    }

    function test_exit__ours__pays() external {
        _lieAndResign();
        uint256 bond = ledger.bondOf(operator);
        _refuseWithdrawal(bond);
        _challenged();
        require(ledger.bondOf(operator) < bond, "slashed");

        // Locked for longer than any window, demand or notice.
        vm.warp(block.timestamp + 14 days);
        _refuseWithdrawal(1);
    }

    /// To the last second of the window.
    function test_exit__oursChallengedLate__pays() external {
        _lieAndResign();
        vm.warp(gate.verdictRecordOf(batch).windowEndsAt - 1);
        uint256 bond = ledger.bondOf(operator);
        _challenged();
        require(ledger.bondOf(operator) < bond, "slashed");
    }

    function _lieAndResign() private {
        _judgeAs(_withDecision(_rightVerdicts(), 0, PAY), 0);
        vm.prank(operator);
        operators.resign();
    }

    function _challenged() private {
        _announce(stranger, 0);
        _challenge(stranger, 0);
    }

    function _refuseWithdrawal(uint256 amount) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_BondLocked.selector, operator));
        vm.prank(operator);
        ledger.withdrawBond(amount, operator);
    }
}

/// Locks no bond.
contract WeakLock is Weakened {
    constructor(address strong) Weakened(strong) {}

    /// Of operator number 0.
    function seatOf(address) external pure returns (uint256 ordinal, bool locked) {
        return (1, false);
    }
}
