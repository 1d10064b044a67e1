// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountId, BillId, SupplierId} from "./Ids.sol";
import {Utility} from "./Utilities.sol";

/// Where a bill stands. Pending and Settled of a bill that never left the common path are not stored bill by bill: a
/// judged bill without a record of its own is pending until its batch is released, and settled from then on.
enum BillState {
    Unjudged,
    Pending,
    Settled,
    Waiting,
    Held,
    Arrears,
    Void
}

/// Why a bill is in arrears, waits or is void.
enum Reason {
    None,
    // in arrears
    NoMandate,
    MandateExpired,
    CapPerBill,
    CapPerMonth,
    Balance,
    AppealShortfall,
    // waiting
    Insufficient,
    // void
    Overlap,
    WrongUtility,
    Cancelled,
    Conceded,
    Adjusted,
    Expired,
    BadReplacement
}

/// A posted bill, decoded.
struct Bill {
    AccountId account;
    /// First day of the billing period, days since 1970-01-01.
    uint16 start;
    /// Days of the billing period, both ends included, 1..93.
    uint8 periodDays;
    /// Base units (Wh, L, s), 0..93·2^40.
    uint48 quantity;
    /// Minor units.
    uint48 amount;
    /// The void bill whose days this one bills again; 0 for none.
    BillId replaces;
}

/// A bill that left the common path, decoded.
struct BillRecord {
    AccountId account;
    uint16 start;
    uint8 periodDays;
    /// Base units.
    uint48 quantity;
    /// The bill's amount, minor units.
    uint48 amount;
    BillState state;
    Reason reason;
    /// Minor units: set aside (Held), still owed (Arrears), paid (Settled); 0 otherwise.
    uint48 money;
    /// Arrears only: stage, and repayment score in ppm. Written by the arrears contract.
    uint8 stage;
    uint24 score;
    /// Void only: a later bill has billed these days again.
    bool replaced;
}

/// A batch of bills of one supplier for one utility.
struct Batch {
    /// Merkle root over the packed bills, in order (libraries/MerkleTree.sol).
    bytes32 commitment;
    SupplierId supplier;
    Utility utility;
    /// Bills in the batch, 1..500.
    uint16 count;
    /// Bills cancelled before they were judged.
    uint16 cancelled;
    /// Unix seconds.
    uint40 postedAt;
    /// Unix seconds; 0 until judged.
    uint40 judgedAt;
    /// Of the gate's parameters, when posted: what changes later does not touch this batch.
    uint32 parameterVersion;
    /// Sum of the amounts, minor units.
    uint64 billed;
    /// Debited and not yet the supplier's to withdraw, minor units.
    uint64 pending;
}

/// Sums over all bills and all money, minor units. INV-01 and INV-02 are stated over these.
struct Totals {
    // amounts of bills by state
    uint64 billed;
    uint64 unjudged;
    uint64 waiting;
    uint64 pending;
    uint64 settled;
    uint64 held;
    uint64 arrears;
    uint64 voided;
    // money; that of pending bills is `pending`
    uint64 accounts;
    uint64 credit;
    uint64 holds;
}
