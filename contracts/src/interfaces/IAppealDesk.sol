// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Voice} from "../types/Accounts.sol";
import {Reason} from "../types/Bills.sol";
import {BillId, PackedBill} from "../types/Ids.sol";
import {ILedgerEvents} from "./ILedgerEvents.sol";

/// The ledger's functions for appealed bills. They are part of IPaymentLedger and called there.
interface IAppealDesk is ILedgerEvents {
    /// Ends an appeal with `due` minor units to pay, beside the `settled` that are, taken from the hold, and with the
    /// consent of customer or agent from the balance as well; what is not covered becomes arrears, what is left of the
    /// hold goes back to the balance. What is paid with an agent's consent the mandate counts as collected. Registry
    /// only.
    function closeAppeal(BillId bill, uint48 due, uint48 settled, Reason voidReason, Voice consent) external;
    /// Settles from an appealed bill's hold what its tariff gives for `quantity` base units, rounded down, all but one
    /// minor unit of the bill at most; the rest stays under appeal. Registry only. Returns the minor units settled.
    function settleUndisputed(BillId bill, uint48 quantity) external returns (uint48 settled);
    /// A customer's appeal by hand begins: what was paid of the bill is set aside from the bucket, or from the supplier's
    /// credit as far as it is not pledged; for the rest its credit is pledged. A twentieth of the amount, at least 1, is
    /// set aside from the balance as the customer's bond. Registry only.
    function reclaim(BillId bill, PackedBill packed, bytes32[] calldata proof) external;
    /// An appeal by hand ends with `due` minor units to be paid in all. What was paid above it goes back to the balance:
    /// from what was set aside, and then from the supplier's credit as far as it has any; what is lacking stays its debt
    /// (`collectRefunds`). What was paid below it is paid by consent from the balance, and else owed. The bond goes back,
    /// but to the supplier if all of the bill is due. Registry only.
    function closeReclaimed(BillId bill, uint48 due, Reason voidReason, Voice consent) external;
    /// Pays what suppliers owe for bills after appeals by hand, as far as their credit goes. Anyone may call. Returns the
    /// minor units paid.
    function collectRefunds(BillId[] calldata bills) external returns (uint256 refunded);
}
