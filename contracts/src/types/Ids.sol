// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// A supplier; counted from 1.
type SupplierId is uint32;

/// One customer with one supplier: supplier << 32 | number, the number counted from 1 within the supplier, so that a
/// supplier's bill cannot name another supplier's account.
type AccountId is uint64;

/// A batch of bills; counted from 1 over all suppliers.
type BatchId is uint48;

/// A bill: batch << 16 | index of the bill in its batch, from 0.
type BillId is uint64;

/// A posted bill in one word; layout in libraries/PackedBills.sol.
type PackedBill is uint256;

/// An account in one word; layout in libraries/PackedAccounts.sol.
type PackedAccount is uint256;

/// A bill that left the common path, in one word; layout in libraries/PackedRecords.sol.
type PackedRecord is uint256;

/// A verdict in 12 bytes; layout in libraries/PackedVerdicts.sol.
type PackedVerdict is bytes12;
