// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId} from "../types/Ids.sol";
import {Defect, Kind, Papers} from "../types/Papers.sol";

/// A bill's papers in one word, bit 0 the lowest:
///
/// digest 0..151 · amount 152..199 · standing 200..212 · levels 213..214 · closed 215 · pusher 216..223 · collector
/// 224..231 · applicant 232..239 · first approver 240..247 · second 248..255
///
/// A document is two words and its content:
///
/// the digest before 0..151 · bill 152..215 · kind 216..223 · defect 224..231 · parents 232..247
/// issuer 0..159 · amount 160..207 · tax 208..239
///
/// The defect is 0 where it is written; parents, amount and tax are 0 where it is returned. The digest after it is the low 152
/// bits of keccak256 of the three words: so the bill's slot binds all that the events say.
library PackedPapers {
    /// Where people stand.
    uint256 internal constant PUSHER = 216;
    uint256 internal constant COLLECTOR = 224;
    uint256 internal constant APPLICANT = 232;
    uint256 internal constant FIRST = 240;
    uint256 internal constant SECOND = 248;

    uint256 private constant DIGEST = (1 << 152) - 1;
    uint256 private constant CLOSED = 1 << 215;

    function decode(uint256 word) internal pure returns (Papers memory) {
        return Papers({
            digest: bytes19(uint152(word)),
            amount: uint48(amount(word)),
            standing: uint16(standing(word)),
            levels: uint8(levels(word)),
            closed: isClosed(word),
            pusher: uint8(person(word, PUSHER)),
            collector: uint8(person(word, COLLECTOR)),
            applicant: uint8(person(word, APPLICANT)),
            firstApprover: uint8(person(word, FIRST)),
            secondApprover: uint8(person(word, SECOND))
        });
    }

    /* READ */

    /// Minor units.
    function amount(uint256 word) internal pure returns (uint256) {
        return uint48(word >> 152);
    }

    /// Bit k for kind k.
    function standing(uint256 word) internal pure returns (uint256) {
        return (word >> 200) & 0x1fff;
    }

    /// Levels of approval.
    function levels(uint256 word) internal pure returns (uint256) {
        return (word >> 213) & 3;
    }

    function isClosed(uint256 word) internal pure returns (bool) {
        return word & CLOSED != 0;
    }

    /// Who stands at one of the places above.
    function person(uint256 word, uint256 place) internal pure returns (uint256) {
        return uint8(word >> place);
    }

    /* CHANGE */

    function withAmount(uint256 word, uint256 amount_) internal pure returns (uint256) {
        return (word & ~(uint256(type(uint48).max) << 152)) | (amount_ << 152);
    }

    function withLevels(uint256 word, uint256 levels_) internal pure returns (uint256) {
        return (word & ~(uint256(3) << 213)) | (levels_ << 213);
    }

    function asClosed(uint256 word) internal pure returns (uint256) {
        return word | CLOSED;
    }

    function withPerson(uint256 word, uint256 place, uint256 person_) internal pure returns (uint256) {
        return (word & ~(uint256(0xff) << place)) | (person_ << place);
    }

    /// With documents standing besides.
    function standingToo(uint256 word, uint256 kinds) internal pure returns (uint256) {
        return word | (kinds << 200);
    }

    /// With documents no longer standing.
    function fallen(uint256 word, uint256 kinds) internal pure returns (uint256) {
        return word & ~(kinds << 200);
    }

    /// What a document is, after the others.
    function documentOf(uint256 word, BillId bill, Kind kind, Defect defect, uint256 parents)
        internal
        pure
        returns (uint256 what)
    {
        what = (word & DIGEST) | (uint256(BillId.unwrap(bill)) << 152) | (uint256(kind) << 216);
        what |= (uint256(defect) << 224) | (parents << 232);
    }

    /// Who issued it, over how much.
    function issueOf(address issuer, uint256 amount_, uint256 tax) internal pure returns (uint256 by) {
        by = uint256(uint160(issuer)) | (amount_ << 160) | (tax << 208);
    }

    /// With the digest after one document more.
    function extended(uint256 word, uint256 what, uint256 by, bytes32 content) internal pure returns (uint256) {
        return (word & ~DIGEST) | (uint256(keccak256(abi.encode(what, by, content))) & DIGEST);
    }
}
