// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {Batch, BillState, Reason} from "../types/Bills.sol";
import {AccountId, BillId, PackedAccount, PackedBill, PackedRecord} from "../types/Ids.sol";
import {DeskBase} from "./DeskBase.sol";
import {Sum} from "./LedgerBase.sol";

/// A supplier takes a bill back, wherever it stands but settled or under appeal.
abstract contract DeskCancelling is DeskBase, ILedgerDesk {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;
    using PackedRecords for PackedRecord;

    /// @inheritdoc ILedgerDesk
    function cancelBill(BillId bill, PackedBill packed, bytes32[] calldata proof) external override {
        // Check:
        Batch storage batch = _batches[bill.batch()];
        _checkSupplierOwner(batch.supplier);
        _checkCommitted(batch, bill, packed, proof);
        PackedRecord record = _records[bill];
        BillState state = _stateOf(batch, record);

        // Effect:
        if (state == BillState.Unjudged) _cancelUnjudged(batch, bill, packed);
        else if (state == BillState.Pending) _cancelPending(batch, bill, packed, record);
        else if (state == BillState.Waiting || state == BillState.Arrears) _cancelOwed(bill, record, state);
        else revert Errors.PaymentLedger_WrongState(bill, state);
    }

    function _cancelUnjudged(Batch storage batch, BillId bill, PackedBill packed) private {
        uint256 amount = packed.amount();
        _records[bill] = PackedRecords.create(packed, BillState.Void, Reason.Cancelled, 0).asUnbilled();
        ++batch.cancelled;
        _shift(amount, Sum.Unjudged, Sum.Voided);

        emit BillVoided(IdCodec.account(batch.supplier, packed.number()), bill, amount, Reason.Cancelled, 0);
    }

    /// The debited part goes back to the account, and so does what the customer had paid of it before, if anything.
    function _cancelPending(Batch storage batch, BillId bill, PackedBill packed, PackedRecord record) private {
        AccountId account = IdCodec.account(batch.supplier, packed.number());
        uint256 refund = packed.amount();
        uint256 paid;
        if (record.exists()) {
            refund = record.money();
            paid = record.amount() - refund;
        } else {
            record = PackedRecords.create(packed, BillState.Pending, Reason.None, refund);
        }
        _records[bill] = record.with(BillState.Void, Reason.Cancelled, 0);
        PackedAccount updated = _credited(account, _accounts[account], refund);
        // What was collected this month no longer counts against its cap. Whatever was collected for a batch judged
        // this month was collected this month; of a batch judged before, the cap is not given back, which errs on the
        // customer's side.
        uint256 month = Calendar.monthOf(block.timestamp);
        if (Calendar.monthOf(batch.judgedAt) == month) updated = updated.uncollected(refund);
        _accounts[account] = updated;
        batch.pending -= uint64(refund);
        _shift(refund, Sum.Pending, Sum.Voided);
        _raise(Sum.Accounts, refund);

        emit BillVoided(account, bill, refund, Reason.Cancelled, refund);
        if (paid != 0) _returnPayment(batch, bill, account, paid);
    }

    /// What was not paid is void; what was, goes back.
    function _cancelOwed(BillId bill, PackedRecord record, BillState state) private {
        uint256 paid;
        uint256 owed = record.amount();
        if (state == BillState.Arrears) {
            paid = owed - record.money();
            owed = record.money();
        }
        Batch storage batch = _batches[bill.batch()];
        AccountId account = IdCodec.account(batch.supplier, record.number());
        _reopen(bill, account, record);
        _records[bill] = record.with(BillState.Void, Reason.Cancelled, 0);
        _shift(owed, state == BillState.Arrears ? Sum.Arrears : Sum.Waiting, Sum.Voided);

        emit BillVoided(account, bill, owed, Reason.Cancelled, 0);
        if (paid != 0) _returnPayment(batch, bill, account, paid);
    }

    /// Gives `paid` minor units of a bill back from the supplier's credit: a payment, however small and by whomever, does
    /// not keep the days of a cancelled bill taken.
    function _returnPayment(Batch storage batch, BillId bill, AccountId account, uint256 paid) private {
        uint256 free = _freeCredit(batch.supplier);
        if (paid > free) revert Errors.PaymentLedger_InsufficientCredit(batch.supplier, free, paid);
        _debitSupplier(batch.supplier, paid);
        _accounts[account] = _credited(account, _accounts[account], paid);
        _raise(Sum.Accounts, paid);
        _shift(paid, Sum.Settled, Sum.Voided);

        emit PaymentReturned(account, bill, paid);
    }
}
