// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId} from "../types/Ids.sol";
import {RefundState} from "../types/Refunds.sol";

/// The errors of the refund desk, as Errors has those of the others.
interface RefundErrors {
    /// Thrown when a refund is requested, returned or rejected without a reason.
    error RefundDesk_NoReason();
    /// Thrown when terms leave a department no time.
    error RefundDesk_NoTime();
    /// Thrown when a refund is requested of a bill that does not match its batch's commitment.
    error RefundDesk_BillNotCommitted(BillId bill);
    /// Thrown when a refund of nothing is requested, or of more than was billed, minor units.
    error RefundDesk_AmountOutOfBounds(BillId bill, uint256 amount, uint256 most);
    /// Thrown when whoever asks is neither the account's customer nor of the supplier's marketing.
    error RefundDesk_NotParty(BillId bill, address who);
    /// Thrown when the bill has a refund that has not ended.
    error RefundDesk_StillOpen(BillId bill, RefundState state);
    /// Thrown when bill, amount, reason and attachments were before a department already.
    error RefundDesk_SeenBefore(BillId bill, bytes32 content);
    /// Thrown when the order is in another state than the step needs.
    error RefundDesk_WrongState(BillId bill, RefundState state);
    /// Thrown when the order has another version than the one that was looked at.
    error RefundDesk_WrongVersion(BillId bill, uint256 version);
    /// Thrown when the caller is not of the department that the order waits for.
    error RefundDesk_NotOfDepartment(BillId bill, address who);
    /// Thrown when the caller has asked for the refund, has reviewed it, or gets it.
    error RefundDesk_SamePerson(BillId bill, address who);
    /// Thrown when an order is escalated before its deadline, or again.
    error RefundDesk_NotOverdue(BillId bill, uint256 deadline);
}
