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
import {LedgerPlain} from "./LedgerPlain.sol";

/// Judging: applies the verdicts of a batch. Everything a bill needs of its account is in one slot, read and written
/// once. The rules are here; bills on the two common paths are judged by LedgerPlain's loops to the same effect.
abstract contract LedgerJudging is LedgerPlain {
    using IdCodec for BillId;
    using PackedAccounts for PackedAccount;
    using PackedBills for PackedBill;
    using PackedBills for uint256[];
    using PackedRecords for PackedRecord;
    using PackedVerdicts for bytes;

    /// Decisions, as numbers that need no check of their range.
    uint256 private constant PAY = 1;
    uint256 private constant APPEAL = 2;
    uint256 private constant INSUFFICIENT = 3;
    /// What a record keeps of the posted bill.
    uint256 private constant BILL = 0xffffffffffffffffffffffffffffffffffffff;

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
        (run.billAt, run.headAt) = (bills.offsetOf(), verdicts.headOffsetOf());
        _judgeAll(run, run.firstBill + bills.length);
        stored.judgedAt = uint40(block.timestamp);
        stored.pending = uint64(run.pending);
        _writeSums(run);

        return (run.appealed, [run.heldLow, run.heldHigh]);
    }

    /// Judges the bills before `end`, in order: runs of the common paths in a loop of their own each, the others one by
    /// one.
    function _judgeAll(Run memory run, uint256 end) private {
        while (run.bill != end) {
            uint256 bill = run.bill;
            uint256 head = PackedVerdicts.headAt(run.headAt);
            uint256 decision = PackedVerdicts.decisionOf(head);
            if (decision == APPEAL) _holdPlain(run);
            else if (decision == PAY && !run.cancelled) _payPlain(run);
            if (run.bill == bill) {
                _judgeBill(run, head);
                unchecked {
                    run.bill = bill + 1;
                    run.billAt += 32;
                    run.headAt += PackedVerdicts.SIZE;
                }
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
        // The loops of LedgerPlain end where they read no decision.
        uint256 expected = bills.length * PackedVerdicts.SIZE;
        if (verdicts.length != expected || !verdicts.isEnded()) {
            revert Errors.PaymentLedger_VerdictLength(verdicts.length, expected);
        }
    }

    function _startRun(BatchId batch, Batch storage stored) private view returns (Run memory run) {
        run.firstBill = uint256(BatchId.unwrap(batch)) << 16;
        run.bill = run.firstBill;
        run.firstAccount = uint256(SupplierId.unwrap(stored.supplier)) << 32;
        run.utility = uint256(stored.utility);
        run.today = Calendar.dayOf(block.timestamp);
        run.month = Calendar.monthOf(block.timestamp);
        run.parameterVersion = stored.parameterVersion;
        run.cancelled = stored.cancelled != 0;
    }

    /// Judges any bill: the rules. Sums are unchecked, since no amount exceeds 48 bits and no batch 500 bills.
    function _judgeBill(Run memory run, uint256 head) private {
        if (!PackedVerdicts.isWellFormed(head)) revert Errors.PaymentLedger_VerdictMalformed(_indexOf(run), head);
        PackedBill packed = PackedBills.at(run.billAt);
        if (run.cancelled && _records[_bill(run)].exists()) return;

        uint256 slot = _slotOf(run, packed);
        PackedAccount account = _load(slot);
        Reason reason = _takeDays(run, account, packed);
        if (reason != Reason.None) return _void(run, packed, reason);
        uint256 lastDay = packed.lastDay();
        if (lastDay > account.billedThrough()) account = account.withBilledThrough(lastDay);

        uint256 decision = PackedVerdicts.decisionOf(head);
        if (decision == APPEAL) return _hold(run, slot, account, packed);
        uint256 amount = packed.amount();
        if (decision == INSUFFICIENT && amount > _insufficientCap(run, account.class())) {
            return _wait(run, slot, account, packed);
        }
        reason = account.refusal(amount, run.today, run.month);
        if (reason != Reason.None) return _owe(run, slot, account, packed, reason);

        _store(slot, account.collected(amount, run.month));
        unchecked {
            run.pending += amount;
        }
        emit BillPending(_accountOf(run, packed), _bill(run), amount);
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
    function _void(Run memory run, PackedBill packed, Reason reason) private {
        uint256 amount = packed.amount();
        unchecked {
            run.voided += amount;
        }
        _leave(run, packed, BillState.Void, reason, 0, amount, BillVoided.selector, 0x80);
    }

    function _hold(Run memory run, uint256 slot, PackedAccount account, PackedBill packed) private {
        uint256 amount = packed.amount();
        uint256 held = account.balance();
        if (held > amount) held = amount;
        _store(slot, account.debited(held));
        unchecked {
            run.heldAmount += amount;
            run.holds += held;
            _markHeld(run, _indexOf(run), _indexOf(run) + 1);
        }
        _leave(run, packed, BillState.Held, Reason.None, held, held, BillHeld.selector, 0x40);
    }

    function _wait(Run memory run, uint256 slot, PackedAccount account, PackedBill packed) private {
        uint256 amount = packed.amount();
        _store(slot, account);
        unchecked {
            run.waiting += amount;
        }
        _leave(run, packed, BillState.Waiting, Reason.Insufficient, 0, amount, BillWaiting.selector, 0x40);
    }

    function _owe(Run memory run, uint256 slot, PackedAccount account, PackedBill packed, Reason reason) private {
        uint256 amount = packed.amount();
        _store(slot, account);
        unchecked {
            run.arrears += amount;
        }
        _leave(run, packed, BillState.Arrears, reason, amount, amount, ArrearsOpened.selector, 0x60);
    }

    /// Keeps the first record of a bill that leaves the common path, as PackedRecords.create packs it, and emits its
    /// event, the first `size` bytes of: bill, `told` minor units, reason, zero. In assembly as nearly all bills of a
    /// batch may come here, and the batch must fit into a transaction: it saves each 400 gas.
    function _leave(
        Run memory run,
        PackedBill packed,
        BillState state,
        Reason reason,
        uint256 money,
        uint256 told,
        bytes32 topic,
        uint256 size
    ) private {
        uint256 account = run.firstAccount | packed.number();
        assembly ("memory-safe") {
            mstore(0x00, mload(run))
            mstore(0x20, _records.slot)
            let why := or(shl(152, state), shl(160, reason))
            sstore(keccak256(0x00, 0x40), or(or(and(packed, BILL), why), shl(168, money)))
            let data := mload(0x40)
            mstore(data, mload(run))
            mstore(add(data, 0x20), told)
            mstore(add(data, 0x40), reason)
            mstore(add(data, 0x60), 0)
            log2(data, size, topic, account)
        }
    }

    function _bill(Run memory run) private pure returns (BillId) {
        return BillId.wrap(uint64(run.bill));
    }

    function _indexOf(Run memory run) private pure returns (uint256) {
        unchecked {
            return run.bill - run.firstBill;
        }
    }

    function _accountOf(Run memory run, PackedBill packed) private pure returns (AccountId) {
        return AccountId.wrap(uint64(run.firstAccount | packed.number()));
    }

    /// Where `_accounts` keeps a bill's account: hashed once for reading and writing.
    function _slotOf(Run memory run, PackedBill packed) private pure returns (uint256 slot) {
        uint256 account = run.firstAccount | packed.number();
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

    function _writeSums(Run memory run) private {
        _lower(Sum.Accounts, run.pending + run.holds);
        if (run.pending != 0) _shift(run.pending, Sum.Unjudged, Sum.Pending);
        if (run.heldAmount != 0) {
            _shift(run.heldAmount, Sum.Unjudged, Sum.Held);
            _raise(Sum.Holds, run.holds);
        }
        if (run.waiting != 0) _shift(run.waiting, Sum.Unjudged, Sum.Waiting);
        if (run.arrears != 0) _shift(run.arrears, Sum.Unjudged, Sum.Arrears);
        if (run.voided != 0) _shift(run.voided, Sum.Unjudged, Sum.Voided);
    }
}
