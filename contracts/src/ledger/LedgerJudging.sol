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

/// Judging: applies the verdicts of a batch. Everything a bill needs of its account is in one slot, read and written once.
abstract contract LedgerJudging is LedgerBills {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;
    using PackedBills for uint256[];
    using PackedRecords for PackedRecord;
    using PackedVerdicts for bytes;

    /// What judging carries from bill to bill: storage is written once a batch, with the sums.
    struct Run {
        /// Ids of the batch's bill 0 and of the supplier's account 0; the index and the number are added.
        uint256 firstBill;
        uint256 firstAccount;
        uint256 utility;
        uint256 today;
        uint256 month;
        uint256 parameterVersion;
        /// Whether some bill was cancelled: only then can one have a record already.
        bool cancelled;
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
        /// By class: 1 + the largest amount, minor units, that an INSUFFICIENT verdict pays; 0 where not asked yet. Empty
        /// until the first such verdict.
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
        for (uint256 i; i < bills.length;) {
            uint256 head = verdicts.headAt(i);
            if (PackedVerdicts.decisionOf(head) == uint256(Decision.Pay) && !run.cancelled) {
                i = _payPlain(run, bills, verdicts, i);
                if (i == bills.length) break;
                head = verdicts.headAt(i);
            }
            _judgeBill(run, i, bills.read(i), head);
            unchecked {
                ++i;
            }
        }
        _writeSums(run, stored);

        return (run.appealed, [run.heldLow, run.heldHigh]);
    }

    function _checkJudgeable(
        BatchId batch,
        Batch storage stored,
        uint256[] calldata bills,
        bytes calldata verdicts
    ) private view {
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
        run.parameterVersion = stored.parameterVersion;
        run.cancelled = stored.cancelled != 0;
    }

    /// Judges the bills from `from` on while each of them is on the common path: PAY, replacing nothing, for the next days of its
    /// account, covered by mandate and balance. Returns the index of the first that is not, or their number.
    ///
    /// The rules are `_judgeBill`'s, to which every other bill goes. Here they are one loop without a branch or a call each: that
    /// and the hand-written event save 1,000 of a bill's gas; of the rest 5,000 are the account's slot and 1,756 the event.
    function _payPlain(Run memory run, uint256[] calldata bills, bytes calldata verdicts, uint256 from)
        private
        returns (uint256 next)
    {
        (uint256 firstBill, uint256 firstAccount, uint256 utility) = (run.firstBill, run.firstAccount, run.utility);
        (uint256 today, uint256 month, uint256 pending) = (run.today, run.month, run.pending);
        bytes32 topic = BillPending.selector;
        assembly ("memory-safe") {
            mstore(0x20, _accounts.slot)
            for { next := from } lt(next, bills.length) { next := add(next, 1) } {
                let bill := calldataload(add(bills.offset, shl(5, next)))
                // PAY with any of the two growths, nothing reserved; bits 152 and up of the bill: what it replaces.
                let head := and(shr(240, calldataload(add(verdicts.offset, mul(next, 12)))), 0xcfff)
                let off := or(xor(head, 0x0100), shr(152, bill))
                let id := or(firstAccount, and(bill, 0xffffffff))
                mstore(0x00, id)
                let slot := keccak256(0x00, 0x40)
                let account := sload(slot)
                off := or(off, xor(and(shr(232, account), 0xf), utility))
                let start := and(shr(128, bill), 0xffff)
                off := or(off, iszero(gt(start, and(shr(208, account), 0xffff))))
                let amount := and(shr(80, bill), 0xffffffffffff)
                // Collected this month, this bill included: what was spent counts only in its own month.
                let spent := mul(eq(and(shr(180, account), 0xfff), month), and(shr(136, account), 0xfffffffffff))
                spent := add(spent, amount)
                off := or(off, or(lt(and(shr(192, account), 0xffff), today), gt(spent, and(shr(92, account), 0xfffffffffff))))
                off := or(off, or(gt(amount, and(shr(48, account), 0xfffffffffff)), gt(amount, and(account, 0xffffffffffff))))
                if off { break }

                // Clears spent, month and billedThrough, and writes them anew; the balance is the lowest field.
                account := and(account, not(or(shl(136, 0xffffffffffffff), shl(208, 0xffff))))
                let through := sub(add(start, and(shr(144, bill), 0xff)), 1)
                account := or(sub(account, amount), or(shl(136, spent), or(shl(180, month), shl(208, through))))
                sstore(slot, account)
                pending := add(pending, amount)
                mstore(0x00, amount)
                log3(0x00, 0x20, topic, add(firstBill, next), id)
            }
        }
        run.pending = pending;
    }

    /// Judges any bill. Unchecked, since no amount exceeds 48 bits and no batch 500 bills.
    function _judgeBill(Run memory run, uint256 index, PackedBill packed, uint256 head) private {
        if (!PackedVerdicts.isWellFormed(head)) revert Errors.PaymentLedger_VerdictMalformed(index, head);
        unchecked {
            uint256 bill = run.firstBill + index;
            if (run.cancelled && _records[BillId.wrap(uint64(bill))].exists()) return;

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
            _log(BillPending.selector, bill, run.firstAccount + packed.number(), amount);
        }
    }

    /// Why a bill cannot have its days; None if it can. A bill that replaces a void one takes over that one's days, once.
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
        emit BillVoided(BillId.wrap(uint64(bill)), _accountOf(run, packed), amount, reason, 0);
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
            ++run.appealed;
            if (index < 256) run.heldLow |= 1 << index;
            else run.heldHigh |= 1 << (index - 256);
            _log(BillHeld.selector, bill, run.firstAccount + packed.number(), held);
        }
    }

    function _wait(Run memory run, uint256 bill, uint256 slot, PackedAccount account, PackedBill packed) private {
        uint256 amount = packed.amount();
        _store(slot, account);
        _records[BillId.wrap(uint64(bill))] = PackedRecords.create(packed, BillState.Waiting, Reason.Insufficient, 0);
        run.waiting += amount;
        emit BillWaiting(BillId.wrap(uint64(bill)), _accountOf(run, packed), amount);
    }

    function _owe(
        Run memory run,
        uint256 bill,
        uint256 slot,
        PackedAccount account,
        PackedBill packed,
        Reason reason
    ) private {
        uint256 amount = packed.amount();
        _store(slot, account);
        _records[BillId.wrap(uint64(bill))] = PackedRecords.create(packed, BillState.Arrears, reason, amount);
        run.arrears += amount;
        emit ArrearsOpened(BillId.wrap(uint64(bill)), _accountOf(run, packed), amount, reason);
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

    /// Emits the event `topic`(bill indexed, account indexed, amount) from scratch memory, without the encoder's checks.
    function _log(bytes32 topic, uint256 bill, uint256 account, uint256 amount) private {
        assembly ("memory-safe") {
            mstore(0x00, amount)
            log3(0x00, 0x20, topic, bill, account)
        }
    }

    /// The largest amount, minor units, that an INSUFFICIENT verdict pays in a class; asked of the gate once a batch and class.
    function _insufficientCap(Run memory run, uint256 class) private view returns (uint256 cap) {
        if (run.caps.length == 0) run.caps = new uint256[](256);
        cap = run.caps[class];
        if (cap == 0) {
            uint32 version = uint32(run.parameterVersion);
            cap = 1 + _gate.presetsOf(version, Utility(run.utility), uint8(class)).insufficientCap;
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
