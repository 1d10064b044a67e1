// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDataVault} from "../../../src/interfaces/IDataVault.sol";
import {Errors} from "../../../src/libraries/Errors.sol";
import {VaultErrors} from "../../../src/libraries/VaultErrors.sol";
import {VaultRecord} from "../../../src/types/Vault.sol";
import {VaultBase} from "../../VaultBase.sol";

/// Cards, proxies, epochs and records.
contract RecordsTest is VaultBase {
    function testFuzz_setCard__GivenALength__TakesTwoOnly(uint8 length) external {
        bytes memory card = new bytes(length);
        bool right = length == 32 || length == 98;
        if (!right) {
            vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_CardMalformed.selector, length));
        } else {
            vm.expectEmit(address(vault));
            emit IDataVault.CardSet(customer, card);
        }
        vm.prank(customer);
        vault.setCard(card);
        require(vault.cardHashOf(customer) == (right ? keccak256(card) : bytes32(0)), "its hash");
    }

    function test_setProxy__GivenNotGovernorOrUnchanged__Reverts() external {
        vm.expectPartialRevert(Errors.Managed_Unauthorized.selector);
        vm.prank(proxies[0]);
        vault.setProxy(stranger, true);
        for (uint256 i; i < 2; ++i) {
            address proxy = i == 0 ? stranger : proxies[0];
            vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_ProxyUnchanged.selector, proxy, i == 1));
            vm.prank(governor);
            vault.setProxy(proxy, i == 1);
        }
        vm.prank(governor);
        vault.setProxy(proxies[0], false);
        require(vault.proxyCount() == 2 && !vault.isProxy(proxies[0]), "ended");
    }

    function testFuzz_put__GivenFields__TakesAHashEach(uint32 fields, uint8 count) external {
        count %= 40;
        uint256 ones;
        for (uint256 bit; bit < 32; ++bit) {
            ones += (fields >> bit) & 1;
        }
        bool right = ones == count && count != 0;
        if (!right) {
            vm.expectRevert(
                abi.encodeWithSelector(VaultErrors.DataVault_FieldsMalformed.selector, fields, uint256(count))
            );
        }
        vm.prank(customer);
        vault.put(1, 0, fields, _hashes(count));
        if (!right) return;
        VaultRecord memory record = vault.recordOf(customer, 1);
        require(record.root == keccak256(abi.encodePacked(_hashes(count))), "root");
        require(record.fields == fields && record.epoch == 0 && record.putAt == block.timestamp, "record");
    }

    function test_put__GivenNotTheNext__Reverts() external {
        require(_put() == 1 && vault.recordCountOf(customer) == 1, "the first");
        uint32[3] memory wrong = [uint32(0), 1, 3];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_NotNext.selector, wrong[i], 2));
            vm.prank(customer);
            vault.put(wrong[i], 0, BOTH, _hashes(2));
        }
        vm.prank(stranger);
        vault.put(1, 0, BOTH, _hashes(2));
        require(vault.recordCountOf(stranger) == 1, "each counts its own");
    }

    function test_put__GivenAnotherEpoch__Reverts() external {
        vm.expectEmit(address(vault));
        emit IDataVault.Rotated(customer, 1);
        vm.prank(customer);
        vault.rotate();
        for (uint32 epoch; epoch < 3; epoch += 2) {
            vm.expectRevert(abi.encodeWithSelector(VaultErrors.DataVault_WrongEpoch.selector, epoch, 1));
            vm.prank(customer);
            vault.put(1, epoch, BOTH, _hashes(2));
        }
        require(_put() == 1 && vault.recordOf(customer, 1).epoch == 1, "under the present one");
    }
}
