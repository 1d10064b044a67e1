// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "./Errors.sol";

/// Daily readings in base units, 5 bytes a day, big-endian, the first day of the reference period first, zero on a day
/// without a reading; and a bitmap of these missing days, bit x for day x counted from 0.
///
/// Sums over them for the regression of TrendVerdict.sol, which bounds n2, the length of the reference period in days:
/// t = 2x - (n2 - 1) counts the days from the middle.
library PackedReadings {
    // Three lanes of 80 bits: the low half of each, and one lane.
    uint256 private constant LANES = 0xffffffffff0000000000ffffffffff0000000000ffffffffff;
    uint256 private constant LANE = 0xffffffffffffffffffff;

    /// Z0 = S in bits 0..63, Z1 in bits 64..127, Z2 in bits 128..191, each an int64, over all days: a missing one reads
    /// zero. As t = 2·day - (n2 + 1), Z1 = 2U1 - (n2 + 1)·S and Z2 = 4U2 - (n2 + 1)(4U1 - (n2 + 1)·S).
    function sums(bytes calldata readings, uint256 n2) internal pure returns (int256 word) {
        (uint256 total, uint256 u1, uint256 u2) = _powerSums(readings, n2);
        unchecked {
            int256 middle = int256(n2 + 1);
            int256 z1 = 2 * int256(u1) - middle * int256(total);
            word = int256(total) | int256(uint256(uint64(uint256(z1)))) << 64;
            word |= (4 * int256(u2) - middle * (z1 + 2 * int256(u1))) << 128;
        }
    }

    /// S, U1 and U2: sums of day^k·y over the readings y, days counted from one.
    ///
    /// Six readings a step, the last six first. A word of them is split into the even and the odd days, each three
    /// lanes of 80 bits, and the lanes are added side by side. Adding a running sum to another counts the word's place
    /// v from one without a multiplication: at the end `pairs` holds the sum of y0 + y1, `placed` of v(y0 + y1),
    /// `twice` of v(v + 1)/2·(y0 + y1), `evens` of y0 and `evensPlaced` of v·y0, below 2^52 a lane.
    ///
    /// Lane l of word v holds the days w - 1 and w, with w = 6v - 2l. Hence
    ///
    ///     U1 = sum of w(y0 + y1) - y0,   U2 = sum of w^2·(y0 + y1) - (2w - 1)·y0
    ///
    /// expanded in v and l, with 36v^2 = 72·v(v + 1)/2 - 36v. The sum of the lanes is the remainder modulo 2^80 - 1;
    /// weighted by l = 0, 1, 2 it is the sum of the upper two and the uppermost once more. U2, U1 and S at last take
    /// the places of `twice`, `placed` and `pairs`.
    function _powerSums(bytes calldata readings, uint256 n2)
        private
        pure
        returns (uint256 pairs, uint256 placed, uint256 twice)
    {
        assembly ("memory-safe") {
            let evens
            let evensPlaced
            let at := div(sub(n2, 1), 6)
            let word
            {
                // What follows the readings is not ours: bits of the last word that lie beyond the period.
                let spare := mul(40, sub(mul(6, add(at, 1)), n2))
                at := add(readings.offset, mul(30, at))
                word := shl(spare, shr(add(spare, 16), calldataload(at)))
            }
            for {} 1 {} {
                {
                    let even := and(shr(40, word), LANES)
                    pairs := add(pairs, add(even, and(word, LANES)))
                    evens := add(evens, even)
                }
                placed := add(placed, pairs)
                twice := add(twice, placed)
                evensPlaced := add(evensPlaced, evens)
                if eq(at, readings.offset) {
                    twice := add(sub(mul(36, sub(mul(2, twice), placed)), mul(12, evensPlaced)), evens)
                    twice := add(mod(twice, LANE), mul(8, shr(160, pairs)))
                    word := mul(4, sub(mul(6, placed), add(pairs, evens)))
                    twice := sub(twice, add(mod(shr(80, word), LANE), shr(160, word)))
                    placed := mod(sub(mul(6, placed), evens), LANE)
                    placed := sub(placed, mul(2, add(mod(shr(80, pairs), LANE), shr(160, pairs))))
                    pairs := mod(pairs, LANE)
                    break
                }
                at := sub(at, 30)
                word := shr(16, calldataload(at))
            }
        }
    }

    /// Sum over the missing days of t^0 + t^1·2^48 + t^2·2^96 + t^3·2^144 + t^4·2^192: five signed sums in one word,
    /// each below 2^33, and a day costs one scheme of Horner's. Refuses a missing day's reading: it would count in S.
    function gaps(bytes calldata readings, uint256 n2, uint256 missing) internal pure returns (int256 word) {
        uint256 table = _logarithms();
        unchecked {
            while (missing != 0) {
                uint256 bit = missing & (0 - missing);
                missing ^= bit;
                uint256 day;
                uint256 reading;
                assembly ("memory-safe") {
                    day := and(mload(add(table, mod(bit, 101))), 0xff)
                    reading := shr(216, calldataload(add(readings.offset, mul(5, day))))
                }
                if (reading != 0) revert Errors.TrendVerdict_ReadingOfMissingDay(day, reading);
                int256 step = (int256(2 * day + 1) - int256(n2)) << 48;
                word += 1 + step * (1 + step * (1 + step * (1 + step)));
            }
        }
    }

    /// Discrete logarithms to base 2 modulo 101, for x < 94: the low byte of the word at table + 2^x mod 101 is x. 2
    /// generates the field's group, so that no two of these powers leave the same remainder. They lie behind the
    /// free-memory pointer, which stays where it is: nothing is allocated before they are used.
    function _logarithms() private pure returns (uint256 table) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, 0x00000145021846090326190d47420a5d041e27001a4e0e56483043070b5b0054)
            mstore(add(free, 0x20), 0x05521f21283800231b2d4f2a0f3e573a49123100441708250c415c1d004d552f)
            mstore(add(free, 0x40), 0x065a53512037222c293d3911001624401c4c2e5950362b3c10153f4b58353b14)
            mstore(add(free, 0x60), 0x4a34133332000000000000000000000000000000000000000000000000000000)
            table := sub(free, 31)
        }
    }
}
