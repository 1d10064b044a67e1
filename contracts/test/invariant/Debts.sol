// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillState} from "../../src/types/Bills.sol";
import {Book} from "./Book.sol";

/// The second set of books' side of arrears: what fell into them, and where it went.
abstract contract Debts is Book {
    uint256 internal opened;
    uint256 internal repaid;
    /// By an appeal, a correction or a cancellation.
    uint256 internal adjusted;
    /// By the slot of the bill's book.
    mapping(uint256 slot => bool) internal givenUp;

    function _pass(BillBook storage bill, BillState from, BillState to, uint256 amount) internal override {
        super._pass(bill, from, to, amount);
        if (to == BillState.Arrears) opened += amount;
        if (from == BillState.Arrears) {
            if (to == BillState.Settled || to == BillState.Pending) repaid += amount;
            else adjusted += amount;
        }
        // Whatever moves of a debt, it is to be scored again.
        givenUp[_slotOf(bill)] = false;
    }

    function _slotOf(BillBook storage bill) internal pure returns (uint256 slot) {
        assembly {
            slot := bill.slot
        }
    }
}
