// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Base} from "../../Base.sol";

contract MintTest is Base {
    function test_WhenIssuer_CreatesWithTwoDecimals() external {
        uint256 before = currency.totalSupply();
        vm.prank(issuer);
        currency.mint(payer, 12_345);

        _equal(currency.balanceOf(payer), 12_345, "balance");
        _equal(currency.totalSupply() - before, 12_345, "supply");
        (bool success, bytes memory decimals) = address(currency).staticcall(abi.encodeWithSignature("decimals()"));
        require(success && abi.decode(decimals, (uint256)) == 2, "two decimals");
    }

    function test_RevertWhen_NotIssuer() external {
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", stranger));
        vm.prank(stranger);
        currency.mint(stranger, 1);
    }
}
