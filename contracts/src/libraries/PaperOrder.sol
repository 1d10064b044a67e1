// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Kind} from "../types/Papers.sol";

/// On which documents each kind rests, after patent CN117437072A. Sets of kinds are words with bit k for kind k.
///
/// payable ← archive · tax check ← payable · invoice ← payable · verification ← tax check, invoice · voucher ←
/// verification · detail form ← voucher · application ← voucher, detail form · approvals ← the one before, the first ←
/// application · payment ← application, the last approval that it takes · paid voucher ← payment
library PaperOrder {
    /// 16 bits a kind.
    uint256 private constant PARENTS = (uint256(1) << 16) | (uint256(1 << 1) << 32) | (uint256(1 << 1) << 48)
        | (uint256((1 << 2) | (1 << 3)) << 64) | (uint256(1 << 4) << 80) | (uint256(1 << 5) << 96)
        | (uint256((1 << 5) | (1 << 6)) << 112) | (uint256(1 << 7) << 128) | (uint256(1 << 8) << 144)
        | (uint256(1 << 9) << 160) | (uint256(1 << 7) << 176) | (uint256(1 << 11) << 192);
    uint256 private constant ALL = (1 << 13) - 1;

    function bit(Kind kind) internal pure returns (uint256) {
        return 1 << uint256(kind);
    }

    /// What a document rests on, of an application that takes `levels` approvals.
    function parents(Kind kind, uint256 levels) internal pure returns (uint256 found) {
        found = (PARENTS >> (16 * uint256(kind))) & 0xffff;
        if (kind == Kind.Payment) found |= bit(Kind.Application) << levels;
    }

    /// What rests on a document, on others in between or directly, and the document itself: what no longer stands when
    /// it is returned.
    function fallen(Kind kind) internal pure returns (uint256 found) {
        found = ALL & ~(bit(kind) - 1);
        // The one pair of which neither rests on the other.
        if (kind == Kind.TaxCheck) found &= ~bit(Kind.Invoice);
    }
}
