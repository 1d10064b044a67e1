// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Tariff, TariffBlock} from "../types/Utilities.sol";
import {Errors} from "./Errors.sol";
import {PackedBills} from "./PackedBills.sol";

/// Prices a quantity by a tariff, and finds the version in force.
library Tariffs {
    uint256 internal constant MAX_BLOCKS = 8;

    /// What `quantity` base units cost, in thousandths of a minor unit, at least 1,000: 1,000 · standing + Σ block's
    /// part of the quantity · its price. The quantity is at most the last block's end, so that no step can overflow:
    /// 2^47 base units at 2^32 minor units.
    function costOf(Tariff memory tariff, uint256 quantity) internal pure returns (uint256 thousandths) {
        unchecked {
            thousandths = uint256(tariff.standing) * 1000;
            TariffBlock[] memory blocks = tariff.blocks;
            uint256 from;
            for (uint256 i; from < quantity; ++i) {
                TariffBlock memory part = blocks[i];
                uint256 to = part.upTo;
                if (quantity < to) to = quantity;
                thousandths += (to - from) * part.price;
                from = to;
            }
            if (thousandths < 1000) thousandths = 1000;
        }
    }

    /// The nearest minor unit; of two equally near ones the even one.
    function roundHalfEven(uint256 thousandths) internal pure returns (uint256 amount) {
        // Halves go up by the added 500, except where that makes the amount odd.
        amount = (thousandths + 500) / 1000;
        if (thousandths % 1000 == 500) amount &= ~uint256(1);
    }

    /// Whether `amount` minor units are nearest to `thousandths`. Exactly between two minor units both are: suppliers
    /// do round either way.
    function isNearest(uint256 amount, uint256 thousandths) internal pure returns (bool) {
        unchecked {
            // At most 1,000 if and only if the two differ by at most 500: below that the difference wraps.
            return amount * 1000 + 500 - thousandths <= 1000;
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
