// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchId, BillId, SupplierId} from "../types/Ids.sol";
import {Kind} from "../types/Papers.sol";

/// The errors of the bills' papers, as Errors has those of the others.
interface PapersErrors {
    /// Thrown when someone else than the supplier's owner would run its office.
    error BillTrace_NotOwner(SupplierId supplier, address caller);
    /// Thrown when a key that belongs to one person is to be given to another.
    error BillTrace_KeyTaken(address key, uint8 person);
    /// Thrown when an office has as many people as it can have.
    error BillTrace_OfficeFull(SupplierId supplier);
    /// Thrown when a third approval would be needed earlier than a second, minor units.
    error BillTrace_LimitsOutOfOrder(uint48 second, uint48 third);
    /// Thrown when a key has no such duty in the supplier's office.
    error BillTrace_NoDuty(SupplierId supplier, address key, Kind kind);
    /// Thrown when the packed bills are not those of the batch.
    error BillTrace_NotThatBatch(BatchId batch);
    /// Thrown when a kind of documents is written or returned in another way, or by nobody.
    error BillTrace_NotByHand(Kind kind);
    /// Thrown when such a document stands already.
    error BillTrace_Stands(BillId bill, Kind kind);
    /// Thrown when what a document rests on does not all stand; bit k of `missing` for kind k.
    error BillTrace_Missing(BillId bill, Kind kind, uint16 missing);
    /// Thrown when a document is to be returned that does not stand.
    error BillTrace_NotThere(BillId bill, Kind kind);
    /// Thrown when a document is about nothing, or about more than the bill, minor units.
    error BillTrace_WrongAmount(BillId bill, uint48 amount, uint48 most);
    /// Thrown when a tax rate is above 1, ppm.
    error BillTrace_WrongTax(BillId bill, uint32 tax);
    /// Thrown when someone would check, or approve, what it did itself, or approve on a second level.
    error BillTrace_SamePerson(BillId bill, Kind kind, uint8 person);
    /// Thrown when the amount takes no approval of that level.
    error BillTrace_NotNeeded(BillId bill, Kind kind);
    /// Thrown when a payment is to be recorded that the ledger does not have.
    error BillTrace_NotPaid(BillId bill);
    /// Thrown when a document is to be returned without a reason.
    error BillTrace_NoReason(BillId bill);
    /// Thrown when a document is to be returned of a bill that has had its paid voucher.
    error BillTrace_Closed(BillId bill);
    /// Thrown when no bill's paid voucher differs from what the ledger says.
    error BillTrace_NothingToVouch();
}
