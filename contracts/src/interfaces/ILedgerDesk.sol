// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Mandate, SignedMandate} from "../types/Accounts.sol";
import {BillState} from "../types/Bills.sol";
import {AccountId, BillId, PackedBill, SupplierId} from "../types/Ids.sol";
import {TariffBlock, Utility} from "../types/Utilities.sol";
import {Decision} from "../types/Verdicts.sol";
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
    /// Pays out the supplier's credit.
    function withdrawCredit(SupplierId supplier, uint256 amount, address to) external;
    /// Moves free balance between two accounts of the caller.
    function moveBalance(AccountId from, AccountId to, uint256 amount) external;
    /// Pays out free balance of the caller's account.
    function withdraw(AccountId account, uint256 amount, address to) external;
    /// Sets the class of accounts, at most 31. Restricted to the classifier role.
    function setClass(AccountId[] calldata accounts, uint8 class) external;
    /// Cancels a bill of the caller's that is unjudged, pending (before its release), waiting or in arrears; what was
    /// debited goes back to the account, and what was paid otherwise goes back to it from the supplier's credit, which
    /// must have it. An appealed bill is conceded instead.
    function cancelBill(BillId bill, PackedBill packed, bytes32[] calldata proof) external;
    /// Grants or replaces the mandate of the caller's account, and with it its agent.
    function grantMandate(AccountId account, Mandate calldata mandate) external;
    /// Grants mandates by the owners' EIP-712 signatures; anyone may submit them. Each uses the account's next nonce.
    function grantMandatesBySignature(SignedMandate[] calldata mandates) external;
    /// Ends the mandate of the caller's account and its agent's word at once, and any signature not yet used.
    function revokeMandate(AccountId account) external;
    /// The customer's word for waiting bills, or their agents' within the caps: pays them from the balance, for a customer
    /// without a mandate. Passes over those that wait no longer or are not covered, and is refused if none is left; a
    /// stranger's bill refuses it whole.
    function confirmBills(BillId[] calldata bills) external;
    /// Pays up to `amount` of a bill's arrears from the balance of the caller's account, no mandate needed.
    function payArrearsFromBalance(BillId bill, uint256 amount) external;
    /// Pays up to `amount` of a bill's arrears from the caller's currency. Anyone may pay.
    function payArrears(BillId bill, uint256 amount) external;
    /// Collects arrears that balance and mandate now allow, into the batch's pending bucket while its window is open
    /// and to the supplier's credit after it, and skips the others. Anyone may call, but not during a pause. Returns
    /// the minor units collected.
    function settleArrears(BillId[] calldata bills) external returns (uint256 settled);
    /// Adds to a bond, the caller's or another's, from the caller's currency.
    function depositBond(address holder, uint256 amount) external;
    /// Pays out the caller's bond; an operator's is locked (IOperators.isLocked).
    function withdrawBond(uint256 amount, address to) external;
    /// Moves `amount` of one bond to another. Challenges only, for what is put on a demand.
    function moveBond(address from, address to, uint256 amount) external;
    /// Takes `each` of the bonds of operators, of a smaller one all there is: `share` ppm of the whole for `rewarded`'s
    /// bond, nothing if that is zero; the rest for `wronged`, the balance of an account or, as account number 0, the
    /// credit of a supplier. Returns what is left of each bond. Operators only.
    function slash(
        address[] calldata operators,
        BillId bill,
        uint256 each,
        address rewarded,
        uint256 share,
        AccountId wronged
    ) external returns (uint256[] memory left);
    /// Puts a bill where the right verdict puts it, as if it had been judged so at first: what was debited or set aside
    /// for it goes back, and is debited or set aside anew as judging does. A bill that its customer has paid, that is
    /// void, or whose money is the supplier's already, stays where it is; of one in arrears that was paid in part, the
    /// rest moves. Challenges only, once for each way of showing a verdict wrong. Returns where it stood and stands,
    /// and whether its verdict had been corrected before.
    function reverse(BillId bill, PackedBill packed, Decision right, bool byMeter)
        external
        returns (BillState from, BillState to, bool again);
}
