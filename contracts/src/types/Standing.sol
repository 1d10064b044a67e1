// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// A change of someone's standing; counted from 1. Disputes know it as a BillId.
type ChangeId is uint64;

/// What is reported. With the id it names an event, the cause of at most one change.
enum Source {
    None,
    // id: a bill
    Bill,
    AppealSupplier,
    AppealCustomer,
    // id: part << 8 | number of the instalment, from 0
    Instalment,
    // id: a part
    Buyer,
    Seller,
    // id: a trade
    Trade
}

/// What someone did. The first two come with a fee that was paid, the next two without one; the others are penalties.
enum Conduct {
    None,
    PaidInTime,
    Delivered,
    BillPaid,
    AppealUpheld,
    PaidLate,
    NotDelivered,
    DisputeLost,
    Abandoned,
    BillUnpaid,
    AppealLost
}

/// What a source says of one event.
struct Fact {
    address party;
    /// None where nothing has happened that counts.
    Conduct conduct;
    /// Of a bonus that comes with a fee: the party's fee, minor units, before any discount.
    uint48 fee;
    /// Seconds of fair time (Unix seconds for bills): the rules in force then decide.
    uint40 at;
}

/// The rules, by version. A value is start + fee-backed bonuses + min(other bonuses, freeCap) - penalties, in points.
struct Rules {
    /// The value of whoever has done nothing.
    int16 start;
    /// A value outside of low..high is abnormal: it is flagged, and nothing else.
    int16 low;
    int16 high;
    /// From this value on a party may pay in instalments.
    int16 laterFrom;
    /// From this value on it gets the reward, once.
    int16 rewardFrom;
    /// The most that bonuses without a fee add.
    uint16 freeCap;
    /// The reward: fees of so many minor units are let off.
    uint48 reward;
    /// A fee-backed bonus takes a fee of at least this, minor units.
    uint48 minFee;
    /// The most that a mandate may allow a bill and a month, minor units, and with the reward.
    uint48 mandateCap;
    uint48 rewardedCap;
    /// Penalties that suspend, and suspensions that ban.
    uint8 penalties;
    uint8 suspensions;
    /// Seconds: how long a suspension lasts, how long a penalty can be appealed and how long the arbiter has, and how
    /// long a bill may be in arrears until it counts.
    uint32 suspension;
    uint32 appealPeriod;
    uint32 rulingPeriod;
    uint32 grace;
    /// By conduct, None left out: points, and how many times it takes, 1 for penalties.
    uint16[10] points;
    uint8[10] every;
}

/// A suspension that stands.
struct Suspension {
    uint32 length;
    /// How many penalties it took.
    uint8 penalties;
    /// Whether the party is banned with it.
    bool banned;
}

/// Someone's standing.
struct Standing {
    /// Points: bonuses with a fee, others, and penalties.
    uint32 backed;
    uint32 free;
    uint32 lost;
    /// Penalties since the last suspension.
    uint8 penalties;
    /// Fair time in seconds.
    uint40 suspendedUntil;
    bool banned;
    bool abnormal;
    bool rewarded;
    /// Fees let off in all, minor units.
    uint48 reward;
}

/// A change of someone's standing.
struct Change {
    address party;
    Conduct conduct;
    /// Points; 0 where more of the same are needed, or a penalty was undone.
    uint16 points;
    /// Fair time in seconds.
    uint40 at;
    uint32 version;
}
