// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Base} from "../../Base.sol";

contract BurnTest is Base {
    function test_WhenIssuer_DestroysItsOwn() external {
        _mint(issuer, 100);
        vm.prank(issuer);
        currency.burn(60);

        _equal(currency.balanceOf(issuer), 40, "balance");
    }

    function test_RevertWhen_MoreThanItsOwn() external {
        _mint(payer, 100);
        vm.expectRevert(
            abi.encodeWithSignature("ERC20InsufficientBalance(address,uint256,uint256)", issuer, uint256(0), uint256(1))
        );
        vm.prank(issuer);
        currency.burn(1);
    }
}
