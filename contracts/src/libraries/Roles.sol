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
}
