// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CreditBooks} from "./credit/CreditBooks.sol";
import {IArrearsRegister} from "./interfaces/IArrearsRegister.sol";
import {ICreditLine} from "./interfaces/ICreditLine.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {CreditErrors} from "./libraries/CreditErrors.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {PackedDebts} from "./libraries/PackedDebts.sol";
import {PackedRecords} from "./libraries/PackedRecords.sol";
import {Step} from "./types/Arrears.sol";
import {BillState, Reason} from "./types/Bills.sol";
import {CreditBook, CreditTerms, Loan, LoanState, Refusal} from "./types/Credit.sol";
import {AccountId, BatchId, BillId, PackedRecord, SupplierId} from "./types/Ids.sol";

/// Keeps suppliers' credit lines and their money.
///
/// Trusted: a quorum of operators, for the scores. A supplier risks what it has paid into its own line, and nobody else's
/// money: a customer owes the line no more than it owed the ledger, for bills that nobody can show wrong by their
/// verdict any more, and appeals them by hand as before. What the ledger then gives back comes here and not to the
/// balance, so that the line is repaid what the customer never paid.
///
/// Assumed: the currency moves exactly what it is told to and calls nobody back. The issuer can freeze the line; its
/// money then waits.
contract CreditLine is CreditBooks {
    using IdCodec for AccountId;
    using IdCodec for BillId;
    using PackedDebts for uint256;
    using PackedRecords for PackedRecord;

    /// Of a word, what its score said of probability and strategy.
    uint256 private constant SAID = 0xffffff << 72;

    /// What is the same for many bills in a row: of one batch, and of one supplier.
    struct Frame {
        /// When the list was told.
        uint256 scoredAt;
        uint256 time;
        BatchId batch;
        bool releasable;
        SupplierId supplier;
        CreditBook book;
        CreditTerms terms;
    }

    /// Says what the scores are, fixed at deployment.
    IArrearsRegister public immutable register;

    constructor(IFairClock clock_, IPaymentLedger ledger_, IArrearsRegister register_) CreditBooks(clock_, ledger_) {
        register = register_;
    }

    /// @inheritdoc ICreditLine
    function draw(uint256[] calldata scores, uint256 from, uint256 to) external override returns (uint256 drawn) {
        // Check:
        Frame memory frame = _frame(scores);
        if (from >= to || to > scores.length) {
            revert CreditErrors.CreditLine_RangeOutOfBounds(from, to, scores.length);
        }

        // Effect:
        BillId[] memory bills = _lend(frame, scores[from:to]);

        // Interaction:
        return ledger.lendArrears(bills);
    }

    /// @inheritdoc ICreditLine
    function repay(BillId bill, uint256 amount) external override {
        // Check:
        Loan memory loan = _loans[bill];
        if (loan.owed == 0) revert CreditErrors.CreditLine_NothingOwed(bill);
        if (amount == 0) revert CreditErrors.CreditLine_NoPayment(bill);
        // Whoever repays a part just before does not stop who repays it all.
        if (amount > loan.owed) amount = loan.owed;

        // Effect:
        _takeOff(bill, loan, amount).repaid += uint64(amount);

        emit CreditRepaid(loan.account, bill, msg.sender, amount, loan.owed);

        // Interaction:
        _pull(amount);
    }

    /// @inheritdoc ICreditLine
    function collect(BillId[] calldata bills) external override {
        // Interaction:
        // First, since only the ledger knows how much it is; it is ours.
        uint256[] memory amounts = ledger.collectReturns(bills);

        bool collected;
        for (uint256 i; i < bills.length; ++i) {
            if (amounts[i] == 0) continue;
            _divide(bills[i], amounts[i]);
            collected = true;
        }
        if (!collected && bills.length != 0) revert CreditErrors.CreditLine_NothingReturned(bills[0]);
    }

    /// @inheritdoc ICreditLine
    function writeOff(BillId[] calldata bills) external override {
        bool lost;
        uint256 time = clock.time();
        for (uint256 i; i < bills.length; ++i) {
            // Check:
            Loan memory loan = _loans[bills[i]];
            if (loan.state != LoanState.Open || time < loan.dueAt) continue;
            // What is appealed, or was given back, is for the supplier to pay.
            if (ledger.stateOf(bills[i]) != BillState.Settled) continue;

            // Effect:
            CreditBook storage book = _books[loan.account.supplier()];
            (book.open, book.writtenOff) = (book.open - loan.owed, book.writtenOff + loan.owed);
            _loans[bills[i]].state = LoanState.WrittenOff;
            lost = true;

            emit CreditWrittenOff(loan.account, bills[i], loan.owed);
        }
        if (!lost && bills.length != 0) revert CreditErrors.CreditLine_NotLost(bills[0]);
    }

    // `readArrears` changes nothing and calls nobody; the ledger is ours.
    // slither-disable-start reentrancy-benign

    /// @inheritdoc ICreditLine
    function refusalOf(uint256[] calldata scores, uint256 index) external override returns (Refusal) {
        Frame memory frame = _frame(scores);
        if (index >= scores.length) {
            revert CreditErrors.CreditLine_RangeOutOfBounds(index, index + 1, scores.length);
        }
        uint256 record = ledger.readArrears(scores[index:index + 1])[0];
        _enter(frame, scores[index].bill().batch());
        return _refusal(frame, scores[index], PackedRecord.wrap(record));
    }

    /// The bills of scores that nothing speaks against, now owed to their lines.
    function _lend(Frame memory frame, uint256[] calldata scores) private returns (BillId[] memory bills) {
        uint256[] memory records = ledger.readArrears(scores);
        bills = new BillId[](scores.length);
        uint256 count;
        Refusal first;
        for (uint256 i; i < scores.length; ++i) {
            PackedRecord record = PackedRecord.wrap(records[i]);
            BillId bill = scores[i].bill();
            if (BatchId.unwrap(bill.batch()) != BatchId.unwrap(frame.batch)) _enter(frame, bill.batch());
            Refusal refusal = _refusal(frame, scores[i], record);
            if (i == 0) first = refusal;
            if (refusal != Refusal.None) continue;
            _note(frame, bill, record);
            bills[count++] = bill;
        }
        if (count == 0) revert CreditErrors.CreditLine_Refused(scores[0].bill(), first);
        _leave(frame);
        assembly ("memory-safe") {
            mstore(bills, count)
        }
    }

    // slither-disable-end reentrancy-benign

    /// A bill owes its line what it owed the ledger.
    function _note(Frame memory frame, BillId bill, PackedRecord record) private {
        uint48 owed = uint48(record.money());
        AccountId account = IdCodec.account(frame.supplier, record.number());
        uint40 dueAt = uint40(frame.time + uint256(frame.terms.term) * 1 days);
        _loans[bill] = Loan({account: account, drawn: owed, owed: owed, dueAt: dueAt, state: LoanState.Open});
        _owed[frame.supplier][record.number()] += owed;
        frame.book.free -= owed;
        frame.book.open += owed;
        frame.book.drawn += owed;

        emit CreditDrawn(account, bill, owed, dueAt);
    }

    /// What the ledger gave back of a bill pays its debt, and the rest goes to its account.
    function _divide(BillId bill, uint256 amount) private {
        Loan memory loan = _loans[bill];
        uint256 kept = amount < loan.owed ? amount : loan.owed;

        // Effect:
        if (kept != 0) _takeOff(bill, loan, kept).returned += uint64(kept);

        emit CreditReturned(loan.account, bill, kept, amount - kept, loan.owed);

        // Interaction:
        if (amount == kept) return;
        (AccountId[] memory accounts, uint256[] memory amounts) = (new AccountId[](1), new uint256[](1));
        (accounts[0], amounts[0]) = (loan.account, amount - kept);
        ledger.deposit(accounts, amounts);
    }

    /// Refuses a list that the register never told.
    function _frame(uint256[] calldata scores) private view returns (Frame memory frame) {
        bytes32 told = keccak256(abi.encodePacked(scores));
        frame.scoredAt = register.scoredAt(told);
        if (frame.scoredAt == 0) revert CreditErrors.CreditLine_NeverTold(told);
        frame.time = clock.time();
    }

    function _enter(Frame memory frame, BatchId batch) private {
        frame.batch = batch;
        frame.releasable = ledger.gate().isReleasable(batch);
        SupplierId supplier = ledger.batchOf(batch).supplier;
        if (SupplierId.unwrap(supplier) == SupplierId.unwrap(frame.supplier)) return;
        _leave(frame);
        frame.supplier = supplier;
        (frame.book, frame.terms) = (_books[supplier], termsOf(supplier));
    }

    function _leave(Frame memory frame) private {
        if (SupplierId.unwrap(frame.supplier) != 0) _books[frame.supplier] = frame.book;
    }

    function _refusal(Frame memory frame, uint256 score, PackedRecord record) private view returns (Refusal) {
        if (!record.exists()) return Refusal.NotInArrears;
        // A later score that says the same is the same. Contacts may have been counted since.
        Step step = record.note().step();
        bool last = (score ^ (record.note() << 64)) & SAID == 0;
        if (!last || step == Step.None || step == Step.GiveUp) return Refusal.NotScored;
        CreditTerms memory terms = frame.terms;
        if (terms.term == 0) return Refusal.NoTerms;
        if (frame.time > frame.scoredAt + uint256(terms.freshness) * 1 days) return Refusal.Stale;
        uint256 class = score.class();
        uint256 threshold = class < terms.thresholds.length ? terms.thresholds[class] : 0;
        if (threshold == 0 || record.note().probability() < threshold) return Refusal.BelowThreshold;
        if (!frame.releasable) return Refusal.WindowOpen;
        return _refusalOfMoney(frame, score.bill(), record);
    }

    function _refusalOfMoney(Frame memory frame, BillId bill, PackedRecord record) private view returns (Refusal) {
        uint256 owed = record.money();
        // Without a mandate that covers it nobody has agreed to pay, and with the balance it is collected.
        if (ledger.collectable(bill) != Reason.Balance) return Refusal.NotForBalance;
        if (_owed[frame.supplier][record.number()] + owed > frame.terms.capPerAccount) return Refusal.CapPerAccount;
        if (frame.book.open + owed > frame.terms.cap) return Refusal.Cap;
        return owed > frame.book.free ? Refusal.NotFunded : Refusal.None;
    }
}
