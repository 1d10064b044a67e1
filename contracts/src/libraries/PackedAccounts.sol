// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Account, Mandate} from "../types/Accounts.sol";
import {Reason} from "../types/Bills.sol";
import {PackedAccount} from "../types/Ids.sol";
import {Utility} from "../types/Utilities.sol";

/// An account in one word, so that judging a bill reads and writes one slot; bit 0 the lowest:
///
/// balance 0..47 · capPerBill 48..91 · capPerMonth 92..135 · spent 136..179 · month 180..191 · mandateLastDay 192..207
/// · billedThrough 208..223 · class 224..231 · utility 232..235 · flags 236..239 (open, discloseReadings,
/// signedOnly) · basisSince 240..255
library PackedAccounts {
    using PackedAccounts for PackedAccount;

    /// The largest balance, minor units.
    uint256 internal constant MAX_BALANCE = (1 << 48) - 1;
    /// The largest cap, minor units.
    uint256 internal constant MAX_CAP = (1 << 44) - 1;

    /// The largest class: each class in a batch costs judging a look at its presets.
    uint256 internal constant MAX_CLASS = 31;

    uint256 private constant SPENT_AND_MONTH = ((1 << 56) - 1) << 136;
    uint256 private constant MANDATE = (((1 << 88) - 1) << 48) | (uint256(0xffff) << 192) | DISCLOSE | SIGNED_ONLY;
    uint256 private constant BILLED_THROUGH = uint256(0xffff) << 208;
    uint256 private constant CLASS = uint256(0xff) << 224;
    uint256 private constant OPEN = 1 << 236;
    uint256 private constant DISCLOSE = 1 << 237;
    uint256 private constant SIGNED_ONLY = 1 << 238;
    /// Class and signedOnly, shifted down by 224.
    uint256 private constant BASIS = 0x40ff;

    /* READ */

    /// Whether the account exists.
    function isOpen(PackedAccount account) internal pure returns (bool) {
        return PackedAccount.unwrap(account) & OPEN != 0;
    }

    /// Free balance, minor units.
    function balance(PackedAccount account) internal pure returns (uint256) {
        return uint48(PackedAccount.unwrap(account));
    }

    /// Minor units a bill.
    function capPerBill(PackedAccount account) internal pure returns (uint256) {
        return (PackedAccount.unwrap(account) >> 48) & MAX_CAP;
    }

    /// Minor units a calendar month.
    function capPerMonth(PackedAccount account) internal pure returns (uint256) {
        return (PackedAccount.unwrap(account) >> 92) & MAX_CAP;
    }

    /// Collected in `month_` under the mandate, minor units.
    function spentIn(PackedAccount account, uint256 month_) internal pure returns (uint256) {
        return month(account) == month_ ? (PackedAccount.unwrap(account) >> 136) & MAX_CAP : 0;
    }

    /// The month that the account counts collections of: months since January 1970.
    function month(PackedAccount account) internal pure returns (uint256) {
        return (PackedAccount.unwrap(account) >> 180) & 0xfff;
    }

    /// Last day of the mandate, days since 1970-01-01; 0 for none.
    function mandateLastDay(PackedAccount account) internal pure returns (uint256) {
        return uint16(PackedAccount.unwrap(account) >> 192);
    }

    /// Last day billed, days since 1970-01-01.
    function billedThrough(PackedAccount account) internal pure returns (uint256) {
        return uint16(PackedAccount.unwrap(account) >> 208);
    }

    function class(PackedAccount account) internal pure returns (uint256) {
        return uint8(PackedAccount.unwrap(account) >> 224);
    }

    /// What verdicts on the account's bills rest on, of the day since which it is as it is: class, and whether readings
    /// must be signed.
    function basis(PackedAccount account) internal pure returns (uint256) {
        return (PackedAccount.unwrap(account) >> 224) & BASIS;
    }

    /// The day on which the basis was last set, days since 1970-01-01; 0 for never.
    function basisSince(PackedAccount account) internal pure returns (uint256) {
        return PackedAccount.unwrap(account) >> 240;
    }

    /// Whether by this basis only readings count that the meter operator signed; its lowest byte is the class.
    function isSignedOnly(uint256 basis_) internal pure returns (bool) {
        return basis_ >> 8 != 0;
    }

    /// Whether the mandate lets anyone show the readings on chain.
    function disclosesReadings(PackedAccount account) internal pure returns (bool) {
        return PackedAccount.unwrap(account) & DISCLOSE != 0;
    }

    function utility(PackedAccount account) internal pure returns (uint256) {
        return (PackedAccount.unwrap(account) >> 232) & 0xf;
    }

    /// Why `amount` minor units cannot be collected under the mandate on day `today` of month `month_`; None if they
    /// can.
    function refusal(PackedAccount account, uint256 amount, uint256 today, uint256 month_)
        internal
        pure
        returns (Reason)
    {
        unchecked {
            uint256 last = mandateLastDay(account);
            if (last < today) return last == 0 ? Reason.NoMandate : Reason.MandateExpired;
            if (amount > capPerBill(account)) return Reason.CapPerBill;
            if (spentIn(account, month_) + amount > capPerMonth(account)) return Reason.CapPerMonth;
            return amount > balance(account) ? Reason.Balance : Reason.None;
        }
    }

    function decode(PackedAccount account) internal pure returns (Account memory decoded) {
        uint256 word = PackedAccount.unwrap(account);
        decoded.balance = uint48(balance(account));
        decoded.capPerBill = uint48(capPerBill(account));
        decoded.capPerMonth = uint48(capPerMonth(account));
        decoded.spent = uint48((word >> 136) & MAX_CAP);
        decoded.month = uint16(month(account));
        decoded.mandateLastDay = uint16(mandateLastDay(account));
        decoded.billedThrough = uint16(billedThrough(account));
        decoded.class = uint8(class(account));
        decoded.utility = Utility(utility(account));
        decoded.discloseReadings = word & DISCLOSE != 0;
        decoded.signedOnly = word & SIGNED_ONLY != 0;
    }

    /* CHANGE: whoever calls has checked that the result fits */

    function create(Utility utility_) internal pure returns (PackedAccount) {
        return PackedAccount.wrap(OPEN | (uint256(utility_) << 232));
    }

    /// With `amount` minor units more, which fit.
    function credited(PackedAccount account, uint256 amount) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(account) + amount);
        }
    }

    /// With `amount` minor units less, which it has.
    function debited(PackedAccount account, uint256 amount) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(account) - amount);
        }
    }

    /// With `amount` minor units collected under the mandate in `month_`, which `refusal` has allowed.
    function collected(PackedAccount account, uint256 amount, uint256 month_) internal pure returns (PackedAccount) {
        return counted(account, amount, month_).debited(amount);
    }

    /// With `amount` minor units, which the cap a month allows, counted as collected in `month_`: neither this nor
    /// what changes the balance can carry out of its field.
    function counted(PackedAccount account, uint256 amount, uint256 month_) internal pure returns (PackedAccount) {
        uint256 word = PackedAccount.unwrap(account);
        if (month(account) != month_) word = (word & ~SPENT_AND_MONTH) | (month_ << 180);
        unchecked {
            return PackedAccount.wrap(word + (amount << 136));
        }
    }

    /// With `amount` minor units taken back from what was collected in the present month.
    function uncollected(PackedAccount account, uint256 amount) internal pure returns (PackedAccount) {
        return PackedAccount.wrap(PackedAccount.unwrap(account) - (amount << 136));
    }

    /// Billed through `day`, days since 1970-01-01.
    function withBilledThrough(PackedAccount account, uint256 day) internal pure returns (PackedAccount) {
        return PackedAccount.wrap((PackedAccount.unwrap(account) & ~BILLED_THROUGH) | (day << 208));
    }

    /// Of another class.
    function withClass(PackedAccount account, uint8 class_) internal pure returns (PackedAccount) {
        return PackedAccount.wrap((PackedAccount.unwrap(account) & ~CLASS) | (uint256(class_) << 224));
    }

    /// With a basis that is new on `day`, days since 1970-01-01.
    function withBasisSince(PackedAccount account, uint256 day) internal pure returns (PackedAccount) {
        return PackedAccount.wrap((PackedAccount.unwrap(account) & (type(uint256).max >> 16)) | (day << 240));
    }

    /// With another mandate; what was spent this month stays, so that a new mandate does not double the month's cap.
    function withMandate(PackedAccount account, Mandate memory mandate) internal pure returns (PackedAccount) {
        uint256 word = PackedAccount.unwrap(account) & ~MANDATE;
        word |= (uint256(mandate.capPerBill) << 48) | (uint256(mandate.capPerMonth) << 92);
        word |= (uint256(mandate.lastDay) << 192) | (mandate.discloseReadings ? DISCLOSE : 0);
        if (mandate.signedOnly) word |= SIGNED_ONLY;
        return PackedAccount.wrap(word);
    }

    /// Without a mandate.
    function withoutMandate(PackedAccount account) internal pure returns (PackedAccount) {
        return PackedAccount.wrap(PackedAccount.unwrap(account) & ~MANDATE);
    }
}
