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
    BadReplacement,
    Ruled,
    Refunded
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
    /// Minor units: as posted, less what became void while another part did not (an adjustment, a cancelled rest, a
    /// refund).
    uint48 amount;
    BillState state;
    Reason reason;
    /// Minor units: set aside (Held), still owed (Arrears), in the batch's pending bucket (Pending), paid and not reserved
    /// for a refund (Settled); 0 otherwise.
    uint48 money;
    /// Arrears only: what the arrears register noted (libraries/PackedDebts.sol); 0 before.
    uint32 note;
    /// Held only: from the batch's judging until a challenge opened the appeal, seconds of fair time; 0 where the verdict
    /// did.
    uint32 openedAfter;
    /// The bill's days are not free, if it is void: a later bill has billed them again, or a part of it was paid.
    bool replaced;
    /// Its verdict was shown wrong, by its evidence or for want of it, and by signed readings.
    bool corrected;
    bool correctedByMeter;
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
    /// Unix seconds, which choose the calendar month; deadlines count from the gate's record. 0 until judged.
    uint40 judgedAt;
    /// Of the gate's parameters, when posted: what changes later does not touch this batch.
    uint32 parameterVersion;
    /// Debited and not yet the supplier's to withdraw, minor units.
    uint64 pending;
    /// Bit i: of bills 64·i to 64·i + 63 some came under appeal after judging.
    uint8 late;
}

/// What a verdict on a bill rests on: of its batch and of its account, as they were when the batch was posted.
struct Basis {
    /// As in `Batch`.
    bytes32 commitment;
    SupplierId supplier;
    Utility utility;
    uint16 count;
    uint40 postedAt;
    uint40 judgedAt;
    uint32 parameterVersion;
    /// The account's class.
    uint8 class;
    /// Whether the account's mandate has only signed readings count.
    bool signedOnly;
    /// Whether the mandate of today lets anyone show the account's readings.
    bool discloses;
}

/// Sums over all bills and all money, minor units. INV-01 and INV-02 are stated over these. They are kept in 80 bits:
/// 2^32 bills at the largest amount, which take 4·10^12 gas to post, would be needed to overflow a sum and so stop
/// everyone.
struct Totals {
    // amounts of bills by state; `pending` is money as well
    uint128 unjudged;
    uint128 pending;
    uint128 billed;
    uint128 settled;
    uint128 waiting;
    uint128 held;
    uint128 arrears;
    uint128 voided;
    /// Of the arrears, given up.
    uint128 givenUp;
    // money: free balances of accounts, set aside for appeals, suppliers' to withdraw
    uint128 accounts;
    uint128 holds;
    uint128 credit;
    // bonds of operators and challengers, rewards included
    uint128 bonds;
}
