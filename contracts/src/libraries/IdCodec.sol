// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountId, BatchId, BillId, SupplierId} from "../types/Ids.sol";

/// Takes ids apart and puts them together.
library IdCodec {
    /// The supplier of an account.
    function supplier(AccountId id) internal pure returns (SupplierId) {
        return SupplierId.wrap(uint32(AccountId.unwrap(id) >> 32));
    }

    /// Account number `number` of a supplier.
    function account(SupplierId owner, uint256 number) internal pure returns (AccountId) {
        return AccountId.wrap(uint64((uint256(SupplierId.unwrap(owner)) << 32) | uint32(number)));
    }

    /// The batch of a bill.
    function batch(BillId id) internal pure returns (BatchId) {
        return BatchId.wrap(uint48(BillId.unwrap(id) >> 16));
    }

    /// The index of a bill in its batch, from 0.
    function index(BillId id) internal pure returns (uint256) {
        return uint16(BillId.unwrap(id));
    }

    /// Bill `place` of a batch.
    function bill(BatchId within, uint256 place) internal pure returns (BillId) {
        return BillId.wrap(uint64((uint256(BatchId.unwrap(within)) << 16) | uint16(place)));
    }
}
