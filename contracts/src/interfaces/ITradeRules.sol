// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Category, OfferRequest, PriceRange, Refusal, Terms} from "../types/Trade.sol";

/// What governor and operators set for the trade desk: categories, normal price ranges, terms by version, the arbiter.
/// What is set later touches no offer and no purchase that is there. Amounts are minor units of the currency.
interface ITradeRules {
    event CategorySet(uint16 indexed category, Category parameters);
    event TermsSet(uint32 indexed version, Terms terms);
    event TradeArbiterSet(address indexed arbiter);
    event RangeProposed(
        uint16 indexed category, address indexed operator, uint32 round, uint48 low, uint48 high, bytes32 inputsHash
    );
    event RangeSet(uint16 indexed category, uint32 round, uint48 low, uint48 high, bytes32 inputsHash);

    /// An operator says what the normal price range of a category is, minor units a piece, and the hash of the reference
    /// prices it follows from; it is set once a quorum says the same.
    function proposeRange(uint16 category, uint48 low, uint48 high, bytes32 inputsHash) external;
    /// Sets the discriminating parameters of a category for offers published from now on. Restricted to the governor role.
    function setCategory(uint16 category, Category calldata parameters) external;
    /// Sets the terms of purchases from now on. Restricted to the governor role.
    function setTerms(Terms calldata terms) external;
    /// Sets who rules on the disputes of purchases from now on; zero for nobody. Restricted to the governor role.
    function setArbiter(address arbiter_) external;

    /// What an offer fails of its category's discriminating parameters, with the value and its bound; reason None where
    /// it keeps to them.
    function examine(OfferRequest calldata request) external view returns (Refusal reason, uint256 value, uint256 bound);
    /// Whether a unit price lies outside the normal range of a category; false where there is none.
    function isAbnormalPrice(uint16 category, uint48 unitPrice) external view returns (bool);
    /// How a total is split by the present terms: so many parts, all but the last of the first control threshold.
    function splitOf(uint256 total) external view returns (uint256 count, uint256 last);
    /// Who rules on the disputes of purchases made now.
    function arbiter() external view returns (address);
    /// A category's discriminating parameters.
    function categoryOf(uint16 category) external view returns (Category memory);
    /// A category's normal price range.
    function rangeOf(uint16 category) external view returns (PriceRange memory);
    /// The terms of a version.
    function termsOf(uint32 version) external view returns (Terms memory);
    /// The present version of the terms.
    function termsVersion() external view returns (uint32);
}
