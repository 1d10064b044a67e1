// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

enum Decision {
    None,
    Pay,
    Appeal,
    Insufficient
}

/// How verdicts are made; only `Trend` can be recomputed on chain.
enum VerdictPolicy {
    Trend
}

/// A verdict, decoded.
struct Verdict {
    Decision decision;
    /// Whether each growth was computed.
    bool hasActual;
    bool hasExpected;
    /// floor(growth · 10^6), ppm, saturated to int40.
    int40 actualPpm;
    int40 expectedPpm;
}

/// How the trend verdict is set for a utility and class, and what an INSUFFICIENT verdict does.
struct Presets {
    /// How far actual growth may exceed expected growth, ppm, -10^7..10^7.
    int32 first;
    /// Growth below which a bill is paid without a regression, ppm, -10^7..10^7.
    int32 second;
    /// Of the regression: 1 or 2.
    uint8 degree;
    /// An INSUFFICIENT bill up to this amount is paid, above it waits for the customer's word; minor units.
    uint48 insufficientCap;
}

/// Durations in seconds of fair time (IFairClock) that a batch keeps from its posting on.
struct Periods {
    /// From judging until the pending bucket may be released.
    uint32 window;
    /// The supplier's, to answer an appeal.
    uint32 reply;
    /// The customer's, to accept or refuse an adjustment.
    uint32 acceptance;
    /// A contested appeal's, until it expires to void.
    uint32 contest;
}

/// What the gate keeps of a judged batch.
struct VerdictRecord {
    /// Merkle root over the evidence leaves, one a bill, in order.
    bytes32 evidenceRoot;
    /// keccak256 of the packed verdicts, 12 bytes a bill.
    bytes32 verdictCommitment;
    VerdictPolicy policy;
    /// Fair time (IFairClock), seconds.
    uint40 judgedAt;
    uint40 windowEndsAt;
    /// Bit i set: operator number i signed.
    uint128 signers;
}
