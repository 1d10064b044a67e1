// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {PackedAccounts} from "../libraries/PackedAccounts.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {PackedVerdicts} from "../libraries/PackedVerdicts.sol";
import {Batch, BillState, Reason} from "../types/Bills.sol";
import {
    AccountId, BatchId, BillId, PackedAccount, PackedBill, PackedRecord, PackedVerdict, SupplierId
} from "../types/Ids.sol";
import {Utility} from "../types/Utilities.sol";
import {Decision} from "../types/Verdicts.sol";
import {Sum} from "./LedgerBase.sol";
import {LedgerBills} from "./LedgerBills.sol";

/// Judging: applies the verdicts of a batch. Everything a bill needs of its account is in one slot, read and written once.
abstract contract LedgerJudging is LedgerBills {
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;
    using PackedRecords for PackedRecord;
    using PackedVerdicts for bytes;
    using PackedVerdicts for PackedVerdict;

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
        uint256[2] held;
        /// By class: 1 + the largest amount, minor units, that an INSUFFICIENT verdict pays; 0 where not asked yet. Empty
        /// until the first such verdict.
        uint256[] caps;
    }

    /// @inheritdoc IPaymentLedger
    function judge(BatchId batch, PackedBill[] calldata bills, bytes calldata verdicts)
        external
        override
        returns (uint256 appealed, uint256[2] memory held)
    {
        // Check:
        if (msg.sender != address(gate)) revert Errors.PaymentLedger_NotGate(msg.sender);
        Batch storage stored = _batches[batch];
        _checkJudgeable(batch, stored, bills, verdicts);

        // Effect:
        Run memory run = _startRun(batch, stored);
        stored.judgedAt = uint40(block.timestamp);
        unchecked {
            for (uint256 i; i < bills.length; ++i) {
                _judgeBill(run, i, bills[i], verdicts.read(i).head());
            }
        }
        _writeSums(run, stored);

        return (run.appealed, run.held);
    }

    function _checkJudgeable(
        BatchId batch,
        Batch storage stored,
        PackedBill[] calldata bills,
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

    function _judgeBill(Run memory run, uint256 index, PackedBill packed, uint256 head) private {
        if (!PackedVerdicts.isWellFormed(head)) revert Errors.PaymentLedger_VerdictMalformed(index, head);
        BillId bill = BillId.wrap(uint64(run.firstBill + index));
        if (run.cancelled && _records[bill].exists()) return;

        AccountId id = AccountId.wrap(uint64(run.firstAccount + packed.number()));
        PackedAccount account = _accounts[id];
        Reason refusal = _takeDays(run, account, packed);
        if (refusal != Reason.None) return _void(run, bill, id, packed, refusal);
        uint256 lastDay = packed.lastDay();
        if (lastDay > account.billedThrough()) account = account.withBilledThrough(lastDay);

        Decision decision = PackedVerdicts.decisionOf(head);
        if (decision == Decision.Appeal) return _hold(run, index, id, account, packed);
        uint256 amount = packed.amount();
        if (decision == Decision.Insufficient && amount > _insufficientCap(run, account.class())) {
            return _wait(run, bill, id, account, packed);
        }
        refusal = account.refusal(amount, run.today, run.month);
        if (refusal != Reason.None) return _owe(run, bill, id, account, packed, refusal);

        _accounts[id] = account.collected(amount, run.month);
        run.pending += amount;
        emit BillPending(bill, id, amount);
    }

    /// Why a bill cannot have its days; None if it can. A bill that replaces a void one takes over that one's days, once.
    function _takeDays(Run memory run, PackedAccount account, PackedBill packed) private returns (Reason) {
        if (account.utility() != run.utility) return Reason.WrongUtility;
        bool free = packed.start() > account.billedThrough();
        BillId replaced = packed.replaces();
        if (BillId.unwrap(replaced) == 0) return free ? Reason.None : Reason.Overlap;

        PackedRecord record = _records[replaced];
        // The same account: the number is compared, and the batch's supplier.
        bool same = SupplierId.unwrap(_batches[BatchId.wrap(uint48(BillId.unwrap(replaced) >> 16))].supplier)
            == run.firstAccount >> 32;
        if (!same || !record.isReplaceableBy(packed)) return Reason.BadReplacement;
        // Cancelled before it was judged, it never took its days: naming it neither helps nor harms.
        if (record.isUnbilled()) return free ? Reason.None : Reason.Overlap;
        _records[replaced] = record.asReplaced();
        return Reason.None;
    }

    /// The account keeps its slot as it was: these days are not billed.
    function _void(Run memory run, BillId bill, AccountId id, PackedBill packed, Reason reason) private {
        uint256 amount = packed.amount();
        _records[bill] = PackedRecords.create(packed, BillState.Void, reason, 0);
        run.voided += amount;
        emit BillVoided(bill, id, amount, reason, 0);
    }

    function _hold(Run memory run, uint256 index, AccountId id, PackedAccount account, PackedBill packed) private {
        BillId bill = BillId.wrap(uint64(run.firstBill + index));
        uint256 amount = packed.amount();
        uint256 held = account.balance();
        if (held > amount) held = amount;
        _accounts[id] = account.debited(held);
        _records[bill] = PackedRecords.create(packed, BillState.Held, Reason.None, held);
        unchecked {
            run.heldAmount += amount;
            run.holds += held;
            ++run.appealed;
            run.held[index >> 8] |= 1 << (index & 0xff);
        }
        emit BillHeld(bill, id, held);
    }

    function _wait(Run memory run, BillId bill, AccountId id, PackedAccount account, PackedBill packed) private {
        uint256 amount = packed.amount();
        _accounts[id] = account;
        _records[bill] = PackedRecords.create(packed, BillState.Waiting, Reason.Insufficient, 0);
        run.waiting += amount;
        emit BillWaiting(bill, id, amount);
    }

    function _owe(
        Run memory run,
        BillId bill,
        AccountId id,
        PackedAccount account,
        PackedBill packed,
        Reason reason
    ) private {
        uint256 amount = packed.amount();
        _accounts[id] = account;
        _records[bill] = PackedRecords.create(packed, BillState.Arrears, reason, amount);
        run.arrears += amount;
        emit ArrearsOpened(bill, id, amount, reason);
    }

    /// The largest amount, minor units, that an INSUFFICIENT verdict pays in a class; asked of the gate once a batch and class.
    function _insufficientCap(Run memory run, uint256 class) private view returns (uint256 cap) {
        if (run.caps.length == 0) run.caps = new uint256[](256);
        cap = run.caps[class];
        if (cap == 0) {
            uint32 version = uint32(run.parameterVersion);
            cap = 1 + gate.presetsOf(version, Utility(run.utility), uint8(class)).insufficientCap;
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
