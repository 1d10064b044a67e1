// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealDesk} from "../interfaces/IAppealDesk.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {Batch, BillState, Reason} from "../types/Bills.sol";
import {AccountId, BillId, PackedAccount, PackedBill, PackedRecord} from "../types/Ids.sol";
import {Correction, Decision, Slashing} from "../types/Verdicts.sol";
import {DeskBonds} from "./DeskBonds.sol";
import {Sum} from "./LedgerBase.sol";

/// A bill whose verdict was shown wrong is judged anew: what was done is undone, and what the right verdict says is done.
abstract contract DeskReversing is DeskBonds {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;
    using PackedRecords for PackedRecord;

    /// What becomes of a bill, minor units.
    struct Reversal {
        BillState from;
        BillState to;
        Reason reason;
        /// Of the bill, that passes from state to state.
        uint256 amount;
        /// Back to the balance, from the bucket or the hold, and out of it again.
        uint256 refunded;
        uint256 taken;
    }

    /// @inheritdoc IAppealDesk
    function reverse(BillId bill, PackedBill packed, Correction calldata correction, Slashing calldata slashing)
        external
        override
        returns (BillState from, BillState to, uint128 exhausted, bool again)
    {
        // Check:
        if (msg.sender != address(_gate.challenges())) revert Errors.PaymentLedger_NotChallenges(msg.sender);
        Batch storage batch = _batches[bill.batch()];
        PackedRecord record = _records[bill];
        if (record.isCorrected(correction.byMeter)) revert Errors.PaymentLedger_AlreadyCorrected(bill);

        // Effect:
        again = record.isCorrected(false);
        from = _stateOf(batch, record);
        if (!record.exists()) record = PackedRecords.create(packed, from, Reason.None, packed.amount());
        record = record.asCorrected(correction.byMeter);
        bool stays = _stays(from, correction.right) || _isParties(bill, record, from);
        if (stays) (to, _records[bill]) = (from, record);
        else to = _judgeAnew(bill, batch, record, from, correction);
        // Once for a verdict, however often it is corrected.
        if (slashing.signers != 0 && !again) exhausted = _slash(bill, slashing);
    }

    /// Whether the bill is where the right verdict puts it, or nothing of it can be undone.
    function _stays(BillState from, Decision right) private pure returns (bool) {
        if (from == BillState.Pending || from == BillState.Arrears) return right == Decision.Pay;
        if (from == BillState.Held) return right == Decision.Appeal;
        return from != BillState.Waiting || right == Decision.Insufficient;
    }

    /// Whether what the parties do or have done stands, whatever the verdict: an appeal by hand, or what its customer
    /// owed after an appeal.
    function _isParties(BillId bill, PackedRecord record, BillState from) private view returns (bool) {
        return from == BillState.Held ? _claims[bill].bond != 0 : record.reason() == Reason.AppealShortfall;
    }

    function _judgeAnew(
        BillId bill,
        Batch storage batch,
        PackedRecord record,
        BillState from,
        Correction calldata correction
    ) private returns (BillState) {
        Reversal memory reversal;
        reversal.from = from;
        reversal.amount = from == BillState.Waiting || from == BillState.Held ? record.amount() : record.money();
        if (from == BillState.Pending || from == BillState.Held) reversal.refunded = record.money();
        AccountId account = IdCodec.account(batch.supplier, record.number());
        _reopen(bill, account, record);
        PackedAccount packed = _undone(batch, account, reversal);
        _accounts[account] = _done(packed, reversal, record.amount(), correction.right);
        record = _moved(record, reversal);
        if (reversal.to == BillState.Held) {
            record = record.asOpenedAfter(correction.sinceJudged);
            _markLate(batch, bill);
        }
        _records[bill] = record;
        _moveSums(batch, reversal);

        emit BillReversed(
            bill, account, from, reversal.to, reversal.reason, reversal.amount, reversal.refunded, reversal.taken
        );
        return reversal.to;
    }

    /// The account with what was taken from it for the bill.
    function _undone(Batch storage batch, AccountId account, Reversal memory reversal)
        private
        view
        returns (PackedAccount packed)
    {
        packed = _credited(account, _accounts[account], reversal.refunded);
        // As in cancelling: what was collected this month no longer counts against its cap.
        bool thisMonth = Calendar.monthOf(batch.judgedAt) == Calendar.monthOf(block.timestamp);
        return reversal.from == BillState.Pending && thisMonth ? packed.uncollected(reversal.refunded) : packed;
    }

    /// The account after the right verdict, as judging would leave it; says where the bill goes. The cap a bill is on
    /// the whole bill, `amount`, of which a part may be paid already.
    function _done(PackedAccount packed, Reversal memory reversal, uint256 amount, Decision right)
        private
        view
        returns (PackedAccount)
    {
        if (right == Decision.Insufficient) {
            (reversal.to, reversal.reason) = (BillState.Waiting, Reason.Insufficient);
            return packed;
        }
        if (right == Decision.Appeal) {
            reversal.to = BillState.Held;
            uint256 balance = packed.balance();
            reversal.taken = balance < reversal.amount ? balance : reversal.amount;
            return packed.debited(reversal.taken);
        }
        uint256 month = Calendar.monthOf(block.timestamp);
        Reason reason = packed.refusal(reversal.amount, Calendar.dayOf(block.timestamp), month);
        if (reason == Reason.None && amount > packed.capPerBill()) reason = Reason.CapPerBill;
        (reversal.to, reversal.reason) = (reason == Reason.None ? BillState.Pending : BillState.Arrears, reason);
        if (reason != Reason.None) return packed;
        reversal.taken = reversal.amount;
        return packed.collected(reversal.amount, month);
    }

    function _moved(PackedRecord record, Reversal memory reversal) private pure returns (PackedRecord) {
        uint256 money = reversal.to == BillState.Arrears ? reversal.amount : reversal.taken;
        bool paidInPart = record.amount() != reversal.amount;
        record = record.with(reversal.to, reversal.reason, money);
        // Only the rest is judged anew; what was paid of the bill keeps its days taken, whatever becomes of the rest.
        return paidInPart ? record.withAmount(reversal.amount).asReplaced() : record;
    }

    function _moveSums(Batch storage batch, Reversal memory reversal) private {
        _shift(reversal.amount, _sumAt(reversal.from), _sumAt(reversal.to));
        if (reversal.from == BillState.Held) _lower(Sum.Holds, reversal.refunded);
        else if (reversal.from == BillState.Pending) batch.pending -= uint64(reversal.refunded);
        if (reversal.to == BillState.Held) _raise(Sum.Holds, reversal.taken);
        else if (reversal.to == BillState.Pending) batch.pending += uint64(reversal.taken);
        if (reversal.refunded > reversal.taken) _raise(Sum.Accounts, reversal.refunded - reversal.taken);
        else if (reversal.taken > reversal.refunded) _lower(Sum.Accounts, reversal.taken - reversal.refunded);
    }

    function _sumAt(BillState state) private pure returns (Sum) {
        if (state == BillState.Pending) return Sum.Pending;
        if (state == BillState.Held) return Sum.Held;
        return state == BillState.Waiting ? Sum.Waiting : Sum.Arrears;
    }
}
