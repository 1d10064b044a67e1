// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {AppealState} from "../../../src/types/Appeals.sol";
import {AccountId, BatchId, BillId, PackedBill} from "../../../src/types/Ids.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {Base} from "../../Base.sol";

/// What a pause stops, and what it does not.
contract WhilePausedTest is Base {
    function test_submitVerdicts__WhilePaused__Refused() external {
        PackedBill[] memory bills = _one(_billOf(_account(60_000), 60_000));
        BatchId batch = _post(bills);
        _pause();
        vm.expectRevert(Errors.VerdictGate_Paused.selector);
        _judge(batch, bills, _verdicts(1, PAY));
    }

    function test_release__WhilePaused__WaitsAndThePauseDoesNotCount() external {
        BatchId batch = IdCodec.batch(_run(_billOf(_account(60_000), 60_000), PAY));
        vm.warp(block.timestamp + 6 days);
        _pause();
        vm.warp(block.timestamp + 3 days);
        _refused(Errors.PaymentLedger_NotReleasable.selector, BatchId.unwrap(batch));
        ledger.release(_one(batch));
        _resume();
        vm.warp(block.timestamp + 1 days - 1);
        _refused(Errors.PaymentLedger_NotReleasable.selector, BatchId.unwrap(batch));
        ledger.release(_one(batch));
        vm.warp(block.timestamp + 1);
        ledger.release(_one(batch));
        _equal(ledger.creditOf(supplier), 60_000, "released");
    }

    function test_release__GivenWindowOverAndPaused__Waits() external {
        BillId bill = _settled();
        _pause();
        _refused(Errors.PaymentLedger_NotReleasable.selector, BatchId.unwrap(IdCodec.batch(bill)));
        ledger.release(_one(IdCodec.batch(bill)));
    }

    function test_settleArrears__WhilePaused__Refused() external {
        AccountId account = _account(0);
        BillId bill = _run(_billOf(account, 60_000), PAY);
        _fund(account, 60_000);
        _pause();
        vm.expectRevert(Errors.PaymentLedger_Paused.selector);
        ledger.settleArrears(_one(bill));

        vm.prank(payer);
        ledger.payArrearsFromBalance(bill, 60_000);
        _equal(_balance(account), 0, "one's own payment is never stopped");
    }

    function test_appeal__WhilePaused__IsAnsweredAndItsDeadlineWaits() external {
        BillId bill = _run(_billOf(_account(60_000), 60_000), APPEAL);
        uint256 deadline = registry.appealOf(bill).deadline;
        vm.warp(block.timestamp + 13 days);
        _pause();
        vm.warp(block.timestamp + 5 days);
        _refused(Errors.AppealRegistry_DeadlineAhead.selector, BillId.unwrap(bill), deadline);
        registry.expire(_one(bill));
        vm.prank(supplierOwner);
        registry.offerAdjustments(_one(bill), _oneQuantity(500));
        require(registry.appealOf(bill).state == AppealState.AdjustmentOffered, "answered");
        _equal(registry.appealOf(bill).deadline, uint256(clock.time()) + 14 days, "in fair time");
    }

    function test_deposit_withdraw__WhilePaused__Work() external {
        AccountId account = _account(1_000);
        _pause();
        _fund(account, 500);
        vm.prank(payer);
        ledger.withdraw(account, 1_500, payer);
        _equal(currency.balanceOf(payer), 1_500, "withdrawn");
    }
}
