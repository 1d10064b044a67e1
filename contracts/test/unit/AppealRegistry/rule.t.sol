// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IArbitrable} from "../../../src/interfaces/IArbiter.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {BillId, SupplierId} from "../../../src/types/Ids.sol";
import {AppealBase} from "./AppealBase.sol";

contract RuleTest is AppealBase {
    address private arbiter = _actor("arbiter");

    function setUp() public override {
        super.setUp();
        vm.prank(governor);
        registry.setArbiter(supplier, arbiter);
        account = _account(40_000);
        bill = _run(_billOf(account, 60_000), APPEAL);
    }

    function test_rule__GivenPartDue__PaysItFromTheHoldAndVoidsTheRest() external {
        _contest();
        vm.expectEmit(address(registry));
        emit IArbitrable.AppealRuled(bill, arbiter, 30_000);
        _rule(30_000);

        _expectState(AppealState.Ruled);
        _expectRecord(bill, BillState.Settled, Reason.Ruled, 30_000, 30_000);
        _equal(_balance(account), 10_000, "the rest of the hold");
        _equal(ledger.creditOf(supplier), 30_000, "credit");
        _balanced();
    }

    /// Without the customer's consent nothing but the hold pays: the balance is collected under the mandate, or not.
    function test_rule__GivenHoldTooSmall__OwesTheRest() external {
        _fund(account, 50_000);
        _contest();
        _rule(60_000);

        _expectRecord(bill, BillState.Arrears, Reason.AppealShortfall, 60_000, 20_000);
        _equal(_balance(account), 50_000, "balance");
        _balanced();
    }

    function test_rule__GivenNothingDue__VoidsTheBill() external {
        _contest();
        _rule(0);

        _expectRecord(bill, BillState.Void, Reason.Ruled, 60_000, 0);
        _equal(_balance(account), 40_000, "balance");
        _balanced();
    }

    function test_rule__GivenMoreThanBilled__Refused() external {
        _contest();
        _refused(Errors.AppealRegistry_DueTooLarge.selector, BillId.unwrap(bill), 60_001, 60_000);
        _rule(60_001);
    }

    function test_rule__WhenNotTheArbiter__Refused() external {
        _contest();
        vm.expectRevert(abi.encodeWithSelector(Errors.AppealRegistry_NotArbiter.selector, bill, governor));
        vm.prank(governor);
        registry.rule(bill, 0);
    }

    function test_rule__GivenNoDispute__Refused() external {
        _refused(Errors.AppealRegistry_WrongState.selector, BillId.unwrap(bill), uint256(AppealState.Open));
        _rule(0);
    }

    function test_rule__GivenDeadlinePassed__Refused() external {
        _contest();
        uint256 deadline = registry.appealOf(bill).deadline;
        vm.warp(deadline);
        _refused(Errors.AppealRegistry_DeadlinePassed.selector, BillId.unwrap(bill), deadline);
        _rule(0);
    }

    function test_setArbiter__GivenBillPosted__HoldsForLaterOnesOnly() external {
        vm.startPrank(governor);
        registry.setArbiter(supplier, address(0));
        vm.stopPrank();
        require(registry.arbiterOf(bill) == arbiter, "its own");
        BillId later = _run(_billOf(_account(0), 60_000), APPEAL);
        require(registry.arbiterOf(later) == address(panel), "everyone's where the supplier has none");
        vm.prank(governor);
        registry.setArbiter(SupplierId.wrap(0), address(0));
        require(registry.arbiterOf(later) == address(panel), "its own as well");
    }

    function test_setArbiter__WhenNotGovernor__Refused() external {
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Managed_Unauthorized.selector, stranger, registry.setArbiter.selector)
        );
        vm.prank(stranger);
        registry.setArbiter(supplier, stranger);
    }

    function test_concede__GivenListWithAnEndedOne__PassesOverIt() external {
        BillId other = _run(_billOf(_account(0), 60_000), APPEAL);
        vm.prank(payer);
        registry.withdrawAppeals(_one(bill));
        BillId[] memory both = new BillId[](2);
        (both[0], both[1]) = (bill, other);
        vm.startPrank(supplierOwner);
        registry.concede(both);
        require(ledger.stateOf(other) == BillState.Void, "conceded");
        _refused(Errors.AppealRegistry_WrongState.selector, BillId.unwrap(bill), uint256(AppealState.Withdrawn));
        registry.concede(both);
    }

    function _rule(uint48 due) private {
        vm.prank(arbiter);
        registry.rule(bill, due);
    }
}
