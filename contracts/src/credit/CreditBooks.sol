// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICreditLine} from "../interfaces/ICreditLine.sol";
import {IFairClock} from "../interfaces/IFairClock.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {CreditErrors} from "../libraries/CreditErrors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {CreditBook, CreditTerms, Loan, LoanState} from "../types/Credit.sol";
import {AccountId, BillId, SupplierId} from "../types/Ids.sol";
import {CreditStore} from "./CreditStore.sol";

/// The lines' books, what suppliers do with them, and how a debt ends.
abstract contract CreditBooks is ICreditLine, CreditStore {
    using IdCodec for AccountId;

    /// From setting terms until they are in force, seconds of fair time.
    uint40 public constant NOTICE = 7 days;
    uint256 internal constant PPM = 1_000_000;
    /// Classes of debts that there are.
    uint256 private constant CLASSES = 256;

    constructor(IFairClock clock_, IPaymentLedger ledger_) CreditStore(clock_, ledger_) {
        // The ledger takes from the line only what the line itself tells it to.
        _checkMoved(_currency.approve(address(ledger_), type(uint256).max));
    }

    modifier onlySupplier(SupplierId supplier) {
        if (ledger.supplierOwner(supplier) != msg.sender) {
            revert CreditErrors.CreditLine_NotSupplierOwner(supplier, msg.sender);
        }
        _;
    }

    /// @inheritdoc ICreditLine
    function fund(SupplierId supplier, uint256 amount) external override onlySupplier(supplier) {
        // Check:
        if (amount == 0 || amount > type(uint48).max) {
            revert CreditErrors.CreditLine_AmountOutOfBounds(supplier, amount);
        }

        // Effect:
        _books[supplier].free += uint64(amount);

        emit CreditFunded(supplier, amount);

        // Interaction:
        _pull(amount);
    }

    /// @inheritdoc ICreditLine
    function withdraw(SupplierId supplier, uint256 amount, address to) external override onlySupplier(supplier) {
        // Check:
        uint256 free = _books[supplier].free;
        if (amount > free) revert CreditErrors.CreditLine_InsufficientFree(supplier, free, amount);
        if (to == address(this)) revert CreditErrors.CreditLine_ToItself();
        if (_currency.isFrozen(msg.sender)) revert CreditErrors.CreditLine_Frozen(msg.sender);

        // Effect:
        _books[supplier].free -= uint64(amount);

        emit CreditTaken(supplier, to, amount);

        // Interaction:
        _checkMoved(_currency.transfer(to, amount));
    }

    /// @inheritdoc ICreditLine
    function setTerms(SupplierId supplier, CreditTerms calldata terms) external override onlySupplier(supplier) {
        // Check:
        if (terms.term == 0 || terms.freshness == 0) revert CreditErrors.CreditLine_NoTime(supplier);
        bool bounded = terms.thresholds.length <= CLASSES;
        for (uint256 i; bounded && i < terms.thresholds.length; ++i) {
            bounded = terms.thresholds[i] <= PPM;
        }
        if (!bounded) revert CreditErrors.CreditLine_ThresholdsOutOfBounds(supplier);

        // Effect:
        Head memory head = _heads[supplier];
        uint40 time = clock.time();
        if (time >= head.from) ++head.version;
        head.from = time + NOTICE;
        _heads[supplier] = head;
        _terms[supplier][head.version] = terms;

        emit CreditTermsSet(supplier, head.version, head.from, terms);
    }

    /// @inheritdoc ICreditLine
    function bookOf(SupplierId supplier) external view override returns (CreditBook memory) {
        return _books[supplier];
    }

    /// @inheritdoc ICreditLine
    function loanOf(BillId bill) external view override returns (Loan memory) {
        return _loans[bill];
    }

    /// @inheritdoc ICreditLine
    function owedBy(AccountId account) external view override returns (uint256) {
        return _owed[account.supplier()][uint32(AccountId.unwrap(account))];
    }

    /// @inheritdoc ICreditLine
    function termsOf(SupplierId supplier) public view override returns (CreditTerms memory) {
        Head memory head = _heads[supplier];
        return _terms[supplier][clock.time() >= head.from ? head.version : head.version - 1];
    }

    /// Takes `amount` minor units off what a bill owes, whether written off or not: they are free again.
    function _takeOff(BillId bill, Loan memory loan, uint256 amount) internal returns (CreditBook storage book) {
        SupplierId supplier = loan.account.supplier();
        book = _books[supplier];
        if (loan.state == LoanState.WrittenOff) {
            (book.writtenOff, book.open) = (book.writtenOff - loan.owed, book.open + loan.owed);
            emit CreditReopened(loan.account, bill, loan.owed);
        }
        loan.owed -= uint48(amount);
        loan.state = loan.owed == 0 ? LoanState.Closed : LoanState.Open;
        _loans[bill] = loan;
        _owed[supplier][uint32(AccountId.unwrap(loan.account))] -= uint48(amount);
        (book.open, book.free) = (book.open - uint64(amount), book.free + uint64(amount));
    }

    /// Takes `amount` minor units of the caller's currency.
    function _pull(uint256 amount) internal {
        _checkMoved(_currency.transferFrom(msg.sender, address(this), amount));
    }

    function _checkMoved(bool moved) private pure {
        if (!moved) revert CreditErrors.CreditLine_TransferFailed();
    }
}
