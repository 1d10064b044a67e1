// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPaymentLedger} from "../../../src/interfaces/IPaymentLedger.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {Account, Mandate} from "../../../src/types/Accounts.sol";
import {BillState, Reason} from "../../../src/types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill} from "../../../src/types/Ids.sol";
import {Utility} from "../../../src/types/Utilities.sol";
import {Presets, VerdictPolicy} from "../../../src/types/Verdicts.sol";
import {Base} from "../../Base.sol";

contract JudgeTest is Base {
    function test_GivenPay_DebitsToPending() external {
        AccountId account = _account(100_000);
        BillId bill = _run(_billOf(account, 60_000), PAY);

        require(ledger.stateOf(bill) == BillState.Pending, "pending");
        _equal(ledger.batchOf(IdCodec.batch(bill)).pending, 60_000, "bucket");
        Account memory kept = ledger.accountOf(account);
        _equal(kept.balance, 40_000, "balance");
        _equal(kept.spent, 60_000, "spent");
        _equal(kept.billedThrough, TODAY - 1, "billed through");
        _equal(kept.capPerMonth, _mandate().capPerMonth, "the rest is as it was");
        _equal(uint256(kept.utility), uint256(Utility.Electricity), "utility");
        _balanced();
    }

    function testFuzz_GivenAppeal_HoldsWhatThereIs(uint24 balance, uint16 thousands) external {
        uint256 amount = 60 * (uint256(thousands) + 1);
        AccountId account = _account(balance);
        BillId bill = _run(_billOf(account, amount), APPEAL);

        uint256 held = balance < amount ? balance : amount;
        _expectRecord(bill, BillState.Held, Reason.None, amount, held);
        _equal(_balance(account), balance - held, "balance");
        _equal(ledger.totals().holds, held, "holds");
        _balanced();
    }

    function test_GivenAppeal_NeedsNoMandate() external {
        AccountId account = _open(payer);
        _fund(account, 60_000);

        _expectRecord(_run(_billOf(account, 60_000), APPEAL), BillState.Held, Reason.None, 60_000, 60_000);
    }

    function test_GivenInsufficient_AboveTheCap_Waits() external {
        AccountId account = _account(100_000);
        BillId bill = _run(_billOf(account, 60_000), INSUFFICIENT);

        _expectRecord(bill, BillState.Waiting, Reason.Insufficient, 60_000, 0);
        _equal(_balance(account), 100_000, "balance");
        _balanced();
    }

    function test_GivenInsufficient_WithinItsClassesCap_Pays() external {
        AccountId account = _account(1_000_000);
        AccountId other = _account(1_000_000);
        vm.prank(classifier);
        ledger.setClass(_one(account), 3);
        vm.prank(governor);
        gate.setPresets(Utility.Electricity, 3, Presets(0, 0, 2, 60_000, VerdictPolicy.Trend, 0));
        PackedBill[] memory bills = new PackedBill[](2);
        (bills[0], bills[1]) = (_billOf(account, 60_000), _billOf(other, 60_000));
        BatchId batch = _post(bills);
        _judge(batch, bills, _verdicts(2, INSUFFICIENT));

        require(ledger.stateOf(IdCodec.bill(batch, 0)) == BillState.Pending, "within the cap");
        require(ledger.stateOf(IdCodec.bill(batch, 1)) == BillState.Waiting, "another class");
        _balanced();
    }

    function test_GivenInsufficient_WithoutCap_Pays() external {
        AccountId account = _account(1_000_000);
        vm.prank(governor);
        gate.setPresets(Utility.Electricity, 0, Presets(0, 0, 2, type(uint48).max, VerdictPolicy.Trend, 0));
        BillId bill = _run(_billOf(account, 60_000), INSUFFICIENT);

        require(ledger.stateOf(bill) == BillState.Pending, "paid, whatever the amount");
        _balanced();
    }

    function test_GivenNoCover_OpensArrearsWithTheReason() external {
        _expectArrears(Reason.NoMandate, 100_000, Mandate(0, 0, 0, false, false, address(0)));
        _expectArrears(Reason.MandateExpired, 100_000, Mandate(60_000, 60_000, uint16(TODAY), false, false, address(0)));
        _expectArrears(Reason.CapPerBill, 100_000, Mandate(59_999, 60_000, 60_000, false, false, address(0)));
        _expectArrears(Reason.CapPerMonth, 100_000, Mandate(60_000, 59_999, 60_000, false, false, address(0)));
        _expectArrears(Reason.Balance, 59_999, Mandate(60_000, 60_000, 60_000, false, false, address(0)));
    }

    /// From one calendar month to the next, over every carry of the month's number up to the fifth bit.
    function test_GivenAnotherMonth_CountsAnew() external {
        AccountId account = _open(payer);
        _fund(account, 1e9);
        _grant(account, Mandate(60_000, 60_000, 60_000, false, false, address(0)));
        uint256 month = ledger.accountOf(account).month;
        for (uint256 i; i < 40; ++i) {
            BillId bill = _run(_billOf(account, 60_000), PAY);
            require(ledger.stateOf(bill) == BillState.Pending, "a month's cap is a calendar month's");
            _equal(ledger.accountOf(account).spent, 60_000, "spent");
            if (i != 0) _equal(ledger.accountOf(account).month, month + 1, "month");
            month = ledger.accountOf(account).month;
            vm.warp(block.timestamp + 30.4375 days);
        }
    }

    function test_GivenDaysBilledBefore_IsVoid() external {
        AccountId account = _account(1e6);
        _run(_bill(account, 1000, TODAY - 40, 30), PAY);
        BillId again = _run(_bill(account, 1000, TODAY - 11, 5), PAY);
        BillId next = _run(_bill(account, 1000, TODAY - 10, 5), PAY);

        _expectRecord(again, BillState.Void, Reason.Overlap, PRICE, 0);
        require(ledger.stateOf(next) == BillState.Pending, "the next day is free");
        _balanced();
    }

    function test_GivenAnotherUtility_IsVoid() external {
        AccountId account = _account(1e6);
        vm.startPrank(supplierOwner);
        ledger.setTariff(supplier, Utility.Water, 0, 0, _flat(PRICE));
        PackedBill[] memory bills = _one(_billOf(account, 60_000));
        BatchId batch = ledger.postBills(supplier, Utility.Water, bills);
        vm.stopPrank();
        _judge(batch, bills, _verdicts(1, PAY));

        _expectRecord(IdCodec.bill(batch, 0), BillState.Void, Reason.WrongUtility, 60_000, 0);
        _equal(ledger.accountOf(account).billedThrough, 0, "days stay free");
    }

    function test_GivenCustomerFrozen_SettlesAllTheSame() external {
        AccountId account = _account(60_000);
        vm.prank(issuer);
        currency.setFrozen(payer, true);

        require(ledger.stateOf(_run(_billOf(account, 60_000), PAY)) == BillState.Pending, "pending");
    }

    function test_RevertWhen_NotGate() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_NotGate.selector, stranger));
        vm.prank(stranger);
        ledger.judge(BatchId.wrap(1), new uint256[](0), "");
    }

    function test_RevertWhen_JudgedOrNeverPosted() external {
        PackedBill bill = _billOf(_account(1e6), 60_000);
        BatchId batch = IdCodec.batch(_run(bill, PAY));
        _refused(Errors.PaymentLedger_NotUnjudged.selector, BatchId.unwrap(batch));
        _judge(batch, _one(bill), _verdicts(1, PAY));
        _refused(Errors.PaymentLedger_NotUnjudged.selector, 9);
        _judge(BatchId.wrap(9), _one(bill), _verdicts(1, PAY));
    }

    function test_RevertWhen_BillsAreNotThosePosted() external {
        PackedBill[] memory bills = _one(_billOf(_account(1e6), 60_000));
        BatchId batch = _post(bills);
        bills[0] = PackedBill.wrap(PackedBill.unwrap(bills[0]) + (1 << 80));
        _refused(Errors.PaymentLedger_BillsNotCommitted.selector, BatchId.unwrap(batch));
        _judge(batch, bills, _verdicts(1, PAY));
    }

    /// Where the verdicts end is what ends the loops: a verdict in the padding would be one of no bill.
    function test_RevertWhen_AVerdictFollowsTheLast() external {
        PackedBill[] memory bills = _one(_billOf(_account(1e6), 60_000));
        BatchId batch = _post(bills);
        uint256[] memory words = new uint256[](1);
        words[0] = PackedBill.unwrap(bills[0]);
        bytes memory call = abi.encodeCall(IPaymentLedger.judge, (batch, words, _verdicts(1, PAY)));
        call[call.length - 20] = PAY;
        _refused(Errors.PaymentLedger_VerdictLength.selector, 12, 12);
        vm.prank(address(gate));
        (bool refused,) = address(ledger).call(call);
        require(refused, "refused");
    }

    function test_RevertWhen_VerdictsTooFewOrMalformed() external {
        PackedBill[] memory bills = new PackedBill[](2);
        bills[0] = _billOf(_account(1e6), 60_000);
        bills[1] = _billOf(_account(1e6), 60_000);
        BatchId batch = _post(bills);
        _refused(Errors.PaymentLedger_VerdictLength.selector, 12, 24);
        _judge(batch, bills, _verdicts(1, PAY));

        bytes2[5] memory heads = [bytes2(0x3000), bytes2(0x3101), bytes2(0x3500), bytes2(0x7100), bytes2(0xb200)];
        for (uint256 i; i < 5; ++i) {
            bytes memory verdicts = _verdicts(2, PAY);
            (verdicts[12], verdicts[13]) = (heads[i][0], heads[i][1]);
            _refused(Errors.PaymentLedger_VerdictMalformed.selector, 1, uint16(heads[i]));
            _judge(batch, bills, verdicts);
        }
    }

    function _expectArrears(Reason reason, uint256 balance, Mandate memory mandate) private {
        AccountId account = _open(payer);
        if (balance != 0) _fund(account, balance);
        if (mandate.lastDay != 0) _grant(account, mandate);
        PackedBill bill = _billOf(account, 60_000);
        if (reason == Reason.MandateExpired) vm.warp(block.timestamp + 1 days);
        BillId id = _run(bill, PAY);

        _expectRecord(id, BillState.Arrears, reason, 60_000, 60_000);
        _equal(_balance(account), balance, "balance");
        require(ledger.collectable(id) == reason, "not collectable for the same reason");
        _balanced();
        vm.warp(TODAY * 1 days + 12 hours);
    }
}
