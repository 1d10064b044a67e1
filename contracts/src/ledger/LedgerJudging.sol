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
import {PackedVerdicts} from "../libraries/PackedVerdicts.sol";
import {Batch, BillState, Reason} from "../types/Bills.sol";
import {AccountId, BatchId, BillId, PackedAccount, PackedBill, PackedRecord, SupplierId} from "../types/Ids.sol";
import {Utility} from "../types/Utilities.sol";
import {Decision} from "../types/Verdicts.sol";
import {Sum} from "./LedgerBase.sol";
import {LedgerBills} from "./LedgerBills.sol";

/// Judging: applies the verdicts of a batch. Everything a bill needs of its account is in one slot, read and written
/// once.
abstract contract LedgerJudging is LedgerBills {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;
    using PackedBills for uint256[];
    using PackedRecords for PackedRecord;
    using PackedVerdicts for bytes;

    /// Offsets in memory of the first fields of `Run`, for assembly.
    uint256 private constant FIRST_BILL = 0x00;
    uint256 private constant FIRST_ACCOUNT = 0x20;
    uint256 private constant COUNT = 0x40;
    uint256 private constant PLAIN_END = 0x60;
    uint256 private constant WORDS = 0x80;
    uint256 private constant HEADS = 0xa0;
    uint256 private constant LOW_48 = 0xffffffffffff;
    uint256 private constant LOW_44 = 0xfffffffffff;
    /// Where an account has its month, the last day of its mandate and its utility.
    uint256 private constant MONTHS = 0x0000000000000000fff000000000000000000000000000000000000000000000;
    uint256 private constant LAST_DAYS = 0x000000000000ffff000000000000000000000000000000000000000000000000;
    uint256 private constant UTILITIES = 0x00000f0000000000000000000000000000000000000000000000000000000000;
    /// All of an account but spent, month and billedThrough, and all but billedThrough.
    uint256 private constant KEPT_BY_PAYING = 0xffffffff0000ffff00000000000000ffffffffffffffffffffffffffffffffff;
    uint256 private constant KEPT_BY_HOLDING = 0xffffffff0000ffffffffffffffffffffffffffffffffffffffffffffffffffff;
    /// A record's state Held.
    uint256 private constant HELD = 0x0000000000000000000000000400000000000000000000000000000000000000;

    /// What judging carries from bill to bill: storage is written once a batch, with the sums.
    struct Run {
        /// Ids of the batch's bill 0 and of the supplier's account 0; the index and the number are added.
        uint256 firstBill;
        uint256 firstAccount;
        /// Bills of the batch, and how many `_payPlain` may judge: none where some were cancelled, since that a bill
        /// has no record it does not look up.
        uint256 count;
        uint256 plainEnd;
        /// Where bills and verdicts begin in calldata.
        uint256 words;
        uint256 heads;
        /// The batch's utility, today, and this month, where an account has its own, the last day of its mandate, and
        /// its month.
        uint256 frame;
        uint256 utility;
        uint256 today;
        uint256 month;
        /// The bill to be judged next.
        uint256 next;
        uint256 parameterVersion;
        /// Amounts by outcome, minor units.
        uint256 pending;
        uint256 waiting;
        uint256 arrears;
        uint256 voided;
        uint256 heldAmount;
        /// Set aside of `heldAmount`, minor units.
        uint256 holds;
        uint256 appealed;
        /// Bit i of the two together: bill i is held.
        uint256 heldLow;
        uint256 heldHigh;
        /// By class: 1 + the largest amount, minor units, that an INSUFFICIENT verdict pays; 0 where not asked yet.
        /// Empty until the first such verdict.
        uint256[] caps;
    }

    /// @inheritdoc IPaymentLedger
    function judge(BatchId batch, uint256[] calldata bills, bytes calldata verdicts)
        external
        override
        returns (uint256 appealed, uint256[2] memory held)
    {
        // Check:
        if (msg.sender != address(_gate)) revert Errors.PaymentLedger_NotGate(msg.sender);
        Batch storage stored = _batches[batch];
        _checkJudgeable(batch, stored, bills, verdicts);

        // Effect:
        Run memory run = _startRun(batch, stored);
        stored.judgedAt = uint40(block.timestamp);
        _judgeAll(run, bills, verdicts);
        _writeSums(run, stored);

        return (run.appealed, [run.heldLow, run.heldHigh]);
    }

    function _judgeAll(Run memory run, uint256[] calldata bills, bytes calldata verdicts) private {
        (run.words, run.heads) = (bills.offsetOf(), verdicts.offsetOf());
        while (run.next < bills.length) {
            uint256 next = run.next;
            uint256 head = verdicts.headAt(next);
            uint256 decision = PackedVerdicts.decisionOf(head);
            if (decision == uint256(Decision.Pay)) _payPlain(run);
            else if (decision == uint256(Decision.Appeal)) _holdPlain(run);
            if (run.next == next) {
                _judgeBill(run, next, bills.read(next), head);
                run.next = next + 1;
            }
        }
    }

    function _checkJudgeable(BatchId batch, Batch storage stored, uint256[] calldata bills, bytes calldata verdicts)
        private
        view
    {
        if (stored.count == 0 || stored.judgedAt != 0) revert Errors.PaymentLedger_NotUnjudged(batch);
        if (bills.length != stored.count || MerkleTree.root(bills) != stored.commitment) {
            revert Errors.PaymentLedger_BillsNotCommitted(batch);
        }
        uint256 expected = bills.length * PackedVerdicts.SIZE;
        if (verdicts.length != expected) revert Errors.PaymentLedger_VerdictLength(verdicts.length, expected);
    }

    function _startRun(BatchId batch, Batch storage stored) private view returns (Run memory run) {
        run.firstBill = uint256(BatchId.unwrap(batch)) << 16;
        run.firstAccount = uint256(SupplierId.unwrap(stored.supplier)) << 32;
        run.utility = uint256(stored.utility);
        run.today = Calendar.dayOf(block.timestamp);
        run.month = Calendar.monthOf(block.timestamp);
        run.frame = (run.utility << 232) | (run.today << 192) | (run.month << 180);
        run.parameterVersion = stored.parameterVersion;
        run.count = stored.count;
        run.plainEnd = stored.cancelled == 0 ? stored.count : 0;
    }

    /// Judges the bills from `run.next` on while each of them is on the common path: PAY, replacing nothing, for the
    /// next days of its account, covered by mandate and balance; moves `run.next` to the first that is not.
    ///
    /// The rules are `_judgeBill`'s, to which every other bill goes. Here, and in `_holdPlain`, they are one loop with
    /// few branches and no call: that and the hand-written event save a bill 1,000 gas. Of what is left 5,000 are the
    /// account's slot and 1,637 the event. What does not change from bill to bill is read from `run`, to leave the
    /// stack to what does.
    function _payPlain(Run memory run) private {
        (uint256 next, uint256 pending, uint256 frame) = (run.next, run.pending, run.frame);
        bytes32 topic = BillPending.selector;
        assembly ("memory-safe") {
            for {} lt(next, mload(add(run, PLAIN_END))) { next := add(next, 1) } {
                let bill := calldataload(add(mload(add(run, WORDS)), shl(5, next)))
                let id := or(mload(add(run, FIRST_ACCOUNT)), and(bill, 0xffffffff))
                mstore(0x00, id)
                mstore(0x20, _accounts.slot)
                let slot := keccak256(0x00, 0x40)
                let account := sload(slot)
                let other := xor(account, frame)
                let day := and(shr(128, bill), 0xffff)
                let amount := and(shr(80, bill), 0xffffffffffff)
                // Collected this month, this bill included: what was spent counts only in its own month.
                let spent := add(amount, mul(iszero(and(other, MONTHS)), and(shr(136, account), 0xfffffffffff)))
                // PAY with any of the two growths, nothing reserved; bits 152 and up of the bill: what it replaces.
                let head := and(shr(240, calldataload(add(mload(add(run, HEADS)), mul(next, 12)))), 0xcfff)
                if or(
                    or(or(xor(head, 0x0100), shr(152, bill)), iszero(gt(day, and(shr(208, account), 0xffff)))),
                    or(and(other, UTILITIES), lt(and(account, LAST_DAYS), and(frame, LAST_DAYS)))
                ) { break }
                if or(
                    or(gt(amount, and(account, LOW_48)), gt(amount, and(shr(48, account), LOW_44))),
                    gt(spent, and(shr(92, account), LOW_44))
                ) { break }

                // Writes spent, month and billedThrough anew; the balance is the lowest field.
                day := shl(208, add(day, sub(and(shr(144, bill), 0xff), 1)))
                account := sub(and(account, KEPT_BY_PAYING), amount)
                sstore(slot, or(or(account, shl(136, spent)), or(and(frame, MONTHS), day)))
                pending := add(pending, amount)
                mstore(0x00, add(mload(add(run, FIRST_BILL)), next))
                mstore(0x20, amount)
                log2(0x00, 0x40, topic, id)
            }
        }
        (run.next, run.pending) = (next, pending);
    }

    /// The same for APPEAL: for bills that replace nothing, for the next days of their account. So 500 appealed bills
    /// are judged in one transaction; of each one's gas 27,100 are its record and its account's slot.
    function _holdPlain(Run memory run) private {
        (uint256 next, uint256 amounts, uint256 holds) = (run.next, run.heldAmount, run.holds);
        uint256 frame = run.frame;
        bytes32 topic = BillHeld.selector;
        assembly ("memory-safe") {
            for {} lt(next, mload(add(run, COUNT))) { next := add(next, 1) } {
                let bill := calldataload(add(mload(add(run, WORDS)), shl(5, next)))
                let id := or(mload(add(run, FIRST_ACCOUNT)), and(bill, 0xffffffff))
                mstore(0x00, id)
                mstore(0x20, _accounts.slot)
                let slot := keccak256(0x00, 0x40)
                let account := sload(slot)
                let off := and(shr(240, calldataload(add(mload(add(run, HEADS)), mul(next, 12)))), 0xcfff)
                off := or(or(xor(off, 0x0200), shr(152, bill)), and(xor(account, frame), UTILITIES))
                let day := and(shr(128, bill), 0xffff)
                // A record means that the bill was cancelled. Its slot is written below: reading it first costs
                // nothing.
                mstore(0x00, add(mload(add(run, FIRST_BILL)), next))
                mstore(0x20, _records.slot)
                let place := keccak256(0x00, 0x40)
                if or(or(off, sload(place)), iszero(gt(day, and(shr(208, account), 0xffff)))) { break }

                let amount := and(shr(80, bill), 0xffffffffffff)
                let held := and(account, 0xffffffffffff)
                // The lesser of the two.
                held := xor(held, mul(xor(held, amount), gt(held, amount)))
                day := sub(add(day, and(shr(144, bill), 0xff)), 1)
                sstore(slot, or(sub(and(account, KEPT_BY_HOLDING), held), shl(208, day)))
                sstore(place, or(or(bill, HELD), shl(168, held)))
                mstore(0x20, held)
                log2(0x00, 0x40, topic, id)
                amounts := add(amounts, amount)
                holds := add(holds, held)
            }
        }
        _markHeld(run, run.next, next);
        (run.next, run.heldAmount, run.holds) = (next, amounts, holds);
    }

    /// Notes that the bills from `from` until before `until` are held.
    function _markHeld(Run memory run, uint256 from, uint256 until) private pure {
        unchecked {
            // Two words of 256 bits as one number of 512: a shift by 256 or more gives zero.
            run.heldLow |= (type(uint256).max << from) & ~(type(uint256).max << until);
            uint256 low = from < 256 ? 0 : from - 256;
            uint256 high = until < 256 ? 0 : until - 256;
            run.heldHigh |= (type(uint256).max << low) & ~(type(uint256).max << high);
            run.appealed += until - from;
        }
    }

    /// Judges any bill. Unchecked, since no amount exceeds 48 bits and no batch 500 bills.
    function _judgeBill(Run memory run, uint256 index, PackedBill packed, uint256 head) private {
        if (!PackedVerdicts.isWellFormed(head)) revert Errors.PaymentLedger_VerdictMalformed(index, head);
        unchecked {
            uint256 bill = run.firstBill + index;
            if (run.plainEnd == 0 && _records[BillId.wrap(uint64(bill))].exists()) return;

            uint256 slot = _slotOf(run.firstAccount + packed.number());
            PackedAccount account = _load(slot);
            Reason reason = _takeDays(run, account, packed);
            if (reason != Reason.None) return _void(run, bill, packed, reason);
            uint256 lastDay = packed.lastDay();
            if (lastDay > account.billedThrough()) account = account.withBilledThrough(lastDay);

            uint256 decision = PackedVerdicts.decisionOf(head);
            if (decision == uint256(Decision.Appeal)) return _hold(run, index, slot, account, packed);
            uint256 amount = packed.amount();
            if (decision == uint256(Decision.Insufficient) && amount > _insufficientCap(run, account.class())) {
                return _wait(run, bill, slot, account, packed);
            }
            reason = account.refusal(amount, run.today, run.month);
            if (reason != Reason.None) return _owe(run, bill, slot, account, packed, reason);

            _store(slot, account.collected(amount, run.month));
            run.pending += amount;
            emit BillPending(_accountOf(run, packed), BillId.wrap(uint64(bill)), amount);
        }
    }

    /// Why a bill cannot have its days; None if it can. A bill that replaces a void one takes over that one's days,
    /// once.
    function _takeDays(Run memory run, PackedAccount account, PackedBill packed) private returns (Reason) {
        if (account.utility() != run.utility) return Reason.WrongUtility;
        bool free = packed.start() > account.billedThrough();
        BillId replaced = packed.replaces();
        if (BillId.unwrap(replaced) == 0) return free ? Reason.None : Reason.Overlap;

        PackedRecord record = _records[replaced];
        // The same account: the number is compared, and the batch's supplier.
        bool same = SupplierId.unwrap(_batches[replaced.batch()].supplier) == run.firstAccount >> 32;
        if (!same || !record.isReplaceableBy(packed)) return Reason.BadReplacement;
        // Cancelled before it was judged, it never took its days: naming it neither helps nor harms.
        if (record.isUnbilled()) return free ? Reason.None : Reason.Overlap;
        _records[replaced] = record.asReplaced();
        return Reason.None;
    }

    /// The account keeps its slot as it was: these days are not billed.
    function _void(Run memory run, uint256 bill, PackedBill packed, Reason reason) private {
        uint256 amount = packed.amount();
        _records[BillId.wrap(uint64(bill))] = PackedRecords.create(packed, BillState.Void, reason, 0);
        run.voided += amount;
        emit BillVoided(_accountOf(run, packed), BillId.wrap(uint64(bill)), amount, reason, 0);
    }

    function _hold(Run memory run, uint256 index, uint256 slot, PackedAccount account, PackedBill packed) private {
        unchecked {
            uint256 bill = run.firstBill + index;
            uint256 amount = packed.amount();
            uint256 held = account.balance();
            if (held > amount) held = amount;
            _store(slot, account.debited(held));
            _records[BillId.wrap(uint64(bill))] = PackedRecords.create(packed, BillState.Held, Reason.None, held);
            run.heldAmount += amount;
            run.holds += held;
            _markHeld(run, index, index + 1);
            emit BillHeld(_accountOf(run, packed), BillId.wrap(uint64(bill)), held);
        }
    }

    function _wait(Run memory run, uint256 bill, uint256 slot, PackedAccount account, PackedBill packed) private {
        uint256 amount = packed.amount();
        _store(slot, account);
        _records[BillId.wrap(uint64(bill))] = PackedRecords.create(packed, BillState.Waiting, Reason.Insufficient, 0);
        run.waiting += amount;
        emit BillWaiting(_accountOf(run, packed), BillId.wrap(uint64(bill)), amount);
    }

    function _owe(Run memory run, uint256 bill, uint256 slot, PackedAccount account, PackedBill packed, Reason reason)
        private
    {
        uint256 amount = packed.amount();
        _store(slot, account);
        _records[BillId.wrap(uint64(bill))] = PackedRecords.create(packed, BillState.Arrears, reason, amount);
        run.arrears += amount;
        emit ArrearsOpened(_accountOf(run, packed), BillId.wrap(uint64(bill)), amount, reason);
    }

    function _accountOf(Run memory run, PackedBill packed) private pure returns (AccountId) {
        return AccountId.wrap(uint64(run.firstAccount + packed.number()));
    }

    /// Where `_accounts` keeps an account: hashed once for reading and writing.
    function _slotOf(uint256 account) private pure returns (uint256 slot) {
        assembly ("memory-safe") {
            mstore(0x00, account)
            mstore(0x20, _accounts.slot)
            slot := keccak256(0x00, 0x40)
        }
    }

    function _load(uint256 slot) private view returns (PackedAccount account) {
        assembly ("memory-safe") {
            account := sload(slot)
        }
    }

    function _store(uint256 slot, PackedAccount account) private {
        assembly ("memory-safe") {
            sstore(slot, account)
        }
    }

    /// The largest amount, minor units, that an INSUFFICIENT verdict pays in a class; asked of the gate once a batch
    /// and class.
    function _insufficientCap(Run memory run, uint256 class) private view returns (uint256 cap) {
        if (run.caps.length == 0) run.caps = new uint256[](PackedAccounts.MAX_CLASS + 1);
        cap = run.caps[class];
        if (cap == 0) {
            uint32 version = uint32(run.parameterVersion);
            cap = 1 + uint256(_gate.presetsOf(version, Utility(run.utility), uint8(class)).insufficientCap);
            run.caps[class] = cap;
        }
        return cap - 1;
    }

    function _writeSums(Run memory run, Batch storage stored) private {
        _lower(Sum.Accounts, run.pending + run.holds);
        if (run.pending != 0) {
            stored.pending = uint64(run.pending);
            _shift(run.pending, Sum.Unjudged, Sum.Pending);
        }
        if (run.heldAmount != 0) {
            _shift(run.heldAmount, Sum.Unjudged, Sum.Held);
            _raise(Sum.Holds, run.holds);
        }
        if (run.waiting != 0) _shift(run.waiting, Sum.Unjudged, Sum.Waiting);
        if (run.arrears != 0) _shift(run.arrears, Sum.Unjudged, Sum.Arrears);
        if (run.voided != 0) _shift(run.voided, Sum.Unjudged, Sum.Voided);
    }
}
