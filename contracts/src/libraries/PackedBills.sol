// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bill} from "../types/Bills.sol";
import {AccountId, BillId, PackedBill, SupplierId} from "../types/Ids.sol";
import {IdCodec} from "./IdCodec.sol";

/// A posted bill in one word, bit 0 the lowest:
///
/// account number 0..31 · quantity 32..79 · amount 80..127 · first day 128..143 · days 144..151 · replaces 152..215 ·
/// zero 216..255
library PackedBills {
    /// The longest billing period, days.
    uint256 internal constant MAX_DAYS = 93;
    /// The largest quantity of a bill, base units: 93 days of readings below 2^40 (VERDICT bounds).
    uint256 internal constant MAX_QUANTITY = 93 << 40;

    /// The bills as bare words, which the encoder copies in one go.
    function words(PackedBill[] calldata bills) internal pure returns (uint256[] calldata words_) {
        assembly ("memory-safe") {
            words_.offset := bills.offset
            words_.length := bills.length
        }
    }

    /// Where the first bill of a list is in calldata.
    function offsetOf(uint256[] calldata bills) internal pure returns (uint256 offset) {
        assembly ("memory-safe") {
            offset := bills.offset
        }
    }

    /// Bill `index` of a list that holds it: the caller's loop has bounded the index, which is not checked again.
    function read(uint256[] calldata bills, uint256 index) internal pure returns (PackedBill bill) {
        assembly ("memory-safe") {
            bill := calldataload(add(bills.offset, shl(5, index)))
        }
    }

    /// The bill at `offset` in calldata.
    function at(uint256 offset) internal pure returns (PackedBill bill) {
        assembly ("memory-safe") {
            bill := calldataload(offset)
        }
    }

    /// The account's number within the supplier.
    function number(PackedBill bill) internal pure returns (uint256) {
        return uint32(PackedBill.unwrap(bill));
    }

    /// Base units.
    function quantity(PackedBill bill) internal pure returns (uint256) {
        return uint48(PackedBill.unwrap(bill) >> 32);
    }

    /// Minor units.
    function amount(PackedBill bill) internal pure returns (uint256) {
        return uint48(PackedBill.unwrap(bill) >> 80);
    }

    /// First day of the billing period, days since 1970-01-01.
    function start(PackedBill bill) internal pure returns (uint256) {
        return uint16(PackedBill.unwrap(bill) >> 128);
    }

    /// Days of the billing period.
    function periodDays(PackedBill bill) internal pure returns (uint256) {
        return uint8(PackedBill.unwrap(bill) >> 144);
    }

    /// Last day of the billing period, days since 1970-01-01; of a bill with at least one day.
    function lastDay(PackedBill bill) internal pure returns (uint256) {
        unchecked {
            return start(bill) + periodDays(bill) - 1;
        }
    }

    /// The void bill whose days this one bills again; 0 for none.
    function replaces(PackedBill bill) internal pure returns (BillId) {
        return BillId.wrap(uint64(PackedBill.unwrap(bill) >> 152));
    }

    /// Whether days and quantity are within bounds and the spare bits zero.
    function isWellFormed(PackedBill bill) internal pure returns (bool) {
        // Zero days wrap to the largest number: one comparison for both bounds.
        unchecked {
            return
                periodDays(bill) - 1 < MAX_DAYS && quantity(bill) <= MAX_QUANTITY && PackedBill.unwrap(bill) >> 216 == 0;
        }
    }

    function decode(PackedBill bill, SupplierId supplier) internal pure returns (Bill memory) {
        return Bill({
            account: IdCodec.account(supplier, number(bill)),
            start: uint16(start(bill)),
            periodDays: uint8(periodDays(bill)),
            quantity: uint48(quantity(bill)),
            amount: uint48(amount(bill)),
            replaces: replaces(bill)
        });
    }
}
