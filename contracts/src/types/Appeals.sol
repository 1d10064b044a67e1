// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

enum AppealState {
    None,
    Open,
    Conceded,
    AdjustmentOffered,
    Accepted,
    Contested,
    Ruled,
    Withdrawn,
    Expired,
    Overturned
}

/// An appeal, decoded. Its id is the bill's.
struct Appeal {
    AppealState state;
    /// Fair time (IFairClock), seconds; when the present state can be ended by anyone (`expire`); 0 in a final state.
    uint40 deadline;
    /// The adjusted bill the supplier offers: base units, and minor units as its tariff gives.
    uint48 offeredQuantity;
    uint48 offeredAmount;
    /// Of the bill, settled as undisputed while the rest is under appeal; minor units.
    uint48 settled;
    /// Opened by the customer and not by a verdict.
    bool byHand;
}
