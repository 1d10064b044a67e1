// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {Mandate} from "../../../src/types/Accounts.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill, SupplierId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract CancelBillTest is Base {
    AccountId private account;
    PackedBill private packed;

    function setUp() public override {
        super.setUp();
        account = _account(100_000);
        packed = _billOf(account, 60_000);
    }

    function test_GivenUnjudged_IsVoidAndNeverJudged() external {
        bytes1[3] memory decisions = [PAY, APPEAL, INSUFFICIENT];
        for (uint256 i; i < 3; ++i) {
            _expectNeverJudged(decisions[i]);
        }
    }

    function _expectNeverJudged(bytes1 decision) private {
        BatchId batch = _post(_one(packed));
        BillId bill = IdCodec.bill(batch, 0);
        _cancel(bill, packed);
        _judge(batch, _one(packed), _verdicts(1, decision));

        _expectRecord(bill, BillState.Void, Reason.Cancelled, 60_000, 0);
        _equal(_balance(account), 100_000, "balance");
        _equal(ledger.batchOf(batch).cancelled, 1, "cancelled");
        _equal(ledger.accountOf(account).billedThrough, 0, "days stay free");
        _balanced();
    }

    function test_GivenPending_GoesBackToBalanceAndCap() external {
        BillId bill = _run(packed, PAY);
        _cancel(bill, packed);

        _expectRecord(bill, BillState.Void, Reason.Cancelled, 60_000, 0);
        _equal(_balance(account), 100_000, "balance");
        _equal(ledger.accountOf(account).spent, 0, "spent");
        _equal(ledger.accountOf(account).billedThrough, TODAY - 1, "days stay billed");
        _balanced();
    }

    function test_GivenPendingFromLastMonth_LeavesThisMonthsCap() external {
        BillId bill = _run(packed, PAY);
        vm.warp(block.timestamp + 31 days);
        _fund(account, 60_000);
        _run(_billOf(account, 60_000), PAY);
        _cancel(bill, packed);

        _equal(ledger.accountOf(account).spent, 60_000, "spent this month");
        _balanced();
    }

    function test_GivenWaiting_IsVoid() external {
        BillId bill = _run(packed, INSUFFICIENT);
        _cancel(bill, packed);

        _expectRecord(bill, BillState.Void, Reason.Cancelled, 60_000, 0);
        _balanced();
    }

    function test_cancelBill__GivenArrearsPartlyPaid__GivesThePaymentBack() external {
        packed = _billOf(account, 120_000);
        BillId bill = _run(packed, PAY);
        vm.prank(payer);
        ledger.payArrearsFromBalance(bill, 50_000);
        uint256 balance = _balance(account);
        _cancel(bill, packed);

        _expectRecord(bill, BillState.Void, Reason.Cancelled, 120_000, 0);
        _equal(_balance(account), balance + 50_000, "balance");
        _equal(ledger.totals().voided, 120_000, "void");
        _equal(ledger.creditOf(supplier), 0, "credit");
        _balanced();
    }

    /// Dust that somebody pays does not keep the days of a cancelled bill taken.
    function test_cancelBill__GivenDustPaid__DaysAreBilledAgain() external {
        account = _account(0);
        packed = _billOf(account, 60_000);
        BillId bill = _run(packed, PAY);
        _mint(stranger, 1);
        vm.startPrank(stranger);
        currency.approve(address(ledger), 1);
        ledger.payArrears(bill, 1);
        vm.stopPrank();
        _cancel(bill, packed);
        BillId again = _run(_replacing(packed, bill), APPEAL);

        require(ledger.stateOf(again) == BillState.Held, "billed again");
        _balanced();
    }

    function test_cancelBill__GivenPaymentWithdrawn__RefusedUntilThereIsCredit() external {
        packed = _billOf(account, 120_000);
        BillId bill = _run(packed, PAY);
        vm.prank(payer);
        ledger.payArrearsFromBalance(bill, 50_000);
        vm.prank(supplierOwner);
        ledger.withdrawCredit(supplier, 1, supplierOwner);
        _refused(Errors.PaymentLedger_InsufficientCredit.selector, SupplierId.unwrap(supplier), 49_999, 50_000);
        _cancel(bill, packed);
    }

    function test_cancelBill__GivenArrearsCollectedInTheWindow__AllGoesBack() external {
        packed = _billOf(account, 120_000);
        BillId bill = _run(packed, PAY);
        vm.prank(payer);
        ledger.payArrearsFromBalance(bill, 50_000);
        _fund(account, 20_000);
        ledger.settleArrears(_one(bill));
        _expectRecord(bill, BillState.Pending, Reason.Balance, 120_000, 70_000);
        uint256 balance = _balance(account);
        _cancel(bill, packed);

        _expectRecord(bill, BillState.Void, Reason.Cancelled, 120_000, 0);
        _equal(_balance(account), balance + 120_000, "balance");
        _balanced();
    }

    function test_RevertWhen_SettledHeldOrVoid() external {
        BillId appealed = _run(packed, APPEAL);
        _refused(Errors.PaymentLedger_WrongState.selector, BillId.unwrap(appealed), uint256(BillState.Held));
        _cancel(appealed, packed);

        AccountId other = _account(60_000);
        packed = _billOf(other, 60_000);
        BillId settled = _run(packed, PAY);
        vm.warp(block.timestamp + 7 days);
        ledger.release(_one(IdCodec.batch(settled)));
        _refused(Errors.PaymentLedger_WrongState.selector, BillId.unwrap(settled), uint256(BillState.Settled));
        _cancel(settled, packed);
    }

    function test_RevertWhen_CancelledTwice() external {
        BillId bill = _run(packed, PAY);
        _cancel(bill, packed);
        _refused(Errors.PaymentLedger_WrongState.selector, BillId.unwrap(bill), uint256(BillState.Void));
        _cancel(bill, packed);
    }

    function test_RevertWhen_WordOrIndexIsNotThePosted() external {
        BatchId batch = _post(_one(packed));
        BillId bill = IdCodec.bill(batch, 0);
        _refused(Errors.PaymentLedger_BillNotCommitted.selector, BillId.unwrap(bill));
        _cancel(bill, PackedBill.wrap(PackedBill.unwrap(packed) ^ 1));
        _refused(Errors.PaymentLedger_BillNotCommitted.selector, BillId.unwrap(bill) + 1);
        _cancel(IdCodec.bill(batch, 1), packed);
    }

    function test_RevertWhen_NotItsSupplier() external {
        BillId bill = _run(packed, PAY);
        _refused(Errors.PaymentLedger_NotSupplierOwner.selector, SupplierId.unwrap(supplier), stranger);
        vm.prank(stranger);
        ledger.cancelBill(bill, packed, new bytes32[](0));
    }

    function test_StateOf_RevertGiven_NoSuchBill() external {
        _refused(Errors.PaymentLedger_NoSuchBill.selector, 5 << 16);
        ledger.stateOf(BillId.wrap(5 << 16));
    }

    function testFuzz_GivenCaps_NeverCollectsMoreThanAMonthsCap(uint16 first, uint16 second, uint24 cap) external {
        AccountId capped = _open(payer);
        _fund(capped, 1e9);
        _grant(capped, Mandate(cap, cap, 60_000, false, false, address(0)));
        packed = _bill(capped, uint256(first) + 1, TODAY - 40, 10);
        BillId bill = _run(packed, PAY);
        if (ledger.stateOf(bill) == BillState.Pending) _cancel(bill, packed);
        _run(_bill(capped, uint256(second) + 1, TODAY - 30, 10), PAY);

        require(ledger.accountOf(capped).spent <= cap, "within the cap");
        _balanced();
    }
}
