// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountId} from "./Ids.sol";

enum Decision {
    None,
    Pay,
    Appeal,
    Insufficient
}

/// How the bills of a class are judged; of a batch's verdicts, whether operators made them (Trend) or the gate itself.
enum VerdictPolicy {
    // by operators, by the trend verdict: whoever shows the readings can have them computed again
    Trend,
    // by the gate itself, from readings that the meter operator signed
    Verified,
    // by operators, by a model that the presets name: of what it says of a bill the verdict follows on chain, and what
    // it says can be computed again off chain only
    Model
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

/// How the verdicts of a utility and class are made, and what an INSUFFICIENT one does.
struct Presets {
    /// Trend and Verified: how far actual growth may exceed expected growth, ppm, -10^7..10^7. Model: the share of correct
    /// bills that may be appealed, ppm, 0..10^6.
    int32 first;
    /// Growth below which a bill is paid without a regression, ppm, -10^7..10^7; of no account for Model.
    int32 second;
    /// Of the regression: 1 or 2; of no account for Model.
    uint8 degree;
    /// An INSUFFICIENT bill up to this amount is paid, above it waits for the customer's word; minor units.
    uint48 insufficientCap;
    /// Verified: operators' verdicts are refused for the class but INSUFFICIENT.
    VerdictPolicy policy;
    /// Model: SHA-256 of the model's bytes; else zero.
    bytes32 model;
}

/// Durations in seconds of fair time (IFairClock) that a batch keeps from its posting on.
struct Periods {
    /// From judging until the pending bucket may be released.
    uint32 window;
    /// The supplier's, to answer an appeal.
    uint32 reply;
    /// The customer's, to accept or refuse an adjustment.
    uint32 acceptance;
    /// The arbiter's, to rule; a contested appeal without a ruling expires to void.
    uint32 contest;
    /// From the window's end, the customer's, to appeal by hand.
    uint32 review;
}

/// What the gate keeps of a judged batch.
struct VerdictRecord {
    /// Merkle root over the evidence leaves, one a bill, in order.
    bytes32 evidenceRoot;
    /// Merkle root over the packed verdicts, a leaf for each 16 of them (libraries/PackedVerdicts.sol).
    bytes32 verdictCommitment;
    VerdictPolicy policy;
    /// Fair time (IFairClock), seconds.
    uint40 judgedAt;
    uint40 windowEndsAt;
    /// Bit i set: operator number i signed.
    uint128 signers;
    /// Demands that are neither answered nor enforced: the batch is not released before.
    uint16 demands;
    /// Some class of its utility has screening rules: what verdicts do may not be all that they say.
    bool screened;
}

/// What operators and challengers have at stake; amounts in minor units.
struct Stakes {
    /// That an operator must have as its bond to be named.
    uint48 bond;
    /// That each signer of a wrong verdict loses of its bond, as far as it goes; at most `bond`.
    uint48 slash;
    /// Of what the signers lose, to the challenger; ppm, 100,000..500,000. The rest goes to whom the verdict wronged.
    uint32 challengerShare;
    /// That a demand costs if the leaf is shown and the verdict right.
    uint48 demandBond;
    /// Seconds to answer a demand.
    uint32 demandPeriod;
}

/// What follows from a verdict that was shown wrong.
struct Correction {
    /// Where the right verdict puts the bill: INSUFFICIENT that is paid is PAY.
    Decision right;
    /// Shown by signed readings.
    bool byMeter;
    /// Fair time since the batch was judged, seconds.
    uint32 sinceJudged;
}

/// What a lie costs who signed it, and who gets it.
struct Slashing {
    /// Bit i: operator number i. Nobody where nothing is taken.
    uint128 signers;
    /// Of each one's stake, as far as it goes; minor units.
    uint48 each;
    /// For `rewarded`, ppm of what is taken.
    uint32 share;
    /// Zero for nobody.
    address rewarded;
    /// What `rewarded` must have announced in an earlier block; zero where it need not.
    bytes32 announcement;
    /// Whose the rest is: an account, or a supplier as its account number 0.
    AccountId wronged;
}

/// What an operator said of a batch.
struct Attestation {
    bytes32 evidenceRoot;
    bytes32 verdictCommitment;
    /// r ‖ vs (EIP-2098), 64 bytes; empty where the gate has it on chain.
    bytes signature;
}
