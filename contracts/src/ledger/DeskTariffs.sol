// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILedgerDesk} from "../interfaces/ILedgerDesk.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Errors} from "../libraries/Errors.sol";
import {Tariffs} from "../libraries/Tariffs.sol";
import {SupplierId} from "../types/Ids.sol";
import {Tariff, TariffBlock, Utility} from "../types/Utilities.sol";
import {LedgerBase} from "./LedgerBase.sol";

/// A supplier's tariffs, version by version.
abstract contract DeskTariffs is LedgerBase, ILedgerDesk {
    /// @inheritdoc ILedgerDesk
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

    function _checkFromDay(TariffBook storage book, uint256 fromDay) private view {
        uint256 count = book.versions.length;
        if (count != 0 && fromDay <= book.versions[count - 1].fromDay) {
            revert Errors.PaymentLedger_TariffTooEarly(fromDay, book.versions[count - 1].fromDay);
        }
        uint256 today = Calendar.dayOf(block.timestamp);
        if (book.billed && fromDay <= today) revert Errors.PaymentLedger_TariffTooEarly(fromDay, today);
    }
}
