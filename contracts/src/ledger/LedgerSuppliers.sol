// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {Tariffs} from "../libraries/Tariffs.sol";
import {SupplierId} from "../types/Ids.sol";
import {Tariff, TariffBlock, Utility} from "../types/Utilities.sol";
import {LedgerBase, Sum} from "./LedgerBase.sol";

/// Suppliers, their versioned tariffs, and their credit.
abstract contract LedgerSuppliers is LedgerBase {
    using Tariffs for Tariff;
    using Tariffs for Tariff[];

    struct TariffBook {
        /// By first day, ascending.
        Tariff[] versions;
        /// Whether a bill was posted: from then on a version may no longer reach back.
        bool billed;
    }

    mapping(SupplierId supplier => mapping(Utility utility => TariffBook)) internal _tariffs;

    /// @inheritdoc IPaymentLedger
    function registerSupplier(string calldata name) external override returns (SupplierId supplier) {
        // Effect:
        supplier = SupplierId.wrap(++_supplierCount);
        _suppliers[supplier].owner = msg.sender;

        emit SupplierRegistered(supplier, msg.sender, name);
    }

    /// @inheritdoc IPaymentLedger
    function setTariff(
        SupplierId supplier,
        Utility utility,
        uint16 fromDay,
        uint48 standing,
        TariffBlock[] calldata blocks
    ) external override onlySupplier(supplier) {
        // Check:
        if (utility == Utility.None) revert Errors.PaymentLedger_NoUtility();
        Tariffs.check(blocks);
        TariffBook storage book = _tariffs[supplier][utility];
        _checkFromDay(book, fromDay);

        // Effect:
        uint256 version = book.versions.length;
        Tariff storage tariff = book.versions.push();
        tariff.fromDay = fromDay;
        tariff.standing = standing;
        for (uint256 i; i < blocks.length; ++i) {
            tariff.blocks.push(blocks[i]);
        }

        emit TariffSet(supplier, utility, version, fromDay, standing, blocks);
    }

    /// @inheritdoc IPaymentLedger
    function withdrawCredit(SupplierId supplier, uint256 amount, address to) external override onlySupplier(supplier) {
        // Check:
        uint256 credit = _suppliers[supplier].credit;
        if (amount > credit) revert Errors.PaymentLedger_InsufficientCredit(supplier, credit, amount);

        // Effect:
        _suppliers[supplier].credit = uint96(credit - amount);
        _lower(Sum.Credit, amount);

        emit CreditWithdrawn(supplier, to, amount);

        // Interaction:
        _push(to, amount);
    }

    /// @inheritdoc IPaymentLedger
    function supplierOwner(SupplierId supplier) external view override returns (address) {
        return _suppliers[supplier].owner;
    }

    /// @inheritdoc IPaymentLedger
    function supplierCount() external view override returns (uint256) {
        return _supplierCount;
    }

    /// @inheritdoc IPaymentLedger
    function creditOf(SupplierId supplier) external view override returns (uint256) {
        return _suppliers[supplier].credit;
    }

    /// @inheritdoc IPaymentLedger
    function tariffAt(SupplierId supplier, Utility utility, uint16 day)
        external
        view
        override
        returns (Tariff memory tariff)
    {
        (tariff,) = _tariffOn(supplier, utility, day);
    }

    /// @inheritdoc IPaymentLedger
    function priceOf(SupplierId supplier, Utility utility, uint16 day, uint48 quantity)
        external
        view
        override
        returns (uint256 amount)
    {
        if (quantity > PackedBills.MAX_QUANTITY) {
            revert Errors.PaymentLedger_QuantityTooLarge(quantity, PackedBills.MAX_QUANTITY);
        }
        (Tariff memory tariff,) = _tariffOn(supplier, utility, day);
        return tariff.price(quantity);
    }

    /// The version in force on `day`, and the first day after it, both in days since 1970-01-01.
    function _tariffOn(SupplierId supplier, Utility utility, uint256 day)
        internal
        view
        returns (Tariff memory tariff, uint256 nextDay)
    {
        Tariff[] storage versions = _tariffs[supplier][utility].versions;
        uint256 begun = versions.countUntil(day);
        if (begun == 0) revert Errors.PaymentLedger_NoTariff(supplier, utility, day);
        tariff = versions[begun - 1];
        nextDay = begun == versions.length ? type(uint256).max : versions[begun].fromDay;
    }

    function _checkFromDay(TariffBook storage book, uint256 fromDay) private view {
        uint256 count = book.versions.length;
        if (count != 0 && fromDay <= book.versions[count - 1].fromDay) {
            revert Errors.PaymentLedger_TariffTooEarly(fromDay, book.versions[count - 1].fromDay);
        }
        uint256 today = Calendar.dayOf(block.timestamp);
        if (book.billed && fromDay <= today) revert Errors.PaymentLedger_TariffTooEarly(fromDay, today);
    }
}
