// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Tariff, TariffBlock} from "../types/Utilities.sol";
import {Errors} from "./Errors.sol";
import {PackedBills} from "./PackedBills.sol";

/// Prices a quantity by a tariff, and finds the version in force.
library Tariffs {
    uint256 internal constant MAX_BLOCKS = 8;

    /// The amount of a bill for `quantity`: the nearest minor unit; of two equally near ones the even one.
    function price(Tariff memory tariff, uint256 quantity) internal pure returns (uint256) {
        (uint256 low, uint256 high) = nearest(tariff, quantity);
        return low & 1 == 0 ? low : high;
    }

    /// The least and the largest right amount: (1,000 · standing + Σ block's part of the quantity · its price) / 1,000 to the
    /// nearest minor unit, and at least 1. They differ, by 1, where the price lies exactly between two minor units: both are
    /// nearest then, and suppliers do round either way. `quantity` base units, at most the last block's end; no step can
    /// overflow: 2^47 base units at 2^32 minor units.
    function nearest(Tariff memory tariff, uint256 quantity) internal pure returns (uint256 low, uint256 high) {
        unchecked {
            uint256 thousandths = uint256(tariff.standing) * 1000;
            TariffBlock[] memory blocks = tariff.blocks;
            uint256 from;
            for (uint256 i; from < quantity; ++i) {
                uint256 to = blocks[i].upTo;
                if (quantity < to) to = quantity;
                thousandths += (to - from) * blocks[i].price;
                from = to;
            }
            low = (thousandths + 499) / 1000;
            high = (thousandths + 500) / 1000;
            if (low == 0) low = 1;
            if (high == 0) high = 1;
        }
    }

    /// How many of `versions` begin on `day` (days since 1970-01-01) or before: the one in force is the last of them.
    function countUntil(Tariff[] storage versions, uint256 day) internal view returns (uint256 low) {
        uint256 high = versions.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (versions[middle].fromDay <= day) low = middle + 1;
            else high = middle;
        }
    }

    /// Refuses blocks that are none, more than eight, not ascending, or do not end at the largest quantity of a bill.
    function check(TariffBlock[] calldata blocks) internal pure {
        uint256 count = blocks.length;
        if (count == 0 || count > MAX_BLOCKS) revert Errors.PaymentLedger_TariffBlockCount(count);
        uint256 last;
        for (uint256 i; i < count; ++i) {
            uint256 upTo = blocks[i].upTo;
            bool ends = upTo == PackedBills.MAX_QUANTITY;
            if (upTo <= last || ends != (i + 1 == count)) revert Errors.PaymentLedger_TariffBlockOrder(i, upTo);
            last = upTo;
        }
    }
}
