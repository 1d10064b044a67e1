// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountId, BatchId, BillId, SupplierId} from "../types/Ids.sol";

/// Takes ids apart and puts them together.
library IdCodec {
    /// The supplier of an account.
    function supplier(AccountId account) internal pure returns (SupplierId) {
        return SupplierId.wrap(uint32(AccountId.unwrap(account) >> 32));
    }

    /// Account number `number` of a supplier.
    function account(SupplierId of_, uint256 number) internal pure returns (AccountId) {
        return AccountId.wrap(uint64((uint256(SupplierId.unwrap(of_)) << 32) | uint32(number)));
    }

    /// The batch of a bill.
    function batch(BillId bill_) internal pure returns (BatchId) {
        return BatchId.wrap(uint48(BillId.unwrap(bill_) >> 16));
    }

    /// The index of a bill in its batch, from 0.
    function index(BillId bill_) internal pure returns (uint256) {
        return uint16(BillId.unwrap(bill_));
    }

    /// Bill `index_` of a batch.
    function bill(BatchId batch_, uint256 index_) internal pure returns (BillId) {
        return BillId.wrap(uint64((uint256(BatchId.unwrap(batch_)) << 16) | uint16(index_)));
    }
}
