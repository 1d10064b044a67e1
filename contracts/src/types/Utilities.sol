// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// What is supplied. Base units: electricity and gas Wh, water L, phone s.
enum Utility {
    None,
    Electricity,
    Water,
    Gas,
    Phone
}

/// One block of a tariff: `price` holds for the part of a bill's quantity above the block before and up to `upTo`.
struct TariffBlock {
    /// Base units a bill; ascending; the last block's is the largest quantity a bill may have.
    uint48 upTo;
    /// Minor units of the currency per 1,000 base units.
    uint32 price;
}

/// A version of a supplier's tariff for a utility. amount = max(1, (1,000 · standing + Σ quantity by block · price) /
/// 1,000) to the nearest minor unit. Exactly between two both are nearest: a bill may ask either; a quoted price is the
/// even one.
struct Tariff {
    /// First day in force, days since 1970-01-01; compared with the last day of a bill's period.
    uint16 fromDay;
    /// Standing charge, minor units a bill.
    uint48 standing;
    TariffBlock[] blocks;
}
