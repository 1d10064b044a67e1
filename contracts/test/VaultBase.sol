// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IDataVault} from "../src/interfaces/IDataVault.sol";
import {IVaultAttributes} from "../src/interfaces/IVaultAttributes.sol";
import {Roles} from "../src/libraries/Roles.sol";
import {Grant, GrantId} from "../src/types/Vault.sol";
import {Vm} from "./Vm.sol";

/// The vault with three proxies, an authority, a customer and a grantee. It needs nothing else of the system.
abstract contract VaultBase {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant GRANTEE_KEY = 0xb0b;
    uint32 internal constant GRADE = 1;
    uint32 internal constant PAYMENTS = 4;
    uint32 internal constant BOTH = GRADE | PAYMENTS;
    bytes32 internal constant PURPOSE = "loan";
    bytes32 internal constant FRAGMENTS = keccak256("fragments");
    bytes32 internal constant ATTRIBUTE = "role=bank";
    bytes32 internal constant PARAMETERS = keccak256("parameters");

    address internal admin = _actor("admin");
    address internal governor = _actor("governor");
    address internal customer = _actor("customer");
    address internal grantee = vm.addr(GRANTEE_KEY);
    address internal authority = _actor("authority");
    address internal holder = _actor("holder");
    address internal stranger = _actor("stranger");
    address[3] internal proxies = [_actor("first proxy"), _actor("second proxy"), _actor("third proxy")];

    IAccessManager internal manager;
    IDataVault internal vault;

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        manager = IAccessManager(_create("Governance", abi.encode(admin)));
        vault = IDataVault(_create("DataVault", abi.encode(manager)));
        bytes4[] memory restricted = new bytes4[](2);
        (restricted[0], restricted[1]) = (IDataVault.setProxy.selector, IVaultAttributes.setAuthority.selector);
        vm.startPrank(admin);
        manager.setTargetFunctionRole(address(vault), restricted, Roles.GOVERNOR);
        manager.grantRole(Roles.GOVERNOR, governor, 0);
        vm.stopPrank();
        vm.startPrank(governor);
        for (uint256 i; i < 3; ++i) {
            vault.setProxy(proxies[i], true);
        }
        vault.setAuthority(authority, PARAMETERS);
        vm.stopPrank();
    }

    function _actor(string memory name) internal returns (address actor) {
        actor = address(uint160(uint256(keccak256(bytes(name)))));
        vm.label(actor, name);
    }

    function _create(string memory name, bytes memory arguments) private returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(string.concat(name, ".sol:", name)), arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        require(created != address(0), name);
    }

    /* STEPS */

    function _hashes(uint256 count) internal pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            hashes[i] = keccak256(abi.encode("ciphertext", i));
        }
    }

    /// The customer's next record, of both fields under the present epoch.
    function _put() internal returns (uint32 number) {
        number = vault.recordCountOf(customer) + 1;
        uint32 epoch = vault.epochOf(customer);
        vm.prank(customer);
        vault.put(number, epoch, BOTH, _hashes(2));
    }

    /// Both fields for a day, by two proxies.
    function _terms() internal view returns (Grant memory) {
        return Grant({
            customer: address(0),
            epoch: vault.epochOf(customer),
            fields: BOTH,
            threshold: 2,
            grantee: grantee,
            until: uint40(block.timestamp + 1 days),
            revoked: false,
            purpose: PURPOSE,
            fragments: FRAGMENTS
        });
    }

    function _grant(Grant memory terms) internal returns (GrantId) {
        vm.prank(customer);
        return vault.grant(terms);
    }

    function _signed(GrantId id, uint32 number, uint32 fields, uint64 nonce) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(GRANTEE_KEY, vault.requestDigest(id, number, fields, nonce));
        return abi.encodePacked(r, bytes32(uint256(s) | uint256(v - 27) << 255));
    }

    function _log(address by, GrantId id, uint32 number, uint32 fields, uint64 nonce) internal {
        bytes memory signature = _signed(id, number, fields, nonce);
        vm.prank(by);
        vault.logReencryption(id, number, fields, nonce, signature);
    }
}
