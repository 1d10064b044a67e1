// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountId} from "./Ids.sol";

/// For what a supplier lets its credit line be drawn.
struct CreditTerms {
    /// The most that the bills of one account, and of all, owe the line, minor units.
    uint48 capPerAccount;
    uint64 cap;
    /// From a draw until its debt may be written off, days.
    uint16 term;
    /// How old a score may be, days.
    uint16 freshness;
    /// By class of debts: the least probability of repaying, ppm; 0 where nothing is drawn, as for classes beyond the
    /// list.
    uint32[] thresholds;
}

/// A supplier's credit line; minor units. drawn = repaid + returned + writtenOff + open.
struct CreditBook {
    /// To be drawn, or to withdraw.
    uint64 free;
    /// Owed, and not written off.
    uint64 open;
    /// The loss: owed past its term.
    uint64 writtenOff;
    uint64 drawn;
    uint64 repaid;
    /// Given back by the ledger, of bills that turned out not to be due.
    uint64 returned;
}

/// Where the debt of a bill to the line stands.
enum LoanState {
    None,
    Open,
    WrittenOff,
    Closed
}

/// What a bill owes the line.
struct Loan {
    AccountId account;
    /// Minor units.
    uint48 drawn;
    uint48 owed;
    /// From when on it may be written off, fair time, Unix seconds.
    uint40 dueAt;
    LoanState state;
}

/// Why nothing is drawn for a bill.
enum Refusal {
    None,
    NotInArrears,
    // its score was said before another, or before a part of it was paid; or it is given up
    NotScored,
    // nobody has set terms, or they are not in force yet
    NoTerms,
    Stale,
    BelowThreshold,
    // its verdict can still be shown wrong, or time is paused
    WindowOpen,
    // it is not for want of balance alone that it is not collected
    NotForBalance,
    CapPerAccount,
    Cap,
    NotFunded
}
