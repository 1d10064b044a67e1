// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchId, BillId, SupplierId} from "../types/Ids.sol";
import {Entry, Filing, Kind, Office, PackedDocument, PackedIssue, Papers, Return, Staff} from "../types/Papers.sol";
import {IPaymentLedger} from "./IPaymentLedger.sol";

/// Keeps the papers of bills as an append-only graph: which document rests on which, who wrote it, over how much. A
/// document is written only when all that it rests on stands (libraries/PaperOrder.sol), by somebody of the supplier's
/// office whose duty it is; a check that fails returns the document, with a reason, and with it falls what rests on it.
/// Contents are hashes; what they are hashes of lies with the office.
///
/// No document moves money: the ledger pays by verdict and mandate alone, and its own word, not the office's, is what a
/// paid voucher says. Amounts are minor units, tax rates ppm.
interface IBillTrace {
    /// A key of a supplier's office has these duties from now on; `identity` is a hash of who the person is.
    event StaffAppointed(
        SupplierId indexed supplier, address indexed key, bytes32 indexed identity, uint8 person, uint16 duties
    );
    /// Applications from now on take a second approval above `second`, and a third above `third`.
    event LimitsSet(SupplierId indexed supplier, uint48 second, uint48 third);
    /// A document was written and stands, or was returned, and with it what rests on it: `what` and `by` say which and whose, as in
    /// libraries/PackedPapers.sol. It rests on the documents of the kinds in its parents, bit k for kind k, that stood then.
    event Documented(PackedDocument what, PackedIssue by, bytes32 content);

    /* OFFICE */

    /// Gives a key of the caller's office its duties, bit k for kind k; none dismisses it. A key is one person's for good, and
    /// a person, known by its identity, may have many.
    function appoint(SupplierId supplier, address key, bytes32 identity, uint16 duties) external;
    /// Sets above which amounts applications take a second and a third approval. Until then all take three.
    function setLimits(SupplierId supplier, uint48 second, uint48 third) external;

    /* DOCUMENTS */

    /// Opens the files of a batch's bills: all of them, as posted, with the hashes of their archive records.
    function archive(BatchId batch, Filing[] calldata filings) external;
    /// Writes a document of one kind for each of many bills, of any batches; those of a batch are best side by side. A tax rate is
    /// checked by another than who pushed the bill, an invoice verified by another than who collected it; whoever applies
    /// does not approve, and nobody on two levels. A payment is recorded once the ledger has it, pending or settled.
    /// Refused whole, naming the bill.
    function write(Kind kind, Entry[] calldata entries) external;
    /// Returns documents of one kind. Whoever may write the kind, or one that rests on it, may return it, until a paid
    /// voucher was written. Refused whole, naming the bill.
    function giveBack(Kind kind, Return[] calldata returns_) external;
    /// Writes the paid vouchers of bills whose payment is recorded and that the ledger says are settled: its hash is
    /// keccak256(abi.encode(chain, ledger, bill, supplier, settled amount, judged at)). Returns those that the ledger no
    /// longer bears out, and writes them anew where it settled otherwise. Anyone may call. Passes over bills of which
    /// there is nothing to say, and is refused if none is left.
    function vouch(BillId[] calldata bills) external;

    /* VIEWS */

    /// The ledger, fixed at deployment.
    function ledger() external view returns (IPaymentLedger);
    /// Where a bill's papers stand; zeros where it has none.
    function papersOf(BillId bill) external view returns (Papers memory);
    /// A key's duties for a supplier; zeros where it has none.
    function staffOf(SupplierId supplier, address key) external view returns (Staff memory);
    /// A person's number in a supplier's office, by the identity; 0 for nobody.
    function personOf(SupplierId supplier, bytes32 identity) external view returns (uint8);
    /// A supplier's office; zeros where it has none.
    function officeOf(SupplierId supplier) external view returns (Office memory);
    /// What a document of a kind rests on, bit k for kind k, of an application that takes `levels` approvals.
    function parentsOf(Kind kind, uint8 levels) external pure returns (uint16);
}
