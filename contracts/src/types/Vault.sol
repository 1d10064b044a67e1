// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// A grant of access; counted from 1.
type GrantId is uint64;

/// What a customer put into the vault at once: a ciphertext a field.
struct VaultRecord {
    /// keccak256 of the ciphertexts' keccak256 hashes, joined in the order of their fields.
    bytes32 root;
    /// Of the customer's data key.
    uint32 epoch;
    /// A bit a field.
    uint32 fields;
    /// Unix seconds.
    uint40 putAt;
}

/// Leave for someone to open fields of a customer's records of one epoch.
struct Grant {
    address customer;
    /// Of the customer's data key: records of other epochs are not covered.
    uint32 epoch;
    /// A bit a field.
    uint32 fields;
    /// How many proxies it takes to re-encrypt a key; 0 where the customer does so itself.
    uint8 threshold;
    address grantee;
    /// The grant is over from here on, Unix seconds.
    uint40 until;
    bool revoked;
    /// Short text, zeros behind it.
    bytes32 purpose;
    /// keccak256 over what each proxy was given for it; 0 without proxies.
    bytes32 fragments;
}

/// Someone who says what holders of keys are.
struct Authority {
    /// Hash of its public parameters; 0 for none, or one that was removed.
    bytes32 parameters;
    /// What it issued in earlier epochs is void.
    uint32 epoch;
}

/// An attribute as an authority issued it to someone.
struct Issued {
    uint32 epoch;
    /// It is void from here on, Unix seconds; 0 where it was not issued, or revoked.
    uint40 until;
}
