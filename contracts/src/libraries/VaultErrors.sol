// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {GrantId} from "../types/Vault.sol";

/// The errors of the data vault, as Errors has those of the others.
interface VaultErrors {
    /// Thrown when a card of public keys has neither of the two lengths.
    error DataVault_CardMalformed(uint256 length);
    /// Thrown when a proxy is named again, or one that is none is ended.
    error DataVault_ProxyUnchanged(address proxy, bool active);
    /// Thrown when a record is not the customer's next one.
    error DataVault_NotNext(uint256 number, uint256 next);
    /// Thrown when a record is put under another epoch than the present one, or granted under one that is still to come.
    error DataVault_WrongEpoch(uint256 epoch, uint256 present);
    /// Thrown when there are no fields, or not a hash a field.
    error DataVault_FieldsMalformed(uint256 fields, uint256 hashes);
    /// Thrown when a grant is to nobody, of nothing, already over, or its fragments and proxies do not go together.
    error DataVault_GrantMalformed();
    /// Thrown when a grant takes more proxies than there are.
    error DataVault_TooFewProxies(uint256 threshold, uint256 proxies);
    /// Thrown when another than its customer revokes a grant, or there is none.
    error DataVault_NotCustomer(GrantId grant, address caller);
    /// Thrown when a grant is revoked or over, or there is none.
    error DataVault_NotValid(GrantId grant);
    /// Thrown when a grant does not cover these fields of that record.
    error DataVault_NotCovered(GrantId grant, uint256 number, uint256 fields);
    /// Thrown when whoever logs a re-encryption is not a proxy, or not the customer of a grant without proxies.
    error DataVault_NotProxy(GrantId grant, address caller);
    /// Thrown when the grantee has not signed for the request.
    error DataVault_NotRequested(GrantId grant, uint256 nonce);
    /// Thrown when the caller has logged that request before.
    error DataVault_AlreadyLogged(GrantId grant, uint256 nonce, address caller);
    /// Thrown when an address that is to be removed as an authority is none.
    error VaultAttributes_Unchanged(address authority);
    /// Thrown when the caller is not an authority, or no longer.
    error VaultAttributes_NotAuthority(address caller);
    /// Thrown when an attribute is empty, or its issue would already be over.
    error VaultAttributes_IssueMalformed(bytes32 attribute, uint256 until);
    /// Thrown when an attribute is revoked that the caller has not issued.
    error VaultAttributes_NotIssued(address holder, bytes32 attribute);
}
