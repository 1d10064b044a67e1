// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Step} from "../types/Arrears.sol";
import {BillId} from "../types/Ids.sol";

/// A score, a contact, or what is noted of a debt, in one word, bit 0 the lowest:
///
/// bill 0..63 · step 64..65 · contacts 66..71 · probability of repaying with a contact 72..91, ppm · strategy 92..95, 0
/// for none · probability without a contact 96..115, ppm · class 116..123 · owed 124..171, minor units
///
/// Operators submit bill, probabilities, strategy and class; the rest is the register's, and told in its events. The 32
/// bits from the step on are the note, for which the bill's record has room.
library PackedDebts {
    uint256 internal constant MAX_CONTACTS = 63;
    /// What operators submit of a score.
    uint256 internal constant SCORE = ((1 << 52) - 1) << 72 | type(uint64).max;
    /// What they submit of a contact.
    uint256 internal constant CONTACT = 0xff << 116 | type(uint64).max;
    uint256 private constant LOW_20 = 0xfffff;

    /* A WORD */

    function bill(uint256 word) internal pure returns (BillId) {
        return BillId.wrap(uint64(word));
    }

    /// Ppm.
    function naturalProbability(uint256 word) internal pure returns (uint256) {
        return (word >> 96) & LOW_20;
    }

    function class(uint256 word) internal pure returns (uint8) {
        return uint8(word >> 116);
    }

    /// Its 32 bits, and above them what comes after.
    function note(uint256 word) internal pure returns (uint256) {
        return word >> 64;
    }

    /// With what the register adds.
    function told(uint256 word, Step step_, uint256 contacts_, uint256 owed) internal pure returns (uint256) {
        return word | (uint256(step_) << 64) | (contacts_ << 66) | (owed << 124);
    }

    /* A NOTE */

    function step(uint256 note_) internal pure returns (Step) {
        return Step(note_ & 3);
    }

    function contacts(uint256 note_) internal pure returns (uint256) {
        return (note_ >> 2) & 63;
    }

    /// Ppm.
    function probability(uint256 note_) internal pure returns (uint256) {
        return (note_ >> 8) & LOW_20;
    }

    function strategy(uint256 note_) internal pure returns (uint256) {
        return (note_ >> 28) & 15;
    }

    /// The same before it is scored anew: contacts stay counted.
    function unscored(uint256 note_) internal pure returns (uint256) {
        return note_ & ~uint256(3);
    }
}
