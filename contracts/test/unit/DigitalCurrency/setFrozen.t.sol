// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Errors} from "../../../src/libraries/Errors.sol";
import {Base} from "../../Base.sol";

contract SetFrozenTest is Base {
    function test_GivenFrozen_NeitherSendsNorReceives() external {
        _mint(payer, 100);
        vm.prank(issuer);
        currency.setFrozen(payer, true);

        vm.expectRevert(abi.encodeWithSelector(Errors.DigitalCurrency_Frozen.selector, payer));
        vm.prank(payer);
        currency.transfer(stranger, 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.DigitalCurrency_Frozen.selector, payer));
        vm.prank(issuer);
        currency.mint(payer, 1);
    }

    function test_GivenFrozenSpender_MovesNothing() external {
        _mint(payer, 100);
        vm.prank(payer);
        currency.approve(stranger, 100);
        vm.prank(issuer);
        currency.setFrozen(stranger, true);

        vm.expectRevert(abi.encodeWithSelector(Errors.DigitalCurrency_Frozen.selector, stranger));
        vm.prank(stranger);
        currency.transferFrom(payer, operator, 1);
    }

    function test_GivenThawed_Sends() external {
        _mint(payer, 100);
        vm.startPrank(issuer);
        currency.setFrozen(payer, true);
        currency.setFrozen(payer, false);
        vm.stopPrank();
        vm.prank(payer);
        currency.transfer(stranger, 100);

        _equal(currency.balanceOf(stranger), 100, "balance");
    }

    function test_RevertWhen_Ledger() external {
        vm.expectRevert(abi.encodeWithSelector(Errors.DigitalCurrency_LedgerCannotBeFrozen.selector, address(ledger)));
        vm.prank(issuer);
        currency.setFrozen(address(ledger), true);
    }

    function test_RevertWhen_NotIssuer() external {
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", stranger));
        vm.prank(stranger);
        currency.setFrozen(payer, true);
    }
}
