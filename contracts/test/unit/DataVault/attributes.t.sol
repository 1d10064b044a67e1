// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IVaultAttributes} from "../../../src/interfaces/IVaultAttributes.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {VaultErrors} from "../../../src/libraries/VaultErrors.sol";
import {VaultBase} from "../../VaultBase.sol";

/// Authorities and what they issue.
contract AttributesTest is VaultBase {
    function test_setAuthority__GivenNotGovernorOrNone__Reverts() external {
        vm.expectPartialRevert(Errors.Managed_Unauthorized.selector);
        vm.prank(authority);
        vault.setAuthority(authority, PARAMETERS);
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.VaultAttributes_Unchanged.selector, stranger));
        vm.prank(governor);
        vault.setAuthority(stranger, 0);
    }

    function testFuzz_holds__GivenATime__UntilItsEnd(uint32 length, uint32 later) external {
        uint40 until = uint40(block.timestamp + 1 + length);
        vm.prank(authority);
        vault.issue(holder, ATTRIBUTE, until);
        vm.warp(block.timestamp + later);
        require(vault.holds(authority, holder, ATTRIBUTE) == (block.timestamp < until), "until its end");
        require(!vault.holds(authority, stranger, ATTRIBUTE), "another's");
        require(!vault.holds(authority, holder, "role=court"), "another one");
        require(!vault.holds(stranger, holder, ATTRIBUTE), "by another");
    }

    function test_issue__GivenMalformedOrNoAuthority__Reverts() external {
        for (uint256 kind; kind < 2; ++kind) {
            bytes32 attribute = kind == 0 ? bytes32(0) : ATTRIBUTE;
            uint40 until = uint40(block.timestamp + 1 - kind);
            vm.expectRevert(
                abi.encodeWithSelector(VaultErrors.VaultAttributes_IssueMalformed.selector, attribute, until)
            );
            vm.prank(authority);
            vault.issue(holder, attribute, until);
        }
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.VaultAttributes_NotAuthority.selector, stranger));
        vm.prank(stranger);
        vault.issue(holder, ATTRIBUTE, type(uint40).max);
    }

    function test_revokeAttribute__GivenIssued__IsVoidAtOnce() external {
        _issue();
        vm.expectEmit(address(vault));
        emit IVaultAttributes.AttributeRevoked(authority, holder, ATTRIBUTE);
        vm.prank(authority);
        vault.revokeAttribute(holder, ATTRIBUTE);
        require(!vault.holds(authority, holder, ATTRIBUTE), "void");
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.VaultAttributes_NotIssued.selector, holder, ATTRIBUTE));
        vm.prank(authority);
        vault.revokeAttribute(holder, ATTRIBUTE);
    }

    function test_beginEpoch__GivenIssued__AllIsVoid() external {
        _issue();
        vm.prank(authority);
        vault.beginEpoch();
        require(!vault.holds(authority, holder, ATTRIBUTE), "of the epoch before");
        _issue();
        require(vault.issuedOf(authority, holder, ATTRIBUTE).epoch == 2, "of the second epoch");
    }

    function test_setAuthority__GivenRemovedAndNamedAgain__WhatItIssuedStaysVoid() external {
        _issue();
        vm.prank(governor);
        vault.setAuthority(authority, 0);
        require(!vault.holds(authority, holder, ATTRIBUTE), "removed");
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.VaultAttributes_NotAuthority.selector, authority));
        vm.prank(authority);
        vault.beginEpoch();
        vm.prank(governor);
        vault.setAuthority(authority, PARAMETERS);
        require(!vault.holds(authority, holder, ATTRIBUTE), "still void");
        require(vault.authorityOf(authority).epoch == 3, "an epoch each time");
    }

    function _issue() private {
        vm.prank(authority);
        vault.issue(holder, ATTRIBUTE, type(uint40).max);
        require(vault.holds(authority, holder, ATTRIBUTE), "holds");
    }
}
