// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountId} from "./Ids.sol";

/// Where a bill's refund stands.
enum RefundState {
    None,
    /// Marketing is to check it.
    Requested,
    /// Finance is to pay it; its money is reserved.
    Forwarded,
    /// The same, above the limit: one of finance has signed, another is to.
    Signed,
    /// Marketing is to correct or cancel it.
    Returned,
    Paid,
    Cancelled,
    Rejected
}

/// Why money is to go back.
enum RefundReason {
    None,
    Overbilled,
    PaidTwice,
    WrongTariff,
    ServiceFailure,
    Other
}

/// Why a refund was returned or rejected.
enum RefundFault {
    None,
    Documents,
    Amount,
    NotDue,
    Duplicate,
    Other
}

/// What the governor sets.
struct RefundTerms {
    /// Above it two of finance sign, minor units.
    uint48 limit;
    /// Until an order that waits for marketing, or for finance, can be escalated; seconds.
    uint32 marketingTime;
    uint32 financeTime;
}

/// A bill's refund, the last one, decoded: a bill has one at a time.
struct RefundOrder {
    address requester;
    /// Minor units.
    uint48 amount;
    /// When it came into its state, Unix seconds.
    uint40 since;
    RefundState state;
    /// Who forwarded it, since it was requested or corrected.
    address marketing;
    AccountId account;
    /// Counts what was requested and resubmitted for the bill.
    uint16 version;
    RefundReason reason;
    /// The head of the department that it waits for may act as well.
    bool escalated;
}

/// An order in two words; layout in libraries/PackedRefunds.sol.
struct PackedRefund {
    uint256 asked;
    uint256 checked;
}
