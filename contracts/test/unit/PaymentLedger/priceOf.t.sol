// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {SupplierId} from "../../../src/types/Ids.sol";
import {TariffBlock, Utility} from "../../../src/types/Utilities.sol";
import {Base} from "../../Base.sol";

contract PriceOfTest is Base {
    function test_GivenHalf_IsTheEvenAmount() external {
        _set(7, _flat(1));

        _equal(_price(500), 8, "7.5 is 8");
        _equal(_price(1500), 8, "8.5 is 8");
        _equal(_price(1501), 9, "8.501 is 9");
        _equal(_price(1499), 8, "8.499 is 8");
    }

    function test_GivenNothing_IsOne() external {
        _set(0, _flat(0));

        _equal(_price(0), 1, "at least 1");
        _equal(_price(MAX_QUANTITY), 1, "at least 1");
    }

    /// Against the definition, block by block, in one division.
    function testFuzz_GivenBlocks_IsTheNearest(uint48 quantity, uint48 middle, uint32 low, uint32 high, uint40 standing)
        external
    {
        quantity %= MAX_QUANTITY + 1;
        middle = middle % (MAX_QUANTITY - 1) + 1;
        TariffBlock[] memory blocks = new TariffBlock[](2);
        blocks[0] = TariffBlock(middle, low);
        blocks[1] = TariffBlock(MAX_QUANTITY, high);
        _set(standing, blocks);

        uint256 first = quantity < middle ? quantity : middle;
        uint256 cost = uint256(standing) * 1000 + first * low + (quantity - first) * uint256(high);
        uint256 found = _price(quantity);
        uint256 floor = cost / 1000;
        uint256 rest = cost % 1000;
        uint256 expected = rest > 500 || (rest == 500 && floor % 2 == 1) ? floor + 1 : floor;
        _equal(found, expected == 0 ? 1 : expected, "amount");
    }

    function test_RevertWhen_QuantityTooLarge() external {
        _refused(Errors.PaymentLedger_QuantityTooLarge.selector, uint256(MAX_QUANTITY) + 1, MAX_QUANTITY);
        ledger.priceOf(supplier, Utility.Electricity, 5, MAX_QUANTITY + 1);
    }

    function test_RevertGiven_NoTariff() external {
        bytes4 wrong = Errors.PaymentLedger_NoTariff.selector;
        _refused(wrong, SupplierId.unwrap(supplier), uint256(uint8(Utility.Gas)), 5);
        ledger.priceOf(supplier, Utility.Gas, 5, 1);
    }

    function _set(uint48 standing, TariffBlock[] memory blocks) private {
        vm.prank(supplierOwner);
        ledger.setTariff(supplier, Utility.Water, 0, standing, blocks);
    }

    function _price(uint48 quantity) private view returns (uint256) {
        return ledger.priceOf(supplier, Utility.Water, 5, quantity);
    }
}
