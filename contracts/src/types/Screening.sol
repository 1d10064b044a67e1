// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Why a bill is appealed whatever its verdict says.
enum Rule {
    None,
    // its amount is above the largest of its class
    Amount,
    // fewer or more days than its class allows lie between the last day billed before it and its own
    TooSoon,
    TooLate
}

/// What bills of a utility and class must keep to; which verdict decides about those that do.
struct Rules {
    /// The largest amount of a bill that is not appealed, minor units; the largest number for any.
    uint48 amount;
    /// The fewest and the most days from the last day billed before to the bill's last; 0 and the largest number for any.
    uint16 shortest;
    uint16 longest;
    /// Whether a bill that keeps to them is paid whatever its verdict says; else, and of an account whose mandate has only
    /// signed readings count, its verdict decides.
    bool alone;
    /// SHA-256 of what they were computed from and by.
    bytes32 source;
}
