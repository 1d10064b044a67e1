// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealDesk} from "../../src/interfaces/IAppealDesk.sol";
import {IAppealRegistry} from "../../src/interfaces/IAppealRegistry.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {Errors} from "../../src/libraries/Errors.sol";
import {Voice} from "../../src/types/Accounts.sol";
import {BillState, Reason} from "../../src/types/Bills.sol";
import {BillId, PackedBill} from "../../src/types/Ids.sol";
import {Correction, Slashing, Stakes} from "../../src/types/Verdicts.sol";
import {Base} from "../Base.sol";
import {ChallengeBase} from "../ChallengeBase.sol";
import {Merkle} from "../Merkle.sol";
import {AttackBase, Weakened} from "./AttackBase.sol";

/// A supplier that is also the operator that judges its bills, the challenger that finds its own lies, or the arbiter
/// of its own disputes.
contract ConflictedSupplierAttack is ChallengeBase, AttackBase {
    function setUp() public override(Base, ChallengeBase) {
        super.setUp();
        _addOperator(supplierOwner);
        _addBill(FAR_MORE, 1e9);
    }

    /* OPERATOR AND CHALLENGER */

    /// Who challenges its own lie gets all of the slash back, and has tried for nothing.
    function test_conflict__challengerGetsAll__lieCostsNothing() external {
        _replace(address(ledger), address(new WeakShare(_aside(address(ledger)))));
        _lieAndChallenge();
        _equal(ledger.bondOf(supplierOwner), BOND, "all of it");
    }

    function test_conflict__oursChallengingItself__pays() external {
        _lieAndChallenge();
        _equal(ledger.bondOf(supplierOwner), BOND - 75_000, "three quarters of the slash");
        require(ledger.stateOf(_id(0)) == BillState.Held, "and its bill is appealed");
        _balanced();
    }

    /// Whatever share the governor may set, more than half is lost.
    function testFuzz_conflict__oursAnyShare__pays(uint32 share) external {
        share = 100_000 + share % 400_001;
        vm.startPrank(governor);
        Stakes memory stakes = gate.stakesOf(gate.parameterVersion());
        stakes.challengerShare = share;
        gate.setStakes(stakes);
        vm.stopPrank();
        _lieAndChallenge();
        require(ledger.bondOf(supplierOwner) <= BOND - stakes.slash / 2, "half at least");
        _balanced();
    }

    /* ARBITER */

    function test_conflict__anyoneRules__supplierRulesForItself() external {
        _replace(address(registry), address(new WeakArbitration(_aside(address(registry)), ledger)));
        _dispute();
        vm.prank(supplierOwner);
        registry.rule(_id(0), uint48(FAR_MORE * 60));
        _equal(ledger.creditOf(supplier), FAR_MORE * 60, "ruled for itself");
    }

    function test_conflict__oursNotNamed__refused() external {
        _dispute();
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotArbiter.selector, _id(0), supplierOwner));
        vm.prank(supplierOwner);
        registry.rule(_id(0), uint48(FAR_MORE * 60));
        vm.expectRevert(
            abi.encodeWithSelector(
                Errors.Managed_Unauthorized.selector, supplierOwner, IAppealRegistry.setArbiter.selector
            )
        );
        vm.prank(supplierOwner);
        registry.setArbiter(supplier, supplierOwner);
    }

    /// Even a governor that it has bought names it for bills posted afterwards only.
    function test_conflict__oursNamedLater__refused() external {
        _dispute();
        vm.prank(governor);
        registry.setArbiter(supplier, supplierOwner);
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotArbiter.selector, _id(0), supplierOwner));
        vm.prank(supplierOwner);
        registry.rule(_id(0), uint48(FAR_MORE * 60));
    }

    /// Says alone that its own bill is to be paid, and shows that it is not.
    function _lieAndChallenge() private {
        batch = _post(bills);
        (verdicts, root) = (_withDecision(_rightVerdicts(), 0, PAY), Merkle.root(_leaves()));
        vm.prank(supplierOwner);
        gate.submitVerdicts(batch, root, bills, verdicts, "");
        _announce(supplierOwner, 0);
        _challenge(supplierOwner, 0);
    }

    function _dispute() private {
        _judgeAs(_rightVerdicts(), 0);
        vm.prank(supplierOwner);
        registry.contest(_id(0), "");
    }
}

/// Gives all that is slashed to the challenger.
contract WeakShare is Weakened {
    constructor(address strong) Weakened(strong) {}

    function reverse(BillId bill, PackedBill packed, Correction calldata correction, Slashing memory slashing)
        external
    {
        slashing.share = 1_000_000;
        bytes memory data = abi.encodeCall(IAppealDesk.reverse, (bill, packed, correction, slashing));
        (bool success, bytes memory result) = _strong.delegatecall(data);
        assembly ("memory-safe") {
            if iszero(success) { revert(add(result, 0x20), mload(result)) }
            return(add(result, 0x20), mload(result))
        }
    }
}

/// Lets anyone rule.
contract WeakArbitration is Weakened {
    IPaymentLedger private immutable _ledger;

    constructor(address strong, IPaymentLedger ledger) Weakened(strong) {
        _ledger = ledger;
    }

    function rule(BillId bill, uint48 due) external {
        _ledger.closeAppeal(bill, due, 0, Reason.Ruled, Voice.None);
    }
}
