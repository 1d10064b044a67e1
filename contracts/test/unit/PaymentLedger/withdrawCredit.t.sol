// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {IdCodec} from "../../../src/libraries/IdCodec.sol";
import {BatchId, SupplierId} from "../../../src/types/Ids.sol";
import {Base} from "../../Base.sol";

contract WithdrawCreditTest is Base {
    function setUp() public override {
        super.setUp();
        BatchId batch = IdCodec.batch(_settled());
        vm.prank(stranger);
        ledger.release(_one(batch));
    }

    function test_WhenOwner_PaysOut() external {
        vm.prank(supplierOwner);
        ledger.withdrawCredit(supplier, 60_000, stranger);

        _equal(currency.balanceOf(stranger), 60_000, "received");
        _equal(ledger.creditOf(supplier), 0, "credit");
        _balanced();
    }

    function test_RevertWhen_MoreThanCredit() external {
        _refused(Errors.PaymentLedger_InsufficientCredit.selector, SupplierId.unwrap(supplier), 60_000, 60_001);
        vm.prank(supplierOwner);
        ledger.withdrawCredit(supplier, 60_001, supplierOwner);
    }

    function test_RevertGiven_OwnerFrozen_WhoeverReceives() external {
        vm.prank(issuer);
        currency.setFrozen(supplierOwner, true);
        vm.expectRevert(abi.encodeWithSelector(Errors.PaymentLedger_Frozen.selector, supplierOwner));
        vm.prank(supplierOwner);
        ledger.withdrawCredit(supplier, 1, stranger);
    }

    function test_RevertWhen_NotOwner() external {
        _refused(Errors.PaymentLedger_NotSupplierOwner.selector, SupplierId.unwrap(supplier), stranger);
        vm.prank(stranger);
        ledger.withdrawCredit(supplier, 1, stranger);
    }
}
