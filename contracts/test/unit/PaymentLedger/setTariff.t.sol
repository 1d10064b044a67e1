// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {SupplierId} from "../../../src/types/Ids.sol";
import {Tariff, TariffBlock, Utility} from "../../../src/types/Utilities.sol";
import {Base} from "../../Base.sol";

contract SetTariffTest is Base {
    function test_WhenOwner_AddsAVersion() external {
        _set(Utility.Water, 100, 7, _blocks(1000));
        _set(Utility.Water, 200, 8, _flat(5));

        Tariff memory first = ledger.tariffAt(supplier, Utility.Water, 199);
        _equal(first.fromDay, 100, "from");
        _equal(first.standing, 7, "standing");
        _equal(first.blocks.length, 2, "blocks");
        _equal(ledger.tariffAt(supplier, Utility.Water, 200).standing, 8, "second version");
    }

    function test_RevertWhen_BlocksNoneOrTooMany() external {
        _refused(Errors.PaymentLedger_TariffBlockCount.selector, 0);
        _set(Utility.Water, 1, 0, new TariffBlock[](0));
        _refused(Errors.PaymentLedger_TariffBlockCount.selector, 9);
        _set(Utility.Water, 1, 0, new TariffBlock[](9));
    }

    function test_RevertWhen_BlocksDoNotAscendToTheLargest() external {
        _refused(Errors.PaymentLedger_TariffBlockOrder.selector, 0, 0);
        _set(Utility.Water, 1, 0, _blocks(0));
        _refused(Errors.PaymentLedger_TariffBlockOrder.selector, 0, MAX_QUANTITY);
        _set(Utility.Water, 1, 0, _blocks(MAX_QUANTITY));
        TariffBlock[] memory short = _flat(1);
        short[0].upTo = MAX_QUANTITY - 1;
        _refused(Errors.PaymentLedger_TariffBlockOrder.selector, 0, MAX_QUANTITY - 1);
        _set(Utility.Water, 1, 0, short);
    }

    function test_RevertWhen_NotAfterTheVersionBefore() external {
        _set(Utility.Water, 100, 0, _flat(5));
        _refused(Errors.PaymentLedger_TariffTooEarly.selector, 100, 100);
        _set(Utility.Water, 100, 0, _flat(6));
    }

    function test_RevertGiven_BillsPosted_WhenNotAfterToday() external {
        _post(_one(_billOf(_account(0), 60_000)));
        _refused(Errors.PaymentLedger_TariffTooEarly.selector, TODAY, TODAY);
        _set(Utility.Electricity, uint16(TODAY), 0, _flat(5));
        _set(Utility.Electricity, uint16(TODAY + 1), 0, _flat(5));
    }

    function test_RevertWhen_NoUtility() external {
        vm.expectRevert(Errors.PaymentLedger_NoUtility.selector);
        _set(Utility.None, 1, 0, _flat(5));
    }

    function test_RevertWhen_NotOwner() external {
        _refused(Errors.PaymentLedger_NotSupplierOwner.selector, SupplierId.unwrap(supplier), stranger);
        vm.prank(stranger);
        ledger.setTariff(supplier, Utility.Water, 1, 0, _flat(5));
    }

    function _set(Utility utility, uint16 fromDay, uint48 standing, TariffBlock[] memory blocks) private {
        vm.prank(supplierOwner);
        ledger.setTariff(supplier, utility, fromDay, standing, blocks);
    }

    function _blocks(uint48 first) private pure returns (TariffBlock[] memory blocks) {
        blocks = new TariffBlock[](2);
        blocks[0] = TariffBlock(first, 10);
        blocks[1] = TariffBlock(MAX_QUANTITY, 20);
    }
}
