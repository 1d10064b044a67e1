// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountId, BillId, PackedBill} from "../types/Ids.sol";
import {RefundFault, RefundOrder, RefundReason, RefundState, RefundTerms} from "../types/Refunds.sol";

/// Refunds of settled bills by two departments of a supplier: marketing checks and forwards, finance pays or returns.
///
/// Each step names the version that its sender has looked at, so that nothing is signed that was exchanged meanwhile. Who
/// is of a department, the access manager says (libraries/Roles.sol). Amounts are minor units. Deadlines
/// run by the block's time: a pause stops no step here, and a deadline takes no step from anyone.
interface IRefundDesk {
    /// `attachments`: the Merkle root over the hashes of what the request rests on; zero for none.
    event RefundRequested(
        BillId indexed bill,
        AccountId indexed account,
        uint16 version,
        address requester,
        uint48 amount,
        RefundReason reason,
        bytes32 attachments
    );
    /// Its money is reserved.
    event RefundForwarded(BillId indexed bill, uint16 version, address marketing);
    /// Marketing has refused it.
    event RefundRejected(BillId indexed bill, uint16 version, address marketing, RefundFault fault);
    /// The first of two signatures.
    event RefundSigned(BillId indexed bill, uint16 version, address finance);
    /// Finance has paid it.
    event RefundCompleted(BillId indexed bill, uint16 version, address finance, uint48 amount);
    /// Finance has sent it back to marketing; its money is no longer reserved.
    event RefundReturned(BillId indexed bill, uint16 version, address finance, RefundFault fault);
    /// Marketing has corrected it: as requested and forwarded anew, under the next version.
    event RefundResubmitted(
        BillId indexed bill, uint16 version, address marketing, uint48 amount, RefundReason reason, bytes32 attachments
    );
    event RefundCancelled(BillId indexed bill, uint16 version, address by);
    /// Nobody has acted in time: from now on the department's head may act as well.
    event RefundEscalated(BillId indexed bill, uint16 version, RefundState state);
    event RefundTermsSet(RefundTerms terms);

    /// Asks for a refund: the customer, its agent, or one of the supplier's marketing. A bill has one refund at a time.
    function request(
        BillId bill,
        PackedBill packed,
        bytes32[] calldata proof,
        uint48 amount,
        RefundReason reason,
        bytes32 attachments
    ) external;
    /// Marketing has checked it: reserves the money and hands it on to finance. Refused, with the ledger's reason, where
    /// the bill is not settled or the supplier's credit does not reach. `packed` and `proof` as the ledger wants them.
    function forward(BillId bill, uint16 version, PackedBill packed, bytes32[] calldata proof) external;
    /// Marketing refuses it for good.
    function reject(BillId bill, uint16 version, RefundFault fault) external;
    /// Finance pays it to the bill's account. Above the terms' limit the first call signs, and a second one, by another of
    /// finance, pays.
    function pay(BillId bill, uint16 version) external;
    /// Finance sends it back to marketing.
    function sendBack(BillId bill, uint16 version, RefundFault fault) external;
    /// Marketing forwards a returned one, corrected.
    function resubmit(BillId bill, uint16 version, uint48 amount, RefundReason reason, bytes32 attachments) external;
    /// Ends it without paying: its requester, as long as it is open, or marketing, once it was forwarded.
    function cancel(BillId bill, uint16 version) external;
    /// Anyone: from its deadline on, has the head of the department that it waits for act as well. Nothing else follows
    /// from silence.
    function escalate(BillId bill, uint16 version) external;
    /// Restricted to the governor role; for orders that are open, too.
    function setTerms(RefundTerms calldata terms_) external;

    /// A bill's last refund.
    function orderOf(BillId bill) external view returns (RefundOrder memory);
    /// From when on a bill's refund can be escalated, Unix seconds; reverts where none is open.
    function deadlineOf(BillId bill) external view returns (uint256);
    /// Who of finance has signed a bill's refund that another is to sign as well; zero where none has.
    function signerOf(BillId bill) external view returns (address);
    /// Whether a request with this content was made before.
    function isSeen(BillId bill, uint48 amount, RefundReason reason, bytes32 attachments) external view returns (bool);
    /// What the governor has set.
    function terms() external view returns (RefundTerms memory);
}
