// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {BillState, Reason} from "../types/Bills.sol";
import {AccountId, BatchId, BillId, PackedAccount, PackedRecord} from "../types/Ids.sol";
import {LedgerBase, Sum} from "./LedgerBase.sol";

/// What is paid outside the common path: waiting bills, arrears, and bills whose appeal has ended.
abstract contract DeskArrears is LedgerBase, ILedgerDesk {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedRecords for PackedRecord;

    /// How the money of an appealed bill is divided when the appeal ends with something to pay, minor units.
    struct Closing {
        uint256 fromHold;
        uint256 fromBalance;
        uint256 refunded;
        uint256 owed;
        uint256 voided;
    }

    /// @inheritdoc ILedgerDesk
    function confirmBills(BillId[] calldata bills) external override {
        for (uint256 i; i < bills.length; ++i) {
            _confirm(bills[i]);
        }
    }

    /// @inheritdoc ILedgerDesk
    function payArrearsFromBalance(BillId bill, uint256 amount) external override {
        // Check:
        (PackedRecord record, AccountId account) = _inState(bill, BillState.Arrears);
        _checkAccountOwner(account);

        // Effect:
        _accounts[account] = _debited(account, _accounts[account], amount);
        _lower(Sum.Accounts, amount);
        _payOff(bill, record, amount);

        emit BillPaid(bill, account, amount, 0, 0, 0, false);
    }

    /// @inheritdoc ILedgerDesk
    function payArrears(BillId bill, uint256 amount) external override {
        // Check:
        (PackedRecord record, AccountId account) = _inState(bill, BillState.Arrears);

        // Effect:
        _payOff(bill, record, amount);

        emit BillPaid(bill, account, 0, 0, amount, 0, false);

        // Interaction:
        _pull(amount);
    }

    /// @inheritdoc ILedgerDesk
    function settleArrears(BillId[] calldata bills) external override returns (uint256 settled) {
        // Check:
        if (_clock.isPaused()) revert Errors.PaymentLedger_Paused();

        uint256 today = Calendar.dayOf(block.timestamp);
        uint256 month = Calendar.monthOf(block.timestamp);
        for (uint256 i; i < bills.length; ++i) {
            settled += _collect(bills[i], today, month);
        }
    }

    /// @inheritdoc ILedgerDesk
    function closeAppeal(BillId bill, uint48 due, Reason voidReason, bool consent) external override {
        // Check:
        if (msg.sender != address(_registry)) revert Errors.PaymentLedger_NotRegistry(msg.sender);
        (PackedRecord record, AccountId account) = _inState(bill, BillState.Held);
        uint256 amount = record.amount();
        if (due > amount) revert Errors.PaymentLedger_DueTooLarge(bill, due, amount);

        // Effect:
        _lower(Sum.Holds, record.money());
        if (due == 0) _voidHeld(bill, account, record, voidReason);
        else _payHeld(bill, account, record, due, voidReason, consent);
    }

    /// The record of a bill that must be in `state`, and its account.
    function _inState(BillId bill, BillState state) private view returns (PackedRecord record, AccountId account) {
        record = _records[bill];
        if (!record.exists() || record.state() != state) {
            revert Errors.PaymentLedger_WrongState(bill, _stateOf(_batches[bill.batch()], record));
        }
        account = IdCodec.account(_batches[bill.batch()].supplier, record.number());
    }

    function _confirm(BillId bill) private {
        // Check:
        (PackedRecord record, AccountId account) = _inState(bill, BillState.Waiting);
        _checkAccountOwner(account);

        // Effect:
        uint256 amount = record.amount();
        _accounts[account] = _debited(account, _accounts[account], amount);
        _records[bill] = record.with(BillState.Settled, Reason.None, amount);
        _lower(Sum.Accounts, amount);
        _settle(bill, amount, Sum.Waiting);

        emit BillPaid(bill, account, amount, 0, 0, 0, false);
    }

    /// Takes `amount` minor units off what is owed and gives them to the supplier.
    function _payOff(BillId bill, PackedRecord record, uint256 amount) private {
        uint256 owed = record.money();
        if (amount == 0 || amount > owed) revert Errors.PaymentLedger_PaymentOutOfRange(bill, amount, owed);
        _records[bill] = amount == owed
            ? record.with(BillState.Settled, record.reason(), record.amount())
            : record.with(BillState.Arrears, record.reason(), owed - amount);
        _settle(bill, amount, Sum.Arrears);
    }

    /// Collects what is owed under the mandate; nothing where that cannot be now, or another call has come before.
    function _collect(BillId bill, uint256 today, uint256 month) private returns (uint256 owed) {
        // Check:
        PackedRecord record = _records[bill];
        if (!record.exists() || record.state() != BillState.Arrears) return 0;
        BatchId batch = bill.batch();
        AccountId account = IdCodec.account(_batches[batch].supplier, record.number());
        PackedAccount packed = _accounts[account];
        owed = record.money();
        // The cap is on the bill: paying a part of it does not bring the rest under it.
        if (record.amount() > packed.capPerBill()) return 0;
        if (packed.refusal(owed, today, month) != Reason.None) return 0;
        bool toPending = !_gate.isReleasable(batch);

        // Effect:
        _accounts[account] = packed.collected(owed, month);
        _lower(Sum.Accounts, owed);
        if (toPending) {
            _records[bill] = record.with(BillState.Pending, record.reason(), owed);
            _batches[batch].pending += uint64(owed);
            _shift(owed, Sum.Arrears, Sum.Pending);
        } else {
            _records[bill] = record.with(BillState.Settled, record.reason(), record.amount());
            _settle(bill, owed, Sum.Arrears);
        }

        emit BillPaid(bill, account, owed, 0, 0, 0, toPending);
    }

    /// An appeal ends with nothing to pay: the hold goes back.
    function _voidHeld(BillId bill, AccountId account, PackedRecord record, Reason reason) private {
        uint256 held = record.money();
        _records[bill] = record.with(BillState.Void, reason, 0);
        _accounts[account] = _credited(account, _accounts[account], held);
        _raise(Sum.Accounts, held);
        _shift(record.amount(), Sum.Held, Sum.Voided);

        emit BillVoided(account, bill, record.amount(), reason, held);
    }

    /// An appeal ends with `due` minor units to pay: from the hold, then with the customer's consent from the balance;
    /// the rest becomes arrears. What is left of the hold goes back, and what is left of the bill is void.
    function _payHeld(BillId bill, AccountId account, PackedRecord record, uint256 due, Reason voidReason, bool consent)
        private
    {
        Closing memory closing = _split(record, _accounts[account], due, consent);
        _records[bill] = _closed(record, due, closing.owed, closing.voided == 0 ? Reason.None : voidReason);
        PackedAccount debited = _accounts[account].debited(closing.fromBalance);
        _accounts[account] = _credited(account, debited, closing.refunded);
        _lower(Sum.Accounts, closing.fromBalance);
        _raise(Sum.Accounts, closing.refunded);
        _shift(closing.voided, Sum.Held, Sum.Voided);
        _shift(closing.owed, Sum.Held, Sum.Arrears);
        _settle(bill, closing.fromHold + closing.fromBalance, Sum.Held);

        _emitClosed(bill, account, closing, voidReason);
    }

    function _emitClosed(BillId bill, AccountId account, Closing memory closing, Reason voidReason) private {
        if (closing.fromHold + closing.fromBalance != 0) {
            emit BillPaid(bill, account, closing.fromBalance, closing.fromHold, 0, closing.refunded, false);
        }
        if (closing.voided != 0) emit BillVoided(account, bill, closing.voided, voidReason, 0);
        if (closing.owed != 0) emit ArrearsOpened(account, bill, closing.owed, Reason.AppealShortfall);
    }

    function _split(PackedRecord record, PackedAccount account, uint256 due, bool consent)
        private
        pure
        returns (Closing memory closing)
    {
        uint256 held = record.money();
        closing.voided = record.amount() - due;
        closing.fromHold = _atMost(held, due);
        closing.refunded = held - closing.fromHold;
        closing.owed = due - closing.fromHold;
        if (consent) {
            closing.fromBalance = _atMost(account.balance(), closing.owed);
            closing.owed -= closing.fromBalance;
        }
    }

    /// A record of which `due` minor units stand, `owed` of them unpaid.
    function _closed(PackedRecord record, uint256 due, uint256 owed, Reason reason)
        private
        pure
        returns (PackedRecord)
    {
        record = record.withAmount(due);
        if (owed == 0) return record.with(BillState.Settled, reason, due);
        return record.with(BillState.Arrears, Reason.AppealShortfall, owed);
    }

    /// `amount` minor units of a bill, so far in `from`, are settled: the supplier's to withdraw.
    function _settle(BillId bill, uint256 amount, Sum from) private {
        _shift(amount, from, Sum.Settled);
        _creditSupplier(_batches[bill.batch()].supplier, amount);
    }

    function _atMost(uint256 amount, uint256 most) private pure returns (uint256) {
        return amount < most ? amount : most;
    }
}
