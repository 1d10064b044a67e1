// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDataVault} from "../../src/interfaces/IDataVault.sol";
import {VaultErrors} from "../../src/libraries/VaultErrors.sol";
import {Grant, GrantId, Issued} from "../../src/types/Vault.sol";
import {VaultBase} from "../VaultBase.sol";
import {Weakened} from "./AttackBase.sol";

/// What stands between a proxy and the log.
enum Guard {
    Revoked,
    Time,
    Proxy,
    Epoch,
    Request,
    Repeat
}

/// The vault's log with one guard taken out.
contract WeakVault is Weakened {
    Guard private immutable _without;

    constructor(address strong, Guard without) Weakened(strong) {
        _without = without;
    }

    function logReencryption(GrantId id, uint32 number, uint32 fields, uint64 nonce, bytes calldata signature)
        external
    {
        IDataVault self = IDataVault(address(this));
        Grant memory kept = self.grantOf(id);
        require(_without == Guard.Revoked || !kept.revoked, "revoked");
        require(_without == Guard.Time || block.timestamp < kept.until, "over");
        require(_without == Guard.Proxy || self.isProxy(msg.sender), "no proxy");
        require(_without == Guard.Epoch || self.recordOf(kept.customer, number).epoch == kept.epoch, "epoch");
        require(_without != Guard.Request || signature.length == 64, "signed by anyone");
        emit IDataVault.Reencrypted(id, msg.sender, number, fields, nonce);
    }
}

/// A holder that has an attribute of whoever once was an authority.
contract WeakAuthorities is Weakened {
    constructor(address strong) Weakened(strong) {}

    function holds(address authority, address holder, bytes32 attribute) external view returns (bool) {
        Issued memory issued = IDataVault(address(this)).issuedOf(authority, holder, attribute);
        return block.timestamp < issued.until;
    }
}

/// Logging, and so giving out, what may not be given out: without each guard it works, with it it does not.
contract VaultLogAttack is VaultBase {
    GrantId private id;
    uint32 private number;

    function setUp() public override {
        super.setUp();
        id = _grant(_terms());
        number = _put();
    }

    function test_revokedGrant__InTheNextBlock__IsStopped() external {
        vm.prank(customer);
        vault.revoke(id);
        vm.roll(block.number + 1);
        _attack(Guard.Revoked, proxies[0], abi.encodeWithSelector(VaultErrors.DataVault_NotValid.selector, id));
    }

    function test_grantThatIsOver__AtItsEnd__IsStopped() external {
        vm.warp(vault.grantOf(id).until);
        _attack(Guard.Time, proxies[0], abi.encodeWithSelector(VaultErrors.DataVault_NotValid.selector, id));
    }

    function test_removedProxy__WithItsFragments__IsStopped() external {
        vm.prank(governor);
        vault.setProxy(proxies[0], false);
        bytes memory refusal = abi.encodeWithSelector(VaultErrors.DataVault_NotProxy.selector, id, proxies[0]);
        _attack(Guard.Proxy, proxies[0], refusal);
    }

    function test_recordOfALaterEpoch__ByAnEarlierGrant__IsStopped() external {
        vm.prank(customer);
        vault.rotate();
        number = _put();
        bytes memory refusal = abi.encodeWithSelector(VaultErrors.DataVault_NotCovered.selector, id, number, GRADE);
        _attack(Guard.Epoch, proxies[0], refusal);
    }

    function test_requestForAnotherGrant__Replayed__IsStopped() external {
        GrantId other = _grant(_terms());
        bytes memory signature = _signed(id, number, GRADE, 1);
        bytes memory refusal = abi.encodeWithSelector(VaultErrors.DataVault_NotRequested.selector, other, 1);
        _attackWith(Guard.Request, proxies[0], other, signature, refusal);
    }

    function test_requestOnAnotherChain__Replayed__IsStopped() external {
        bytes memory signature = _signed(id, number, GRADE, 1);
        vm.chainId(block.chainid + 1);
        bytes memory refusal = abi.encodeWithSelector(VaultErrors.DataVault_NotRequested.selector, id, 1);
        _attackWith(Guard.Request, proxies[0], id, signature, refusal);
    }

    function test_requestLoggedBefore__Again__IsStopped() external {
        _log(proxies[0], id, number, GRADE, 1);
        bytes memory refusal = abi.encodeWithSelector(VaultErrors.DataVault_AlreadyLogged.selector, id, 1, proxies[0]);
        _attack(Guard.Repeat, proxies[0], refusal);
    }

    function test_removedAuthority__WhatItIssued__IsVoid() external {
        vm.prank(authority);
        vault.issue(holder, ATTRIBUTE, type(uint40).max);
        vm.prank(governor);
        vault.setAuthority(authority, 0);
        require(!vault.holds(authority, holder, ATTRIBUTE), "void");
        _weaken(address(new WeakAuthorities(_aside())));
        require(vault.holds(authority, holder, ATTRIBUTE), "without the guard it holds");
    }

    function _attack(Guard guard, address by, bytes memory refusal) private {
        _attackWith(guard, by, id, _signed(id, number, GRADE, 1), refusal);
    }

    function _attackWith(Guard guard, address by, GrantId grant, bytes memory signature, bytes memory refusal) private {
        vm.expectRevert(refusal);
        vm.prank(by);
        vault.logReencryption(grant, number, GRADE, 1, signature);
        _weaken(address(new WeakVault(_aside(), guard)));
        vm.expectEmit(address(vault));
        emit IDataVault.Reencrypted(grant, by, number, GRADE, 1);
        vm.prank(by);
        vault.logReencryption(grant, number, GRADE, 1, signature);
    }

    function _aside() private returns (address aside) {
        aside = _actor("aside");
        vm.etch(aside, address(vault).code);
    }

    function _weaken(address weak) private {
        vm.etch(address(vault), weak.code);
    }
}
