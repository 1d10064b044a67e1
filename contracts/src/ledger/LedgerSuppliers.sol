// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {Errors} from "../libraries/Errors.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {Tariffs} from "../libraries/Tariffs.sol";
import {SupplierId} from "../types/Ids.sol";
import {Tariff, Utility} from "../types/Utilities.sol";
import {LedgerBase} from "./LedgerBase.sol";

/// Suppliers and their tariffs' prices.
abstract contract LedgerSuppliers is LedgerBase, IPaymentLedger {
    using Tariffs for Tariff;
    using Tariffs for Tariff[];

    /// @inheritdoc IPaymentLedger
    function registerSupplier(string calldata name) external override returns (SupplierId supplier) {
        // Effect:
        supplier = SupplierId.wrap(++_supplierCount);
        _suppliers[supplier].owner = msg.sender;

        emit SupplierRegistered(supplier, msg.sender, name);
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
        return Tariffs.roundHalfEven(tariff.costOf(quantity));
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
}
