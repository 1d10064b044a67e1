// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Roles of the access manager, granted by its admin.
library Roles {
    /// Sets operators, presets and periods at the gate.
    uint64 internal constant GOVERNOR = 1;
    /// Sets the classes of accounts at the ledger.
    uint64 internal constant CLASSIFIER = 2;
    /// Pauses and resumes the clock.
    uint64 internal constant GUARDIAN = 3;
    /// Notes at the ledger what becomes of arrears: the arrears register.
    uint64 internal constant COLLECTOR = 4;
    /// Reserves and pays refunds at the ledger: the refund desk.
    uint64 internal constant REFUNDER = 5;
    /// Pays bills in arrears at the ledger, and gets what is given back of them: the credit line.
    uint64 internal constant LENDER = 6;

    /// Departments of a supplier, for refunds: each of these plus the supplier's id is a role of its own.
    uint64 internal constant MARKETING = 1 << 32;
    uint64 internal constant FINANCE = 2 << 32;
    uint64 internal constant MARKETING_HEAD = 3 << 32;
    uint64 internal constant FINANCE_HEAD = 4 << 32;
}
