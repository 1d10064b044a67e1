// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Authority, Issued} from "../types/Vault.sol";

/// Whose word counts for attributes of those who open data under a policy, and what they said. An attribute is short text
/// as `role=bank`, zeros behind it.
interface IVaultAttributes {
    /// The authority's parameters have that hash, 0 for none; its epoch is the new one.
    event AuthoritySet(address indexed authority, bytes32 parameters, uint32 epoch);
    /// What the authority issued before is void.
    event EpochBegun(address indexed authority, uint32 epoch);
    event AttributeIssued(
        address indexed authority, address indexed holder, bytes32 indexed attribute, uint32 epoch, uint40 until
    );
    event AttributeRevoked(address indexed authority, address indexed holder, bytes32 indexed attribute);

    /// Names an authority by the hash of its public parameters, or removes it with 0. Either begins a new epoch: what it
    /// issued before is void. Restricted to the governor role.
    function setAuthority(address authority, bytes32 parameters) external;
    /// An authority's: begins its next epoch, whose keys nobody has yet.
    function beginEpoch() external;
    /// An authority's: says that `holder` has the attribute until then, Unix seconds, or the end of its epoch.
    function issue(address holder, bytes32 attribute, uint40 until) external;
    /// An authority's: takes it back. Keys are void from the next epoch on, which it should begin.
    function revokeAttribute(address holder, bytes32 attribute) external;

    /// Whether that holder has an attribute now, by an authority that is one now.
    function holds(address authority, address holder, bytes32 attribute) external view returns (bool);
    /// An authority; zeros where it never was one.
    function authorityOf(address authority) external view returns (Authority memory);
    /// What an authority issued last of that attribute to that holder.
    function issuedOf(address authority, address holder, bytes32 attribute) external view returns (Issued memory);
}
