// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Grant, GrantId, VaultRecord} from "../types/Vault.sol";
import {IVaultAttributes} from "./IVaultAttributes.sol";

/// Credit data under the customer's control: what was encrypted, who may open it, and each time that a key was
/// re-encrypted for someone. The chain keeps hashes; ciphertexts lie elsewhere, under the names of their hashes.
///
/// Who may open what is a function of the chain at a block: of these events alone, and the block's time.
interface IDataVault is IVaultAttributes {
    /// A party's public keys: 32 bytes for envelopes (X25519), and 33 + 33 for proxies (receiving, verifying) or none.
    event CardSet(address indexed party, bytes card);
    event ProxySet(address indexed proxy, bool active);
    /// Records are from now on put under that epoch of the customer's data key.
    event Rotated(address indexed customer, uint32 epoch);
    /// `hashes` are those of the ciphertexts, in the order of the fields' bits.
    event RecordPut(address indexed customer, uint32 indexed number, uint32 epoch, uint32 fields, bytes32[] hashes);
    event Granted(
        GrantId indexed grant,
        address indexed customer,
        address indexed grantee,
        uint32 epoch,
        uint32 fields,
        uint40 until,
        uint8 threshold,
        bytes32 purpose,
        bytes32 fragments
    );
    event Revoked(GrantId indexed grant);
    /// `by`, a proxy or the customer, re-encrypted the keys of these fields of the customer's record for the grantee, who
    /// asked for it with this nonce.
    event Reencrypted(GrantId indexed grant, address indexed by, uint32 indexed number, uint32 fields, uint64 nonce);

    /// Publishes the sender's public keys.
    function setCard(bytes calldata card) external;
    /// Names a proxy, or ends it. Restricted to the governor role.
    function setProxy(address proxy, bool active) external;
    /// Begins the sender's next epoch. Records of earlier ones stay open to whom they are granted.
    function rotate() external;
    /// Puts the sender's record `number`, the next one, under its present epoch: a hash a field.
    function put(uint32 number, uint32 epoch, uint32 fields, bytes32[] calldata hashes) external;
    /// Lets someone open fields of the sender's records of an epoch, by `threshold` of the proxies or, with 0, by the
    /// sender itself; `customer` and `revoked` are set by the vault. Gives the id.
    function grant(Grant calldata terms) external returns (GrantId);
    /// The customer's: ends a grant at once and for good.
    function revoke(GrantId id) external;
    /// Logs that the sender re-encrypts keys of a record for the grantee of a grant, who signed for it (r ‖ vs of
    /// `requestDigest`). Refused unless the grant is valid now, covers the record and the fields, and the sender is a
    /// proxy or, of a grant without proxies, its customer; and a second time. Nothing may be given out before it.
    function logReencryption(GrantId id, uint32 number, uint32 fields, uint64 nonce, bytes calldata signature) external;

    /// Whether a grant is neither revoked nor over, now.
    function isValid(GrantId id) external view returns (bool);
    /// Whether a grant is valid and covers these fields of its customer's record, now.
    function mayOpen(GrantId id, uint32 number, uint32 fields) external view returns (bool);
    /// A grant; zeros where there is none.
    function grantOf(GrantId id) external view returns (Grant memory);
    /// Grants so far: the last one's id.
    function grantCount() external view returns (uint64);
    /// A customer's record; zeros where there is none.
    function recordOf(address customer, uint32 number) external view returns (VaultRecord memory);
    /// A customer's records so far: they are numbered from 1 to this.
    function recordCountOf(address customer) external view returns (uint32);
    /// The present epoch of a customer's data key, from 0.
    function epochOf(address customer) external view returns (uint32);
    /// keccak256 of a party's card; 0 for none.
    function cardHashOf(address party) external view returns (bytes32);
    /// Whether an address is a proxy now.
    function isProxy(address proxy) external view returns (bool);
    /// How many proxies there are.
    function proxyCount() external view returns (uint256);
    /// What a grantee signs to have keys of a record re-encrypted (EIP-712).
    function requestDigest(GrantId id, uint32 number, uint32 fields, uint64 nonce) external view returns (bytes32);
}
