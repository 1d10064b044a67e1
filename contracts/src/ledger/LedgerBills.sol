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
    using PackedBills for PackedBill[];
    using PackedBills for uint256[];
    using PackedRecords for PackedRecord;
    using Tariffs for Tariff;

    /// Bills a batch: 500 appealed bills are judged in one transaction below EIP-7825's 16,777,216 gas.
    uint256 internal constant MAX_BILLS = 500;
    /// The same where bills replace others, which costs another slot each.
    uint256 internal constant MAX_BILLS_REPLACING = 350;

    /// The first day, since 1970-01-01, that an account cannot be billed through.
    uint256 private constant DAYS_END = 1 << 16;
    /// PackedBills.MAX_QUANTITY, as assembly can read it.
    uint256 private constant MAX_QUANTITY = 0x5d0000000000;

    /// What the checks of a batch carry from bill to bill.
    struct Posting {
        SupplierId supplier;
        Utility utility;
        uint256 accountCount;
        uint256 today;
        /// The tariff version in use, in force from `fromDay` until before `nextDay`; none at first.
        Tariff tariff;
        uint256 fromDay;
        uint256 nextDay;
        /// Of a tariff of one block: 1,000 · standing and the price. `plainUntil` is `nextDay` for such a tariff, else
        /// 0.
        uint256 standing;
        uint256 price;
        uint256 plainUntil;
        /// Sum of the amounts, minor units.
        uint256 billed;
        /// Whether some bill replaces another.
        bool replacing;
    }

    /// @inheritdoc IPaymentLedger
    function postBills(SupplierId supplier, Utility utility, PackedBill[] calldata bills)
        external
        override
        onlySupplier(supplier)
        returns (BatchId batch)
    {
        // Check:
        uint256 billed = _checkBills(supplier, utility, bills.words());
        uint32 version = _gate.admit(utility, bills.length, billed);

        // Effect:
        batch = BatchId.wrap(++_batchCount);
        bytes32 commitment = MerkleTree.root(bills.words());
        Batch storage stored = _batches[batch];
        stored.commitment = commitment;
        stored.supplier = supplier;
        stored.utility = utility;
        stored.count = uint16(bills.length);
        stored.postedAt = uint40(block.timestamp);
        stored.parameterVersion = version;
        _raise(Sum.Billed, billed);
        _raise(Sum.Unjudged, billed);
        if (!_tariffs[supplier][utility].billed) _tariffs[supplier][utility].billed = true;

        emit BillsPosted(batch, supplier, utility, bills.length, billed, commitment, version);
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
    function collectable(BillId bill) external view override returns (Reason) {
        Batch storage batch = _batches[bill.batch()];
        PackedRecord record = _records[bill];
        BillState state = _stateOf(batch, record);
        if (state != BillState.Arrears) revert Errors.PaymentLedger_WrongState(bill, state);
        PackedAccount account = _accounts[IdCodec.account(batch.supplier, record.number())];
        uint256 today = Calendar.dayOf(block.timestamp);
        Reason reason = account.refusal(record.money(), today, Calendar.monthOf(block.timestamp));
        bool mandated = reason != Reason.NoMandate && reason != Reason.MandateExpired;
        // The cap is on the bill: paying a part of it does not bring the rest under it.
        return mandated && record.amount() > account.capPerBill() ? Reason.CapPerBill : reason;
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
            givenUp: _sumOf(Sum.GivenUp),
            accounts: _sumOf(Sum.Accounts),
            holds: _sumOf(Sum.Holds),
            credit: _sumOf(Sum.Credit),
            bonds: _sumOf(Sum.Bonds)
        });
    }

    /// @inheritdoc IPaymentLedger
    function decodeBill(SupplierId supplier, PackedBill bill) external pure override returns (Bill memory) {
        return bill.decode(supplier);
    }

    /// Refuses a batch that breaks a rule, naming the bill; returns the sum of the amounts, minor units. Account slots
    /// are not touched: what depends on an account is decided when the bill is judged.
    function _checkBills(SupplierId supplier, Utility utility, uint256[] calldata bills)
        private
        view
        returns (uint256)
    {
        Posting memory posting;
        posting.supplier = supplier;
        posting.utility = utility;
        posting.accountCount = _suppliers[supplier].accountCount;
        // An account counts days in 16 bits: no bill ends later, in the year 2149, however late it is posted.
        uint256 today = Calendar.dayOf(block.timestamp);
        posting.today = today < DAYS_END ? today : DAYS_END;
        unchecked {
            uint256 begin = bills.offsetOf();
            uint256 end = begin + 32 * bills.length;
            for (uint256 at = begin; at != end; at += 32) {
                at = _skipPlain(posting, at, end);
                if (at == end) break;
                _checkBill(posting, (at - begin) / 32, PackedBills.at(at));
            }
        }
        uint256 most = posting.replacing ? MAX_BILLS_REPLACING : MAX_BILLS;
        if (bills.length == 0 || bills.length > most) revert Errors.PaymentLedger_BillCount(bills.length, most);
        return posting.billed;
    }

    /// Checks the bills from `from` until before `end` in calldata while each of them replaces nothing and is right by
    /// the tariff version in use, which has one block. Returns where the first is that is not, or `end`.
    ///
    /// The rules are `_checkBill`'s, to which every other bill goes. Here they are one loop without a branch or a call
    /// each, which halves what checking costs.
    function _skipPlain(Posting memory posting, uint256 from, uint256 end) private pure returns (uint256 at) {
        (uint256 count, uint256 fromDay, uint256 billed) = (posting.accountCount, posting.fromDay, posting.billed);
        (uint256 base, uint256 price) = (posting.standing, posting.price);
        // In force and over: one range of days.
        uint256 span = posting.today < posting.plainUntil ? posting.today : posting.plainUntil;
        span = span < fromDay ? 0 : span - fromDay;
        assembly ("memory-safe") {
            for { at := from } lt(at, end) { at := add(at, 0x20) } {
                let bill := calldataload(at)
                // Zero less one wraps to the largest number: one comparison for both bounds of number, days and range.
                let less := sub(and(shr(144, bill), 0xff), 1)
                let day := sub(add(and(shr(128, bill), 0xffff), less), fromDay)
                let quantity := and(shr(32, bill), 0xffffffffffff)
                let amount := and(shr(80, bill), 0xffffffffffff)
                // Nearest, as Tariffs.isNearest.
                let apart := sub(add(mul(amount, 1000), 500), add(base, mul(quantity, price)))
                if or(
                    or(
                        or(iszero(lt(sub(and(bill, 0xffffffff), 1), count)), gt(less, 92)),
                        or(shr(152, bill), iszero(amount))
                    ),
                    or(or(iszero(lt(day, span)), gt(quantity, MAX_QUANTITY)), gt(apart, 1000))
                ) { break }
                billed := add(billed, amount)
            }
        }
        posting.billed = billed;
    }

    function _checkBill(Posting memory posting, uint256 index, PackedBill bill) private view {
        uint256 lastDay = bill.lastDay();
        uint256 number = bill.number();
        if (number == 0 || number > posting.accountCount) {
            revert Errors.PaymentLedger_NoSuchAccountNumber(index, number);
        }
        if (!bill.isWellFormed()) revert Errors.PaymentLedger_BillMalformed(index, PackedBill.unwrap(bill));
        if (lastDay >= posting.today) revert Errors.PaymentLedger_PeriodNotOver(index, lastDay, posting.today);
        // The tariff's version is read again only when a bill's last day leaves its range.
        if (lastDay >= posting.nextDay || lastDay < posting.fromDay) _useTariffOn(posting, lastDay);
        uint256 amount = bill.amount();
        uint256 thousandths = posting.tariff.costOf(bill.quantity());
        if (!Tariffs.isNearest(amount, thousandths)) {
            revert Errors.PaymentLedger_AmountNotTariff(index, amount, Tariffs.roundHalfEven(thousandths));
        }
        posting.billed += amount;
        if (BillId.unwrap(bill.replaces()) != 0) posting.replacing = true;
    }

    function _useTariffOn(Posting memory posting, uint256 day) private view {
        (Tariff memory tariff, uint256 nextDay) = _tariffOn(posting.supplier, posting.utility, day);
        bool plain = tariff.blocks.length == 1;
        posting.tariff = tariff;
        posting.fromDay = tariff.fromDay;
        posting.nextDay = nextDay;
        posting.standing = uint256(tariff.standing) * 1000;
        posting.price = tariff.blocks[0].price;
        posting.plainUntil = plain ? nextDay : 0;
    }

    /// Releasing a bucket that is empty, or was released before, does nothing.
    function _release(BatchId batch) private {
        // Check:
        if (!_gate.isReleasable(batch)) revert Errors.PaymentLedger_NotReleasable(batch);
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
