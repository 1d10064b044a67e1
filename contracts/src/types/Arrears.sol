// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId} from "./Ids.sol";

/// How old a debt is: incremental until some days after its bill was judged, then stock; a debt whose last contact is
/// over is stock at once.
enum Stage {
    None,
    Incremental,
    Stock
}

/// What the rule says of a debt since it was last scored.
enum Step {
    None,
    Remind,
    Wait,
    GiveUp
}

/// What the governor sets.
struct ArrearsTerms {
    /// What a contact costs, minor units.
    uint48 unitCost;
    /// Days after the judging until which arrears are incremental.
    uint16 incrementalDays;
    /// The most contacts of a debt, at most 63.
    uint8 maxContacts;
}

/// What became known of a class of debts: at point i, `day[i]` days after the judging, the probability of having repaid
/// with contacts and without, ppm, and the mean number of contacts, ppm of one.
struct Curve {
    /// Mean debt, minor units.
    uint48 meanDebt;
    uint16[] day;
    uint32[] contacted;
    uint32[] natural;
    uint32[] contacts;
}

/// A class of debts.
struct DebtClass {
    /// Tests begun so far: the last one's number.
    uint32 test;
    /// Strategies of the running test, the control included; 0 where none runs.
    uint8 arms;
    /// Whether a curve is set; without one no debt of the class is given up.
    bool curved;
    /// The day whose return on contacts is nearest zero, days after the judging.
    uint16 horizon;
}

/// A bill in arrears, decoded.
struct Debt {
    BillId bill;
    Stage stage;
    Step step;
    uint8 contacts;
    /// 0 for none.
    uint8 strategy;
    /// As last scored, ppm.
    uint32 probability;
    /// Minor units.
    uint48 owed;
    /// Fair time since the judging, whole days.
    uint32 age;
}
