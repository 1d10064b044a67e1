// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// What others ask of someone's standing; they do not know the rules.
interface IStanding {
    /// The credit value, points.
    function valueOf(address party) external view returns (int256);
    /// Whether a party may publish, buy and be bought from: it is neither suspended nor banned.
    function mayTrade(address party) external view returns (bool);
    /// Whether it may pay in instalments.
    function mayPayLater(address party) external view returns (bool);
    /// Fees that it is let off in all, minor units, whether or not they have been; never falls.
    function feeCreditOf(address party) external view returns (uint256);
    /// Up to where a mandate's caps may be raised, minor units a bill and a month; 0 while it is suspended or banned.
    function mandateCapOf(address party) external view returns (uint256);
}
