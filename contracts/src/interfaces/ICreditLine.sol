// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CreditBook, CreditTerms, Loan, Refusal} from "../types/Credit.sol";
import {AccountId, BillId, SupplierId} from "../types/Ids.sol";

/// Credit lines of suppliers: a bill that its customer's balance alone does not cover is paid from its supplier's line
/// if its score in the arrears register reaches the class's threshold, and is owed to the line from then on. Amounts are
/// minor units, probabilities ppm, times fair time.
interface ICreditLine {
    event CreditFunded(SupplierId indexed supplier, uint256 amount);
    event CreditTaken(SupplierId indexed supplier, address indexed to, uint256 amount);
    /// In force from then on, for what is drawn afterwards.
    event CreditTermsSet(SupplierId indexed supplier, uint256 version, uint256 from, CreditTerms terms);
    /// A bill was paid from its supplier's line, to which it now owes `amount`.
    event CreditDrawn(AccountId indexed account, BillId bill, uint256 amount, uint256 dueAt);
    /// Of a bill's debt `amount` was repaid; `owed` is left.
    event CreditRepaid(AccountId indexed account, BillId bill, address payer, uint256 amount, uint256 owed);
    /// Of what the ledger gave back of a bill `amount` was taken off its debt, of which `owed` is left; the rest,
    /// `surplus`, went to the account's balance.
    event CreditReturned(AccountId indexed account, BillId bill, uint256 amount, uint256 surplus, uint256 owed);
    /// `amount` of a bill's debt is the line's loss: still owed, past its term.
    event CreditWrittenOff(AccountId indexed account, BillId bill, uint256 amount);
    /// `amount` that was written off is no loss any more, since a part of it, or all, is paid.
    event CreditReopened(AccountId indexed account, BillId bill, uint256 amount);

    /* SUPPLIER'S FUNCTIONS */

    /// Pays into the supplier's line, from the caller's currency.
    function fund(SupplierId supplier, uint256 amount) external;
    /// Takes back what is free.
    function withdraw(SupplierId supplier, uint256 amount, address to) external;
    /// Sets the terms of draws from `NOTICE` later on. Terms that are not in force yet are replaced, with a notice of
    /// their own.
    function setTerms(SupplierId supplier, CreditTerms calldata terms) external;

    /* ANYONE'S FUNCTIONS */

    /// Draws for the bills of the scores from index `from` on until before `to`: `scores` is a whole list as the register
    /// told it (ArrearsScored). Passes over a bill that `refusalOf` names a reason for, and is refused if none is left.
    /// Returns what was drawn.
    function draw(uint256[] calldata scores, uint256 from, uint256 to) external returns (uint256 drawn);
    /// Pays up to `amount` of what a bill owes its line from the caller's currency, whether or not it was written off.
    function repay(BillId bill, uint256 amount) external;
    /// Fetches what the ledger has set aside of bills that were drawn for and given back since: it pays their debts, and
    /// what is left goes to their accounts. Passes over bills of which nothing was, and is refused if none is left.
    function collect(BillId[] calldata bills) external;
    /// Writes off debts past their term. Passes over those that are not, and those whose bill is no longer settled, being
    /// appealed or void, and is refused if none is left.
    function writeOff(BillId[] calldata bills) external;

    /* VIEWS */

    /// Why nothing would be drawn now for the bill of a score in the list `scores`, by itself; None if something would.
    function refusalOf(uint256[] calldata scores, uint256 index) external returns (Refusal);
    /// A supplier's line.
    function bookOf(SupplierId supplier) external view returns (CreditBook memory);
    /// The terms in force; zeros where there are none.
    function termsOf(SupplierId supplier) external view returns (CreditTerms memory);
    /// What a bill owes; zeros where nothing was drawn for it.
    function loanOf(BillId bill) external view returns (Loan memory);
    /// What the bills of an account owe in all, written off or not.
    function owedBy(AccountId account) external view returns (uint256);
}
