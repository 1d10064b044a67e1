// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Mandate, SignedMandate} from "../types/Accounts.sol";
import {Reason} from "../types/Bills.sol";
import {AccountId, BillId, PackedBill, SupplierId} from "../types/Ids.sol";
import {TariffBlock, Utility} from "../types/Utilities.sol";
import {ILedgerEvents} from "./ILedgerEvents.sol";

/// The ledger's functions for single accounts and bills, apart from those for whole batches: tariffs, mandates, and
/// what is paid or given up outside the common path. They are part of IPaymentLedger and called there.
interface ILedgerDesk is ILedgerEvents {
    /// Adds a version of the tariff. Versions ascend by `fromDay`; once a bill for the utility was posted a new version
    /// must begin after today. At most 8 blocks, `upTo` ascending, the last one the largest quantity a bill may have.
    function setTariff(
        SupplierId supplier,
        Utility utility,
        uint16 fromDay,
        uint48 standing,
        TariffBlock[] calldata blocks
    ) external;
    /// Cancels a bill of the caller's that is unjudged, pending (before its release), waiting or in arrears; what was
    /// debited goes back to the account. An appealed bill is conceded instead.
    function cancelBill(BillId bill, PackedBill packed, bytes32[] calldata proof) external;
    /// Grants or replaces the mandate of the caller's account.
    function grantMandate(AccountId account, Mandate calldata mandate) external;
    /// Grants mandates by the owners' EIP-712 signatures; anyone may submit them. Each uses the account's next nonce.
    function grantMandatesBySignature(SignedMandate[] calldata mandates) external;
    /// Ends the mandate of the caller's account at once, and any signature not yet used.
    function revokeMandate(AccountId account) external;
    /// The customer's word for waiting bills of the caller's accounts: pays them from the balance, no mandate needed.
    function confirmBills(BillId[] calldata bills) external;
    /// Pays `amount` of a bill's arrears from the balance of the caller's account, no mandate needed.
    function payArrearsFromBalance(BillId bill, uint256 amount) external;
    /// Pays `amount` of a bill's arrears from the caller's currency. Anyone may pay.
    function payArrears(BillId bill, uint256 amount) external;
    /// Collects arrears that balance and mandate now allow, into the batch's pending bucket while its window is open
    /// and to the supplier's credit after it, and skips the others. Anyone may call, but not during a pause. Returns
    /// the minor units collected.
    function settleArrears(BillId[] calldata bills) external returns (uint256 settled);
    /// Ends an appeal with `due` minor units to pay, taken from the hold, and with the customer's consent from the
    /// balance as well; what is not covered becomes arrears, what is left of the hold goes back to the balance.
    /// Registry only.
    function closeAppeal(BillId bill, uint48 due, Reason voidReason, bool consent) external;
}
