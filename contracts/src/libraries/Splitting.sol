// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "./Errors.sol";
import {TradeErrors} from "./TradeErrors.sol";

/// Splits a total: while the rest is above a condition, one part of a fixed size is split off, and what is then left is
/// the last part. In closed form, so that it costs the same for any total.
library Splitting {
    /// Into how many parts, and the last one's size; all others are `first`. `above` is at least `first`, which is not
    /// zero. (count - 1) * first + last is the total, and last is at most `above`; it is zero for a total of zero only.
    function split(uint256 total, uint256 first, uint256 above) internal pure returns (uint256 count, uint256 last) {
        if (first == 0 || above < first) revert TradeErrors.Splitting_ConditionBelowPart(first, above);
        if (total <= above) return (1, total);
        uint256 splits = (total - above - 1) / first + 1;
        (count, last) = (splits + 1, total - splits * first);
    }
}
