// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealDesk} from "../interfaces/IAppealDesk.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {Voice} from "../types/Accounts.sol";
import {Batch, BillState, Reason} from "../types/Bills.sol";
import {AccountId, BillId, PackedAccount, PackedBill, PackedRecord, SupplierId} from "../types/Ids.sol";
import {DeskAppeals} from "./DeskAppeals.sol";
import {Sum} from "./LedgerBase.sol";

/// Appeals by hand. What was paid of the bill is set aside as far as it can still be had; for the rest the supplier's
/// credit is a pledge: it cannot be withdrawn below what is pledged, so that its next settlements cover it. Nothing is
/// pushed, and nobody else's bill waits for it.
abstract contract DeskReclaiming is DeskAppeals {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;
    using PackedRecords for PackedRecord;

    /// The customer's bond is the bill's amount divided by this, and at least 1.
    uint256 private constant BOND_DIVISOR = 20;

    /// What an appeal by hand takes, minor units.
    struct Taking {
        BillState from;
        /// Of the bill, and its parts by state.
        uint256 amount;
        uint256 pending;
        uint256 settled;
        uint256 owed;
        /// Of the settled part, what was set aside for a refund, and what is taken of the supplier's credit.
        uint256 reserved;
        uint256 fromCredit;
        uint256 bond;
    }

    /// How a bill under an appeal by hand is divided when the appeal ends, minor units.
    struct Outcome {
        /// Of what was paid, the supplier's to keep; of the hold, back to its credit.
        uint256 kept;
        uint256 toSupplier;
        /// Of the hold, back to the balance; what is lacking is the supplier's debt.
        uint256 refunded;
        uint256 debt;
        /// Of what was not paid, to pay now, and to pay later.
        uint256 fromBalance;
        uint256 owed;
        uint256 voided;
    }

    /// @inheritdoc IAppealDesk
    function reclaim(BillId bill, PackedBill packed, bytes32[] calldata proof) external override onlyRegistry {
        // Check:
        Batch storage batch = _batches[bill.batch()];
        _checkCommitted(batch, bill, packed, proof);
        PackedRecord record = _records[bill];
        Taking memory taking = _takingOf(bill, _stateOf(batch, record), record, packed);
        if (!record.exists()) record = PackedRecords.create(packed, taking.from, Reason.None, taking.amount);

        // Effect:
        AccountId account = IdCodec.account(batch.supplier, packed.number());
        _accounts[account] = _debited(account, _accounts[account], taking.bond);
        _reopen(bill, account, record);
        batch.pending -= uint64(taking.pending);
        taking.fromCredit = taking.reserved + _pledge(batch.supplier, taking.settled - taking.reserved);
        _records[bill] = record.with(BillState.Held, Reason.None, taking.pending + taking.fromCredit);
        (_claims[bill].paid, _claims[bill].bond) = (uint48(taking.amount - taking.owed), uint48(taking.bond));
        _markLate(batch, bill);
        _moveSums(taking);

        _emitReclaimed(bill, account, taking);
    }

    /// @inheritdoc IAppealDesk
    function closeReclaimed(BillId bill, uint48 due, Reason voidReason, Voice consent) external override onlyRegistry {
        // Check:
        (PackedRecord record, AccountId account) = _inState(bill, BillState.Held);
        Claim memory claim = _claims[bill];
        uint256 amount = record.amount();
        if (due > amount) revert Errors.PaymentLedger_DueTooLarge(bill, due, amount);

        // Effect:
        Outcome memory outcome = _outcomeOf(record, claim, _accounts[account].balance(), due, consent);
        _records[bill] = due == 0
            ? record.with(BillState.Void, voidReason, 0)
            : _closed(record, due, outcome.owed, due == amount ? Reason.None : voidReason);
        _claims[bill] = Claim({paid: 0, bond: 0, debt: uint48(outcome.debt), returned: claim.returned});
        _lower(Sum.Holds, record.money() + claim.bond);
        _repay(account, outcome, due == amount ? 0 : claim.bond);
        _divideReclaimed(bill, outcome, record, claim, due == amount);
        if (consent == Voice.Agent) _countAgreed(bill, account, outcome.fromBalance);

        _emitEnded(bill, account, outcome, claim.bond, due == amount);
        _keepForLine(bill, account, record, outcome.refunded);
        if (outcome.voided != 0) emit BillVoided(account, bill, outcome.voided, voidReason, 0);
        if (outcome.debt != 0) _refund(bill, account);
    }

    /// @inheritdoc IAppealDesk
    function collectRefunds(BillId[] calldata bills) external override returns (uint256 refunded) {
        for (uint256 i; i < bills.length; ++i) {
            AccountId account = IdCodec.account(_batches[bills[i].batch()].supplier, _records[bills[i]].number());
            refunded += _refund(bills[i], account);
        }
    }

    /// What an appeal by hand takes, but for the supplier's credit.
    function _takingOf(BillId bill, BillState from, PackedRecord record, PackedBill packed)
        private
        pure
        returns (Taking memory taking)
    {
        if (from != BillState.Pending && from != BillState.Settled && from != BillState.Arrears) {
            revert Errors.PaymentLedger_WrongState(bill, from);
        }
        taking.from = from;
        taking.amount = record.exists() ? record.amount() : packed.amount();
        uint256 money = record.exists() ? record.money() : taking.amount;
        if (from == BillState.Pending) taking.pending = money;
        if (from == BillState.Arrears) taking.owed = money;
        taking.reserved = record.reserved();
        taking.settled = taking.amount - taking.pending - taking.owed;
        taking.bond = taking.amount < BOND_DIVISOR ? 1 : taking.amount / BOND_DIVISOR;
    }

    function _moveSums(Taking memory taking) private {
        _lower(Sum.Accounts, taking.bond);
        _raise(Sum.Holds, taking.bond + taking.pending + taking.fromCredit - taking.reserved);
        _shift(taking.pending, Sum.Pending, Sum.Held);
        _shift(taking.settled, Sum.Settled, Sum.Held);
        _shift(taking.owed, Sum.Arrears, Sum.Held);
    }

    /// Takes up to `amount` of a supplier's credit that is not pledged already, and pledges the credit for the rest.
    function _pledge(SupplierId supplier, uint256 amount) private returns (uint256 taken) {
        taken = _atMost(_freeCredit(supplier), amount);
        _debitSupplier(supplier, taken);
        _suppliers[supplier].pledged += uint96(amount - taken);
    }

    function _outcomeOf(PackedRecord record, Claim memory claim, uint256 balance, uint256 due, Voice consent)
        private
        pure
        returns (Outcome memory outcome)
    {
        uint256 held = record.money();
        outcome.kept = _atMost(due, claim.paid);
        outcome.refunded = _atMost(held, claim.paid - outcome.kept);
        outcome.toSupplier = held - outcome.refunded;
        outcome.debt = claim.paid - outcome.kept - outcome.refunded;
        outcome.owed = due - outcome.kept;
        if (consent != Voice.None) {
            outcome.fromBalance = _atMost(balance, outcome.owed);
            outcome.owed -= outcome.fromBalance;
        }
        outcome.voided = record.amount() - due;
    }

    /// What the account gets back, and what it pays.
    function _repay(AccountId account, Outcome memory outcome, uint256 bond) private {
        PackedAccount packed = _accounts[account].debited(outcome.fromBalance);
        _accounts[account] = _credited(account, packed, outcome.refunded + bond);
        _lower(Sum.Accounts, outcome.fromBalance);
        _raise(Sum.Accounts, outcome.refunded + bond);
    }

    /// What the supplier gets, and the parts of the bill. Its pledge falls to the debt.
    function _divideReclaimed(
        BillId bill,
        Outcome memory outcome,
        PackedRecord record,
        Claim memory claim,
        bool bondLost
    ) private {
        SupplierId supplier = _batches[bill.batch()].supplier;
        _creditSupplier(supplier, outcome.toSupplier + outcome.fromBalance + (bondLost ? claim.bond : 0));
        _suppliers[supplier].pledged -= uint96(claim.paid - record.money() - outcome.debt);
        _shift(outcome.kept + outcome.fromBalance, Sum.Held, Sum.Settled);
        _shift(outcome.owed, Sum.Held, Sum.Arrears);
        _shift(outcome.voided, Sum.Held, Sum.Voided);
    }

    function _emitReclaimed(BillId bill, AccountId account, Taking memory taking) private {
        if (taking.reserved != 0) emit RefundReleased(account, bill, taking.reserved);
        emit BillReclaimed(
            account, bill, taking.from, taking.amount, taking.owed, taking.pending, taking.fromCredit, taking.bond
        );
    }

    function _emitEnded(BillId bill, AccountId account, Outcome memory outcome, uint256 bond, bool lost) private {
        emit ReclaimClosed(account, bill, outcome.kept, outcome.toSupplier, outcome.refunded, outcome.debt, bond, lost);
        if (outcome.fromBalance != 0) emit BillPaid(bill, account, outcome.fromBalance, 0, 0, 0, false);
        if (outcome.owed != 0) emit ArrearsOpened(account, bill, outcome.owed, Reason.AppealShortfall);
    }

    /// Pays what the supplier owes for a bill, as far as its credit goes.
    function _refund(BillId bill, AccountId account) private returns (uint256 amount) {
        SupplierId supplier = _batches[bill.batch()].supplier;
        amount = _atMost(_claims[bill].debt, _suppliers[supplier].credit);
        if (amount == 0) return 0;
        _claims[bill].debt -= uint48(amount);
        _debitSupplier(supplier, amount);
        _suppliers[supplier].pledged -= uint96(amount);
        _accounts[account] = _credited(account, _accounts[account], amount);
        _raise(Sum.Accounts, amount);

        emit Refunded(bill, account, amount);

        _keepForLine(bill, account, _records[bill], amount);
    }
}
