// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Managed} from "../Managed.sol";
import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {Batch, BillState, Reason} from "../types/Bills.sol";
import {AccountId, BillId, PackedBill, PackedRecord, SupplierId} from "../types/Ids.sol";
import {DeskBase} from "./DeskBase.sol";
import {Sum} from "./LedgerBase.sol";

/// What the refund desk has done with the money of settled bills. Only what the bill's record still has as paid can be
/// reserved, and what is refunded leaves it: so no order of calls refunds more than was paid.
abstract contract DeskRefunds is DeskBase, ILedgerDesk, Managed {
    using IdCodec for BillId;
    using PackedBills for PackedBill;
    using PackedRecords for PackedRecord;

    /// @inheritdoc ILedgerDesk
    function reserveRefund(BillId bill, PackedBill packed, bytes32[] calldata proof, uint48 amount)
        external
        override
        restricted
    {
        // Check:
        Batch storage batch = _batches[bill.batch()];
        PackedRecord record = _records[bill];
        BillState state = _stateOf(batch, record);
        if (state != BillState.Settled) revert Errors.PaymentLedger_WrongState(bill, state);
        if (!record.exists()) {
            _checkCommitted(batch, bill, packed, proof);
            record = PackedRecords.create(packed, BillState.Settled, Reason.None, packed.amount());
        }
        uint256 left = record.amount() - record.reserved();
        if (amount > left) revert Errors.PaymentLedger_RefundTooLarge(bill, amount, left);
        uint256 free = _freeCredit(batch.supplier);
        if (amount > free) revert Errors.PaymentLedger_InsufficientCredit(batch.supplier, free, amount);

        // Effect:
        _records[bill] = record.with(BillState.Settled, record.reason(), left - amount);
        _debitSupplier(batch.supplier, amount);
        _raise(Sum.Holds, amount);

        emit RefundReserved(IdCodec.account(batch.supplier, record.number()), bill, amount);
    }

    /// @inheritdoc ILedgerDesk
    function endRefund(BillId bill, bool paid) external override restricted returns (uint256 amount) {
        // Check:
        PackedRecord record = _records[bill];
        amount = record.reserved();
        if (amount == 0) {
            if (paid) revert Errors.PaymentLedger_NothingReserved(bill);
            return 0;
        }

        // Effect:
        SupplierId supplier = _batches[bill.batch()].supplier;
        AccountId account = IdCodec.account(supplier, record.number());
        _lower(Sum.Holds, amount);
        if (paid) {
            _payRefund(bill, account, record, amount);
        } else {
            _records[bill] = record.with(BillState.Settled, record.reason(), record.amount());
            _creditSupplier(supplier, amount);
            emit RefundReleased(account, bill, amount);
        }
    }

    function _payRefund(BillId bill, AccountId account, PackedRecord record, uint256 amount) private {
        uint256 left = record.money();
        // The days of a bill that is refunded whole stay taken: what is due of it is not refunded.
        _records[bill] = left == 0 ? record.with(BillState.Void, Reason.Refunded, 0) : record.withAmount(left);
        _accounts[account] = _credited(account, _accounts[account], amount);
        _raise(Sum.Accounts, amount);
        _shift(amount, Sum.Settled, Sum.Voided);

        emit RefundPaid(account, bill, amount);

        _keepForLine(bill, account, record, amount);
    }
}
