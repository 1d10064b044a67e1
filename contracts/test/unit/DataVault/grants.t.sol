// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDataVault} from "../../../src/interfaces/IDataVault.sol";
import {VaultErrors} from "../../../src/libraries/VaultErrors.sol";
import {Grant, GrantId} from "../../../src/types/Vault.sol";
import {VaultBase} from "../../VaultBase.sol";

/// Grants, their ends, and the log of re-encryptions.
contract GrantsTest is VaultBase {
    function test_grant__GivenTerms__AreKept() external {
        Grant memory terms = _terms();
        GrantId id = _grant(terms);
        terms.customer = customer;
        require(keccak256(abi.encode(vault.grantOf(id))) == keccak256(abi.encode(terms)), "as asked for");
        require(vault.isValid(id) && vault.grantCount() == GrantId.unwrap(id), "valid");
        require(!vault.mayOpen(id, 1, BOTH), "no record yet");
        uint32 number = _put();
        require(vault.mayOpen(id, number, GRADE) && !vault.mayOpen(id, number, 0), "its fields");
        require(!vault.mayOpen(id, number, GRADE | 2), "a field that the record has not");
        vm.prank(customer);
        vault.rotate();
        require(vault.mayOpen(id, number, BOTH), "the earlier epoch's stay open");
        require(!vault.mayOpen(id, _put(), BOTH), "those of the new one are not covered");
    }

    function test_grant__GivenMalformed__Reverts() external {
        for (uint256 kind; kind < 5; ++kind) {
            Grant memory terms = _terms();
            if (kind == 0) terms.fields = 0;
            if (kind == 1) terms.grantee = address(0);
            if (kind == 2) terms.until = uint40(block.timestamp);
            if (kind == 3) terms.threshold = 0;
            if (kind == 4) terms.fragments = 0;
            vm.expectRevert(VaultErrors.DataVault_GrantMalformed.selector);
            _grant(terms);
        }
        Grant memory early = _terms();
        early.epoch = 1;
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_WrongEpoch.selector, 1, 0));
        _grant(early);
        Grant memory many = _terms();
        many.threshold = 4;
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_TooFewProxies.selector, 4, 3));
        _grant(many);
    }

    function testFuzz_isValid__GivenATime__UntilIsExcluded(uint32 length, uint32 later) external {
        Grant memory terms = _terms();
        terms.until = uint40(block.timestamp + 1 + length);
        GrantId id = _grant(terms);
        vm.warp(block.timestamp + later);
        require(vault.isValid(id) == (later < uint256(length) + 1), "before its end");
    }

    function test_revoke__GivenItsCustomer__EndsItForGood() external {
        GrantId id = _grant(_terms());
        _put();
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_NotCustomer.selector, id, grantee));
        vm.prank(grantee);
        vault.revoke(id);
        vm.expectEmit(address(vault));
        emit IDataVault.Revoked(id);
        vm.prank(customer);
        vault.revoke(id);
        require(!vault.isValid(id) && !vault.mayOpen(id, 1, GRADE), "over");
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_NotValid.selector, id));
        vm.prank(customer);
        vault.revoke(id);
        GrantId none = GrantId.wrap(9);
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_NotCustomer.selector, none, customer));
        vm.prank(customer);
        vault.revoke(none);
    }

    function test_logReencryption__GivenAValidGrant__IsLoggedOnceAProxy() external {
        GrantId id = _grant(_terms());
        uint32 number = _put();
        for (uint256 i; i < 2; ++i) {
            vm.expectEmit(address(vault));
            emit IDataVault.Reencrypted(id, proxies[i], number, GRADE, 7);
            _log(proxies[i], id, number, GRADE, 7);
        }
        bytes memory signature = _signed(id, number, GRADE, 7);
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_AlreadyLogged.selector, id, 7, proxies[0]));
        vm.prank(proxies[0]);
        vault.logReencryption(id, number, GRADE, 7, signature);
        _log(proxies[0], id, number, GRADE, 8);
    }

    function test_logReencryption__GivenAGrantWithoutProxies__IsItsCustomersAlone() external {
        Grant memory terms = _terms();
        (terms.threshold, terms.fragments) = (0, 0);
        GrantId id = _grant(terms);
        uint32 number = _put();
        address[2] memory wrong = [proxies[0], grantee];
        bytes memory signature = _signed(id, number, GRADE, 1);
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_NotProxy.selector, id, wrong[i]));
            vm.prank(wrong[i]);
            vault.logReencryption(id, number, GRADE, 1, signature);
        }
        _log(customer, id, number, GRADE, 1);
        GrantId byProxies = _grant(_terms());
        signature = _signed(byProxies, number, GRADE, 1);
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_NotProxy.selector, byProxies, customer));
        vm.prank(customer);
        vault.logReencryption(byProxies, number, GRADE, 1, signature);
    }

    function test_logReencryption__GivenFieldsBeyondTheGrant__Reverts() external {
        Grant memory terms = _terms();
        terms.fields = GRADE;
        GrantId id = _grant(terms);
        uint32 number = _put();
        bytes memory signature = _signed(id, number, BOTH, 1);
        vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_NotCovered.selector, id, number, BOTH));
        vm.prank(proxies[0]);
        vault.logReencryption(id, number, BOTH, 1, signature);
    }

    /// Whatever is asked of whichever grant, at any time and by anyone: logged if and only if it may be opened, a proxy
    /// asks, and the grantee has signed just that.
    function testFuzz_logReencryption__GivenAnything__LoggedIffItMayBeOpened(
        uint8 fields,
        uint8 number,
        uint32 later,
        uint8 by,
        uint8 turns
    ) external {
        Grant memory terms = _terms();
        terms.fields = GRADE | uint32(turns & 4);
        GrantId id = _grant(terms);
        _put();
        vm.prank(customer);
        if (turns & 9 == 9) vault.revoke(id);
        else vault.rotate();
        _put();
        vm.warp(block.timestamp + later % 30 hours);
        address caller = [proxies[0], proxies[1], proxies[2], customer][by % 4];
        (uint32 asked, uint32 record) = (fields % 8, number % 3);
        bytes memory signature = _signed(id, record, turns & 18 == 18 ? asked ^ 1 : asked, 1);
        bool right = vault.mayOpen(id, record, asked) && vault.isProxy(caller) && turns & 18 != 18;
        vm.prank(caller);
        try vault.logReencryption(id, record, asked, 1, signature) {
            require(right, "logged what may not be opened");
        } catch {
            require(!right, "refused what may be opened");
        }
    }
}
