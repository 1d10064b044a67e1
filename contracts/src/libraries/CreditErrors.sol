// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Refusal} from "../types/Credit.sol";
import {BillId, SupplierId} from "../types/Ids.sol";

/// The errors of the credit line, as Errors has those of the others.
interface CreditErrors {
    /// Thrown when the caller does not own the supplier.
    error CreditLine_NotSupplierOwner(SupplierId supplier, address caller);
    /// Thrown when a threshold is above 1, ppm, or there are more than classes.
    error CreditLine_ThresholdsOutOfBounds(SupplierId supplier);
    /// Thrown when terms leave no time to repay, or let no score be used.
    error CreditLine_NoTime(SupplierId supplier);
    /// Thrown when nothing is paid in, or more than 2^48 - 1 minor units at a time.
    error CreditLine_AmountOutOfBounds(SupplierId supplier, uint256 amount);
    /// Thrown when more is to be withdrawn than is free, minor units.
    error CreditLine_InsufficientFree(SupplierId supplier, uint256 free, uint256 amount);
    /// Thrown when the register never told these scores.
    error CreditLine_NeverTold(bytes32 scores);
    /// Thrown when no score is chosen of a list, or one beyond its end.
    error CreditLine_RangeOutOfBounds(uint256 from, uint256 to, uint256 length);
    /// Thrown when nothing is drawn for any of the bills: the first one, and why.
    error CreditLine_Refused(BillId bill, Refusal refusal);
    /// Thrown when a bill owes the line nothing.
    error CreditLine_NothingOwed(BillId bill);
    /// Thrown when nothing is repaid.
    error CreditLine_NoPayment(BillId bill);
    /// Thrown when no debt of a list is past its term, its bill settled; the first one.
    error CreditLine_NotLost(BillId bill);
    /// Thrown when nothing was given back for any of the bills; the first one.
    error CreditLine_NothingReturned(BillId bill);
    /// Thrown when whoever withdraws is frozen by the currency's issuer.
    error CreditLine_Frozen(address who);
    /// Thrown when the line's money is to be paid to the line itself.
    error CreditLine_ToItself();
    /// Thrown when the currency does not move what it is told to.
    error CreditLine_TransferFailed();
}
