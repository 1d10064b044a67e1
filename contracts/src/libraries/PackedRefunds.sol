// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountId} from "../types/Ids.sol";
import {PackedRefund, RefundOrder, RefundReason, RefundState} from "../types/Refunds.sol";

/// A refund's order in two words, each written at once; bit 0 the lowest:
///
/// asked: requester 0..159 · amount 160..207 · since 208..247 · state 248..255
/// checked: marketing 0..159 · account 160..223 · version 224..239 · reason 240..247 · escalated 248..255
library PackedRefunds {
    function load(PackedRefund storage packed) internal view returns (RefundOrder memory order) {
        (uint256 asked, uint256 checked) = (packed.asked, packed.checked);
        order.requester = address(uint160(asked));
        order.amount = uint48(asked >> 160);
        order.since = uint40(asked >> 208);
        order.state = RefundState(asked >> 248);
        order.marketing = address(uint160(checked));
        order.account = AccountId.wrap(uint64(checked >> 160));
        order.version = uint16(checked >> 224);
        order.reason = RefundReason(uint8(checked >> 240));
        order.escalated = checked >> 248 != 0;
    }

    function store(PackedRefund storage packed, RefundOrder memory order) internal {
        packed.asked = uint160(order.requester) | (uint256(order.amount) << 160) | (uint256(order.since) << 208)
            | (uint256(order.state) << 248);
        packed.checked = uint160(order.marketing) | (uint256(AccountId.unwrap(order.account)) << 160)
            | (uint256(order.version) << 224) | (uint256(order.reason) << 240)
            | (uint256(order.escalated ? 1 : 0) << 248);
    }
}
