// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {PackedDebts} from "../libraries/PackedDebts.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {Voice} from "../types/Accounts.sol";
import {BillState, Reason} from "../types/Bills.sol";
import {AccountId, BatchId, BillId, PackedAccount, PackedRecord} from "../types/Ids.sol";
import {DeskBase} from "./DeskBase.sol";
import {Sum} from "./LedgerBase.sol";

/// What is paid outside the common path: waiting bills and arrears.
abstract contract DeskArrears is DeskBase, ILedgerDesk {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedDebts for uint256;
    using PackedRecords for PackedRecord;

    /// @inheritdoc ILedgerDesk
    function confirmBills(BillId[] calldata bills) external override {
        bool paid;
        for (uint256 i; i < bills.length; ++i) {
            if (_confirm(bills[i])) paid = true;
        }
        if (!paid && bills.length != 0) _refuseConfirming(bills[0]);
    }

    /// @inheritdoc ILedgerDesk
    function payArrearsFromBalance(BillId bill, uint256 amount) external override {
        // Check:
        (PackedRecord record, AccountId account) = _inState(bill, BillState.Arrears);
        _checkAccountOwner(account);

        // Effect:
        amount = _payOff(bill, account, record, amount);
        _accounts[account] = _debited(account, _accounts[account], amount);
        _lower(Sum.Accounts, amount);

        emit BillPaid(bill, account, amount, 0, 0, 0, false);
    }

    /// @inheritdoc ILedgerDesk
    function payArrears(BillId bill, uint256 amount) external override {
        // Check:
        (PackedRecord record, AccountId account) = _inState(bill, BillState.Arrears);

        // Effect:
        amount = _payOff(bill, account, record, amount);

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

    /// Passes over a bill that waits no longer, that the balance does not carry, or that is more than the mandate gives
    /// its agent to say: what others do meanwhile stops no list.
    function _confirm(BillId bill) private returns (bool) {
        // Check:
        PackedRecord record = _records[bill];
        if (!record.exists() || record.state() != BillState.Waiting) return false;
        AccountId account = IdCodec.account(_batches[bill.batch()].supplier, record.number());
        uint256 amount = record.amount();
        Voice voice = _voiceOf(account, msg.sender, amount);
        if (voice == Voice.None) revert Errors.PaymentLedger_NotAccountOwner(account, msg.sender);
        if (voice == Voice.Excessive || amount > _accounts[account].balance()) return false;

        // Effect:
        if (voice == Voice.Agent) _countAgreed(bill, account, amount);
        _accounts[account] = _accounts[account].debited(amount);
        _records[bill] = record.with(BillState.Settled, Reason.None, amount);
        _lower(Sum.Accounts, amount);
        _settle(bill, amount, Sum.Waiting);

        emit BillPaid(bill, account, amount, 0, 0, 0, false);
        return true;
    }

    /// Why a bill was passed over.
    function _refuseConfirming(BillId bill) private view {
        (PackedRecord record, AccountId account) = _inState(bill, BillState.Waiting);
        uint256 balance = _accounts[account].balance();
        if (record.amount() > balance) {
            revert Errors.PaymentLedger_InsufficientBalance(account, balance, record.amount());
        }
        revert Errors.PaymentLedger_BeyondMandate(bill, record.amount());
    }

    /// Takes `amount` minor units, or all that is owed if that is less, off what is owed and gives them to the supplier.
    function _payOff(BillId bill, AccountId account, PackedRecord record, uint256 amount) private returns (uint256) {
        if (amount == 0) revert Errors.PaymentLedger_NoPayment(bill);
        uint256 owed = record.money();
        // Whoever pays a part just before does not stop who pays it all.
        amount = _atMost(amount, owed);
        _reopen(bill, account, record);
        _records[bill] = amount == owed
            ? record.with(BillState.Settled, record.reason(), record.amount())
            : record.with(BillState.Arrears, record.reason(), owed - amount).withNote(record.note().unscored());
        _settle(bill, amount, Sum.Arrears);
        return amount;
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
        _reopen(bill, account, record);
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
}
