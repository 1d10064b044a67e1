// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Managed} from "../Managed.sol";
import {IArrearsRegister} from "../interfaces/IArrearsRegister.sol";
import {IFairClock} from "../interfaces/IFairClock.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {ArrearsErrors} from "../libraries/ArrearsErrors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedDebts} from "../libraries/PackedDebts.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";
import {ArrearsTerms, Curve, Debt, DebtClass, Stage, Step} from "../types/Arrears.sol";
import {BillRecord, BillState, Reason} from "../types/Bills.sol";
import {BatchId, BillId, PackedRecord} from "../types/Ids.sol";

/// The rule itself, over words that the ledger and the operators give.
abstract contract ArrearsRule is IArrearsRegister, Managed {
    using IdCodec for BillId;
    using PackedDebts for uint256;
    using PackedRecords for PackedRecord;

    uint256 private constant PPM = 1_000_000;
    /// Where a word has batch and class.
    uint256 private constant KEY = 0xff << 116 | uint256(type(uint48).max) << 16;
    /// Of a note, what the last score said.
    uint256 private constant SCORED = 0xffffff00;
    /// The most points of a curve.
    uint256 private constant MAX_POINTS = 128;
    /// The highest mean number of contacts, ppm of one.
    uint256 private constant MAX_CONTACT_RATE = 63 * PPM;

    /// What is the same for many debts in a row: of one batch, and of one class.
    struct Frame {
        ArrearsTerms terms;
        uint256 time;
        /// The batch and the class, as they stand in a word; no bill is of batch 0.
        uint256 key;
        /// Tests that the class committed to.
        uint256 tests;
        /// Whether the days since the judging make a debt stock, and whether the class's horizon has passed.
        bool old;
        bool over;
    }

    /// Gives the time that debts age by, fixed at deployment.
    IFairClock public immutable clock;
    /// Keeps the debts, fixed at deployment.
    IPaymentLedger public immutable ledger;

    /// @inheritdoc IArrearsRegister
    uint64 public override round;
    /// @inheritdoc IArrearsRegister
    mapping(bytes32 scores => uint40) public override scoredAt;

    ArrearsTerms internal _terms;
    mapping(uint256 class => DebtClass) internal _classes;
    /// Of the class's last test.
    mapping(uint256 class => bytes32) internal _commitments;

    constructor(IFairClock clock_, IPaymentLedger ledger_) {
        clock = clock_;
        ledger = ledger_;
    }

    /// @inheritdoc IArrearsRegister
    function terms() external view override returns (ArrearsTerms memory) {
        return _terms;
    }

    /// @inheritdoc IArrearsRegister
    function debtOf(BillId bill) external view override returns (Debt memory debt) {
        BillRecord memory record = ledger.recordOf(bill);
        if (record.state != BillState.Arrears) return debt;
        debt.bill = bill;
        debt.owed = record.money;
        uint256 note = record.note;
        debt.step = note.step();
        debt.contacts = uint8(note.contacts());
        debt.strategy = uint8(note.strategy());
        debt.probability = uint32(note.probability());
        debt.age = uint32(_ageOf(bill.batch(), clock.time()));
        bool stock = _isStock(_terms, record.reason, debt.age > _terms.incrementalDays, debt.contacts);
        debt.stage = stock ? Stage.Stock : Stage.Incremental;
    }

    /// @inheritdoc IArrearsRegister
    function classOf(uint8 class) public view override returns (DebtClass memory) {
        return _classes[class];
    }

    /// @inheritdoc IArrearsRegister
    function armOf(uint64 account, uint8 arms, uint64 seed) external pure override returns (uint8) {
        return uint8(_mixed(account ^ _mixed(seed)) % arms);
    }

    /// Each score with what the rule says of it, for the debts there are: told, and noted.
    ///
    /// Of a debt's gas in a batch of 500 5,000 are the slot of its bill's record.
    function _decide(uint256[] calldata scores, uint256[] memory records) internal view returns (uint256[] memory) {
        Frame memory frame = _frame();
        (uint256 count, uint256 last) = (0, 0);
        unchecked {
            for (uint256 i; i < scores.length; ++i) {
                uint256 score = scores[i] & PackedDebts.SCORE;
                last = _checkOrder(score, last);
                if (score.note().probability() > PPM || score.naturalProbability() > PPM) {
                    revert ArrearsErrors.ArrearsRegister_ProbabilityTooLarge(score.bill());
                }
                PackedRecord record = PackedRecord.wrap(records[i]);
                if (!record.exists()) continue;
                if (score & KEY != frame.key) _enter(frame, score);
                uint256 made = record.note().contacts();
                records[count++] = score.told(_stepOf(frame, score, record, made), made, record.money());
            }
        }
        _shorten(records, count);
        return records;
    }

    /// As `_decide`, of contacts.
    function _count(uint256[] calldata contacts, uint256[] memory records) internal view returns (uint256[] memory) {
        Frame memory frame = _frame();
        (uint256 count, uint256 last) = (0, 0);
        unchecked {
            for (uint256 i; i < contacts.length; ++i) {
                uint256 contact = contacts[i] & PackedDebts.CONTACT;
                last = _checkOrder(contact, last);
                if (contact & KEY != frame.key) _enter(frame, contact);
                if (frame.tests == 0) revert ArrearsErrors.ArrearsRegister_NoTest(contact.class());
                PackedRecord record = PackedRecord.wrap(records[i]);
                uint256 note = record.note();
                uint256 made = note.contacts() + 1;
                if (!record.exists() || note.step() != Step.Remind || made > frame.terms.maxContacts) continue;
                // The last contact is made: what follows is for the next score to say.
                Step step = made == frame.terms.maxContacts ? Step.Wait : Step.Remind;
                contact |= (note & SCORED) << 64;
                records[count++] = contact.told(step, made, record.money());
            }
        }
        _shorten(records, count);
        return records;
    }

    /// The day of a curve at which contacts return nearest to what they cost, and the return there in ppm of minor units.
    function _horizonOf(uint8 class, Curve calldata curve) internal view returns (uint16 horizon, int256 there) {
        uint256 points = curve.day.length;
        if (
            points == 0 || points > MAX_POINTS || curve.contacted.length != points || curve.natural.length != points
                || curve.contacts.length != points
        ) revert ArrearsErrors.ArrearsRegister_CurveMalformed(class);
        uint256 nearest = type(uint256).max;
        for (uint256 i; i < points; ++i) {
            if (
                (i != 0 && curve.day[i] <= curve.day[i - 1]) || curve.contacted[i] > PPM || curve.natural[i] > PPM
                    || curve.contacts[i] > MAX_CONTACT_RATE
            ) revert ArrearsErrors.ArrearsRegister_CurveMalformed(class);
            int256 gain = int256(uint256(curve.contacted[i])) - int256(uint256(curve.natural[i]));
            int256 back = gain * int256(uint256(curve.meanDebt)) - int256(uint256(curve.contacts[i]) * _terms.unitCost);
            uint256 distance = uint256(back < 0 ? -back : back);
            if (distance < nearest) (nearest, horizon, there) = (distance, curve.day[i], back);
        }
    }

    function _frame() private view returns (Frame memory frame) {
        frame.terms = _terms;
        frame.time = clock.time();
    }

    function _enter(Frame memory frame, uint256 word) private view {
        frame.key = word & KEY;
        DebtClass memory known = _classes[word.class()];
        uint256 age = _ageOf(word.bill().batch(), frame.time);
        (frame.tests, frame.old) = (known.test, age > frame.terms.incrementalDays);
        frame.over = known.curved && age > known.horizon;
    }

    /// The patent's rule, in whole numbers: p >= c/m is p * m >= c, and a debt without a contact yet costs its first.
    function _stepOf(Frame memory frame, uint256 score, PackedRecord record, uint256 contacts)
        private
        pure
        returns (Step)
    {
        uint256 cost = uint256(frame.terms.unitCost) * (contacts == 0 ? 1 : contacts);
        if (score.note().probability() * record.money() >= cost * PPM) {
            bool contactable = score.note().strategy() != 0 && contacts < frame.terms.maxContacts;
            return contactable ? Step.Remind : Step.Wait;
        }
        return frame.over && _isStock(frame.terms, record.reason(), frame.old, contacts) ? Step.GiveUp : Step.Wait;
    }

    /// What was left to pay by an appeal has no age on chain: its last contact alone makes it stock.
    function _isStock(ArrearsTerms memory terms_, Reason reason, bool old, uint256 contacts)
        private
        pure
        returns (bool)
    {
        return (old && reason != Reason.AppealShortfall) || (contacts != 0 && contacts >= terms_.maxContacts);
    }

    function _ageOf(BatchId batch, uint256 time) private view returns (uint256) {
        return (time - ledger.gate().verdictRecordOf(batch).judgedAt) / 1 days;
    }

    /// No bill comes twice.
    function _checkOrder(uint256 score, uint256 last) private pure returns (uint256 bill) {
        bill = uint64(score);
        if (bill <= last) revert ArrearsErrors.ArrearsRegister_OutOfOrder(score.bill());
    }

    function _shorten(uint256[] memory words, uint256 count) private pure {
        assembly ("memory-safe") {
            mstore(words, count)
        }
    }

    function _mixed(uint64 value) private pure returns (uint64) {
        unchecked {
            value += 0x9e3779b97f4a7c15;
            value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
            value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
            return value ^ (value >> 31);
        }
    }
}
