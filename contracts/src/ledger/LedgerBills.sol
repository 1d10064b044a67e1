// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {Tariffs} from "../libraries/Tariffs.sol";
import {Batch, Bill, BillRecord, BillState, Reason, Totals} from "../types/Bills.sol";
import {AccountId, BatchId, BillId, PackedAccount, PackedBill, PackedRecord, SupplierId} from "../types/Ids.sol";
import {Tariff, Utility} from "../types/Utilities.sol";
import {Sum} from "./LedgerBase.sol";
import {LedgerSuppliers} from "./LedgerSuppliers.sol";

/// Bills: posted in batches, cancelled one by one, released batch by batch.
abstract contract LedgerBills is LedgerSuppliers {
    using IdCodec for AccountId;
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;
    using PackedRecords for PackedRecord;
    using Tariffs for Tariff;

    /// Bills a batch: 500 appealed bills are judged in one transaction below EIP-7825's 16,777,216 gas.
    uint256 internal constant MAX_BILLS = 500;
    /// The same where bills replace others, which costs another slot each.
    uint256 internal constant MAX_BILLS_REPLACING = 400;

    /// What the checks of a batch carry from bill to bill.
    struct Posting {
        SupplierId supplier;
        Utility utility;
        uint256 accountCount;
        uint256 today;
        /// The tariff version in use, in force from `tariff.fromDay` until before `nextDay`.
        Tariff tariff;
        uint256 nextDay;
    }

    /// @inheritdoc IPaymentLedger
    function postBills(SupplierId supplier, Utility utility, PackedBill[] calldata bills)
        external
        override
        onlySupplier(supplier)
        returns (BatchId batch)
    {
        // Check:
        uint256 billed = _checkBills(supplier, utility, bills);
        uint32 version = gate.admit(billed);

        // Effect:
        batch = BatchId.wrap(++_batchCount);
        bytes32 commitment = MerkleTree.root(bills);
        Batch storage stored = _batches[batch];
        stored.commitment = commitment;
        stored.supplier = supplier;
        stored.utility = utility;
        stored.count = uint16(bills.length);
        stored.postedAt = uint40(block.timestamp);
        stored.parameterVersion = version;
        stored.billed = uint64(billed);
        _raise(Sum.Billed, billed);
        _raise(Sum.Unjudged, billed);
        if (!_tariffs[supplier][utility].billed) _tariffs[supplier][utility].billed = true;

        emit BillsPosted(batch, supplier, utility, bills.length, billed, commitment, version);
    }

    /// @inheritdoc IPaymentLedger
    function cancelBill(BillId bill, PackedBill packed, bytes32[] calldata proof) external override {
        // Check:
        Batch storage batch = _batches[bill.batch()];
        _checkSupplierOwner(batch.supplier);
        bytes32 leaf = bytes32(PackedBill.unwrap(packed));
        if (!MerkleTree.verify(batch.commitment, leaf, bill.index(), batch.count, proof)) {
            revert Errors.PaymentLedger_BillNotCommitted(bill);
        }
        PackedRecord record = _records[bill];
        BillState state = _stateOf(batch, record);

        // Effect:
        if (state == BillState.Unjudged) _cancelUnjudged(batch, bill, packed);
        else if (state == BillState.Pending) _cancelPending(batch, bill, packed, record);
        else if (state == BillState.Waiting || state == BillState.Arrears) _cancelOwed(bill, record, state);
        else revert Errors.PaymentLedger_WrongState(bill, state);
    }

    /// @inheritdoc IPaymentLedger
    function release(BatchId[] calldata batches) external override {
        for (uint256 i; i < batches.length; ++i) {
            _release(batches[i]);
        }
    }

    /// @inheritdoc IPaymentLedger
    function batchOf(BatchId batch) external view override returns (Batch memory) {
        return _batches[batch];
    }

    /// @inheritdoc IPaymentLedger
    function batchCount() external view override returns (uint256) {
        return _batchCount;
    }

    /// @inheritdoc IPaymentLedger
    function recordOf(BillId bill) external view override returns (BillRecord memory decoded) {
        Batch storage batch = _batches[bill.batch()];
        decoded = _records[bill].decode(batch.supplier);
        if (decoded.state == BillState.Pending && batch.pending == 0) {
            decoded.state = BillState.Settled;
            decoded.money = decoded.amount;
        }
    }

    /// @inheritdoc IPaymentLedger
    function stateOf(BillId bill) external view override returns (BillState) {
        Batch storage batch = _batches[bill.batch()];
        if (bill.index() >= batch.count) revert Errors.PaymentLedger_NoSuchBill(bill);
        return _stateOf(batch, _records[bill]);
    }

    /// @inheritdoc IPaymentLedger
    function totals() external view override returns (Totals memory) {
        return Totals({
            unjudged: _sumOf(Sum.Unjudged),
            pending: _sumOf(Sum.Pending),
            billed: _sumOf(Sum.Billed),
            settled: _sumOf(Sum.Settled),
            waiting: _sumOf(Sum.Waiting),
            held: _sumOf(Sum.Held),
            arrears: _sumOf(Sum.Arrears),
            voided: _sumOf(Sum.Voided),
            accounts: _sumOf(Sum.Accounts),
            holds: _sumOf(Sum.Holds),
            credit: _sumOf(Sum.Credit)
        });
    }

    /// @inheritdoc IPaymentLedger
    function decodeBill(SupplierId supplier, PackedBill bill) external pure override returns (Bill memory) {
        return bill.decode(supplier);
    }

    /// The state of a bill in `batch` with this record. A bill is pending, with a record or without, exactly as long as its
    /// amount, at least 1, is in the batch's bucket: an empty bucket means that it was released.
    function _stateOf(Batch storage batch, PackedRecord record) internal view returns (BillState) {
        if (record.exists() && record.state() != BillState.Pending) return record.state();
        if (batch.judgedAt == 0) return BillState.Unjudged;
        return batch.pending == 0 ? BillState.Settled : BillState.Pending;
    }

    /// Refuses a batch that breaks a rule, naming the bill; returns the sum of the amounts, minor units. Account slots are not
    /// touched: what depends on an account is decided when the bill is judged.
    function _checkBills(SupplierId supplier, Utility utility, PackedBill[] calldata bills)
        private
        view
        returns (uint256 billed)
    {
        Posting memory posting;
        posting.supplier = supplier;
        posting.utility = utility;
        posting.accountCount = _suppliers[supplier].accountCount;
        posting.today = Calendar.dayOf(block.timestamp);
        uint256 any;
        unchecked {
            for (uint256 i; i < bills.length; ++i) {
                PackedBill bill = bills[i];
                billed += _checkBill(posting, i, bill);
                any |= PackedBill.unwrap(bill);
            }
        }
        uint256 most = BillId.unwrap(PackedBill.wrap(any).replaces()) == 0 ? MAX_BILLS : MAX_BILLS_REPLACING;
        if (bills.length == 0 || bills.length > most) revert Errors.PaymentLedger_BillCount(bills.length, most);
    }

    function _checkBill(Posting memory posting, uint256 index, PackedBill bill) private view returns (uint256 amount) {
        uint256 number = bill.number();
        if (number == 0 || number > posting.accountCount) {
            revert Errors.PaymentLedger_NoSuchAccountNumber(index, number);
        }
        if (!bill.isWellFormed()) revert Errors.PaymentLedger_BillMalformed(index, PackedBill.unwrap(bill));
        uint256 lastDay = bill.lastDay();
        if (lastDay >= posting.today) revert Errors.PaymentLedger_PeriodNotOver(index, lastDay, posting.today);
        // The tariff's version is read again only when a bill's last day leaves its range; none is loaded at first (nextDay 0).
        if (lastDay >= posting.nextDay || lastDay < posting.tariff.fromDay) {
            (posting.tariff, posting.nextDay) = _tariffOn(posting.supplier, posting.utility, lastDay);
        }
        amount = bill.amount();
        (uint256 low, uint256 high) = posting.tariff.nearest(bill.quantity());
        if (amount < low || amount > high) revert Errors.PaymentLedger_AmountNotTariff(index, amount, low);
    }

    function _cancelUnjudged(Batch storage batch, BillId bill, PackedBill packed) private {
        uint256 amount = packed.amount();
        _records[bill] = PackedRecords.create(packed, BillState.Void, Reason.Cancelled, 0).asUnbilled();
        ++batch.cancelled;
        _shift(amount, Sum.Unjudged, Sum.Voided);

        emit BillVoided(bill, IdCodec.account(batch.supplier, packed.number()), amount, Reason.Cancelled, 0);
    }

    /// The debited part goes back to the account; what the customer had paid of it before, if anything, stays settled.
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
        _records[bill] = _cancelled(record, paid);
        PackedAccount updated = _credited(account, _accounts[account], refund);
        // What was collected this month no longer counts against its cap. Whatever was collected for a batch judged this month
        // was collected this month; of a batch judged before, the cap is not given back, which errs on the customer's side.
        uint256 month = Calendar.monthOf(block.timestamp);
        if (Calendar.monthOf(batch.judgedAt) == month) updated = updated.uncollected(refund);
        _accounts[account] = updated;
        batch.pending -= uint64(refund);
        _shift(refund, Sum.Pending, Sum.Voided);
        _raise(Sum.Accounts, refund);

        emit BillVoided(bill, account, refund, Reason.Cancelled, refund);
    }

    /// What was not paid is void; what was, stays settled.
    function _cancelOwed(BillId bill, PackedRecord record, BillState state) private {
        uint256 paid;
        uint256 owed = record.amount();
        if (state == BillState.Arrears) {
            paid = owed - record.money();
            owed = record.money();
        }
        _records[bill] = _cancelled(record, paid);
        _shift(owed, state == BillState.Arrears ? Sum.Arrears : Sum.Waiting, Sum.Voided);

        AccountId account = IdCodec.account(_batches[bill.batch()].supplier, record.number());
        emit BillVoided(bill, account, owed, Reason.Cancelled, 0);
    }

    /// A record after the cancellation of all but `paid` minor units: void, its days free, only if nothing was paid.
    function _cancelled(PackedRecord record, uint256 paid) private pure returns (PackedRecord) {
        if (paid == 0) return record.with(BillState.Void, Reason.Cancelled, 0);
        return record.with(BillState.Settled, Reason.Cancelled, paid).withAmount(paid);
    }

    /// Releasing a bucket that is empty, or was released before, does nothing.
    function _release(BatchId batch) private {
        // Check:
        if (!gate.isReleasable(batch)) revert Errors.PaymentLedger_NotReleasable(batch);
        uint256 amount = _batches[batch].pending;
        if (amount == 0) return;

        // Effect:
        SupplierId supplier = _batches[batch].supplier;
        _batches[batch].pending = 0;
        _shift(amount, Sum.Pending, Sum.Settled);
        _creditSupplier(supplier, amount);

        emit BatchReleased(batch, supplier, amount);
    }
}
