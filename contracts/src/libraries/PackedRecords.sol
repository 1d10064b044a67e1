// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Step} from "../types/Arrears.sol";
import {BillRecord, BillState, Reason} from "../types/Bills.sol";
import {PackedBill, PackedRecord, SupplierId} from "../types/Ids.sol";
import {IdCodec} from "./IdCodec.sol";
import {PackedDebts} from "./PackedDebts.sol";

/// A bill that left the common path, in one word; bit 0 the lowest:
///
/// account number 0..31 · quantity 32..79 · amount 80..127 · first day 128..143 · days 144..151, as in the posted bill
/// · state 152..159 · reason 160..167 · money 168..215 · in arrears the register's note (libraries/PackedDebts.sol), held
/// openedAfter 216..247 · flags 248..255 (replaced, unbilled, corrected, correctedByMeter, lent)
///
/// `amount` falls when a part of the bill is void and another is not, so that amount - money is always what was paid
/// for a bill in arrears, what was credited for a pending one, and
/// what is reserved for a refund of a settled one.
library PackedRecords {
    using PackedDebts for uint256;
    using PackedRecords for PackedRecord;

    uint256 private constant BILL = (1 << 152) - 1;
    uint256 private constant AMOUNT = uint256((1 << 48) - 1) << 80;
    /// State, reason, money, and what comes with the state.
    uint256 private constant STANDING = uint256(type(uint96).max) << 152;
    uint256 private constant REPLACED = 1 << 248;
    uint256 private constant UNBILLED = 1 << 249;
    uint256 private constant CORRECTED = 1 << 250;
    uint256 private constant CORRECTED_BY_METER = 1 << 251;
    uint256 private constant LENT = 1 << 252;
    uint256 private constant FREEING = (1 << uint8(Reason.Cancelled)) | (1 << uint8(Reason.Conceded))
        | (1 << uint8(Reason.Adjusted)) | (1 << uint8(Reason.Expired)) | (1 << uint8(Reason.Ruled));

    /* READ */

    function exists(PackedRecord record) internal pure returns (bool) {
        return PackedRecord.unwrap(record) != 0;
    }

    function number(PackedRecord record) internal pure returns (uint256) {
        return uint32(PackedRecord.unwrap(record));
    }

    /// Minor units.
    function amount(PackedRecord record) internal pure returns (uint256) {
        return uint48(PackedRecord.unwrap(record) >> 80);
    }

    function state(PackedRecord record) internal pure returns (BillState) {
        return BillState(uint8(PackedRecord.unwrap(record) >> 152));
    }

    function reason(PackedRecord record) internal pure returns (Reason) {
        return Reason(uint8(PackedRecord.unwrap(record) >> 160));
    }

    /// Set aside (Held), owed (Arrears), in the pending bucket (Pending), paid and not reserved (Settled); minor units.
    function money(PackedRecord record) internal pure returns (uint256) {
        return uint48(PackedRecord.unwrap(record) >> 168);
    }

    /// Of what was paid, reserved for a refund; minor units.
    function reserved(PackedRecord record) internal pure returns (uint256) {
        return record.state() == BillState.Settled ? record.amount() - record.money() : 0;
    }

    /// In arrears: what the arrears register noted.
    function note(PackedRecord record) internal pure returns (uint256) {
        return uint32(PackedRecord.unwrap(record) >> 216);
    }

    /// Whether the bill is in arrears, and its debt is given up.
    function isGivenUp(PackedRecord record) internal pure returns (bool) {
        return record.state() == BillState.Arrears && note(record).step() == Step.GiveUp;
    }

    /// Whether the bill was cancelled before it was judged, so that its days were never taken.
    function isUnbilled(PackedRecord record) internal pure returns (bool) {
        return PackedRecord.unwrap(record) & UNBILLED != 0;
    }

    /// Whether the credit line has paid the bill, so that what is given back of it is kept for the line.
    function isLent(PackedRecord record) internal pure returns (bool) {
        return PackedRecord.unwrap(record) & LENT != 0;
    }

    /// Whether the verdict was shown wrong in this way, or in one that overrides it.
    function isCorrected(PackedRecord record, bool byMeter) internal pure returns (bool) {
        uint256 later = byMeter ? CORRECTED_BY_METER : CORRECTED | CORRECTED_BY_METER;
        return PackedRecord.unwrap(record) & later != 0;
    }

    /// Whether the bill is void, its days are free and not billed again yet, and `bill` of the same supplier is for the
    /// same account and for days within them.
    function isReplaceableBy(PackedRecord record, PackedBill bill) internal pure returns (bool) {
        uint256 word = PackedRecord.unwrap(record);
        uint256 other = PackedBill.unwrap(bill);
        if (uint8(word >> 152) != uint8(BillState.Void) || (FREEING >> uint8(word >> 160)) & 1 == 0) return false;
        if (word & REPLACED != 0 || uint32(word) != uint32(other)) return false;
        uint256 start = uint16(word >> 128);
        uint256 from = uint16(other >> 128);
        return from >= start && from + uint8(other >> 144) <= start + uint8(word >> 144);
    }

    function decode(PackedRecord record, SupplierId supplier) internal pure returns (BillRecord memory decoded) {
        uint256 word = PackedRecord.unwrap(record);
        if (word == 0) return decoded;
        decoded.account = IdCodec.account(supplier, number(record));
        decoded.start = uint16(word >> 128);
        decoded.periodDays = uint8(word >> 144);
        decoded.quantity = uint48(word >> 32);
        decoded.amount = uint48(amount(record));
        decoded.state = state(record);
        decoded.reason = reason(record);
        decoded.money = uint48(money(record));
        if (decoded.state == BillState.Held) decoded.openedAfter = uint32(word >> 216);
        else if (decoded.state == BillState.Arrears) decoded.note = uint32(note(record));
        decoded.replaced = word & REPLACED != 0;
        decoded.corrected = word & CORRECTED != 0;
        decoded.correctedByMeter = word & CORRECTED_BY_METER != 0;
    }

    /* CHANGE */

    /// A bill's first record.
    function create(PackedBill bill, BillState state_, Reason reason_, uint256 money_)
        internal
        pure
        returns (PackedRecord)
    {
        return PackedRecord.wrap(
            (PackedBill.unwrap(bill) & BILL) | (uint256(uint8(state_)) << 152) | (uint256(uint8(reason_)) << 160)
                | (money_ << 168)
        );
    }

    /// With another state, reason and money.
    function with(PackedRecord record, BillState state_, Reason reason_, uint256 money_)
        internal
        pure
        returns (PackedRecord)
    {
        return PackedRecord.wrap(
            (PackedRecord.unwrap(record) & ~STANDING) | (uint256(uint8(state_)) << 152)
                | (uint256(uint8(reason_)) << 160) | (money_ << 168)
        );
    }

    /// In arrears, with the register's note.
    function withNote(PackedRecord record, uint256 note_) internal pure returns (PackedRecord) {
        uint256 cleared = PackedRecord.unwrap(record) & ~(uint256(type(uint32).max) << 216);
        return PackedRecord.wrap(cleared | (uint256(uint32(note_)) << 216));
    }

    /// Held under an appeal that a challenge opened so many seconds of fair time after the judging.
    function asOpenedAfter(PackedRecord record, uint32 time) internal pure returns (PackedRecord) {
        return PackedRecord.wrap(PackedRecord.unwrap(record) | (uint256(time) << 216));
    }

    /// With what is left of the amount after a part of it is void, minor units.
    function withAmount(PackedRecord record, uint256 amount_) internal pure returns (PackedRecord) {
        return PackedRecord.wrap((PackedRecord.unwrap(record) & ~AMOUNT) | (amount_ << 80));
    }

    function asReplaced(PackedRecord record) internal pure returns (PackedRecord) {
        return PackedRecord.wrap(PackedRecord.unwrap(record) | REPLACED);
    }

    function asUnbilled(PackedRecord record) internal pure returns (PackedRecord) {
        return PackedRecord.wrap(PackedRecord.unwrap(record) | UNBILLED);
    }

    /// Paid by the credit line.
    function asLent(PackedRecord record) internal pure returns (PackedRecord) {
        return PackedRecord.wrap(PackedRecord.unwrap(record) | LENT);
    }

    /// Its verdict shown wrong, by signed readings or otherwise.
    function asCorrected(PackedRecord record, bool byMeter) internal pure returns (PackedRecord) {
        return PackedRecord.wrap(PackedRecord.unwrap(record) | (byMeter ? CORRECTED_BY_METER : CORRECTED));
    }
}
