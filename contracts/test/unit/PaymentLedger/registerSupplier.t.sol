// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SupplierId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract RegisterSupplierTest is Base {
    function test_WhenAnyone_OwnsTheNextSupplier() external {
        vm.prank(stranger);
        SupplierId second = ledger.registerSupplier("water");

        _equal(SupplierId.unwrap(second), 2, "id");
        _equal(ledger.supplierCount(), 2, "count");
        require(ledger.supplierOwner(second) == stranger, "owner");
    }
}
