// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Grant, GrantId} from "../../src/types/Vault.sol";
import {VaultBase} from "../VaultBase.sol";

/// Whole transactions, calldata and intrinsic gas included, each on cold storage (`isolate`).
/// forge-config: default.isolate = true
contract VaultGas is VaultBase {
    string private constant GROUP = "vault";

    function test_GivenALife_EachStep() external {
        vm.prank(customer);
        vault.setCard(new bytes(98));
        vm.snapshotGasLastCall(GROUP, "publish a card");
        _put();
        vm.snapshotGasLastCall(GROUP, "put a record of two fields, the first");
        uint32 number = _put();
        vm.snapshotGasLastCall(GROUP, "put a record of two fields");
        GrantId id = _grant(_terms());
        vm.snapshotGasLastCall(GROUP, "grant, by two of three proxies");
        _log(proxies[0], id, number, BOTH, 1);
        vm.snapshotGasLastCall(GROUP, "log a re-encryption");
        vm.prank(customer);
        vault.revoke(id);
        vm.snapshotGasLastCall(GROUP, "revoke");
        vm.prank(customer);
        vault.rotate();
        vm.snapshotGasLastCall(GROUP, "rotate, the first time");
        vm.prank(authority);
        vault.issue(holder, ATTRIBUTE, type(uint40).max);
        vm.snapshotGasLastCall(GROUP, "issue an attribute");
        vm.prank(authority);
        vault.revokeAttribute(holder, ATTRIBUTE);
        vm.snapshotGasLastCall(GROUP, "revoke an attribute");
        vm.prank(authority);
        vault.beginEpoch();
        vm.snapshotGasLastCall(GROUP, "begin an epoch of attributes");
    }
}
