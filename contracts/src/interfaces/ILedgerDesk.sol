// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountRequest, Mandate, SignedMandate} from "../types/Accounts.sol";
import {AccountId, BillId, PackedBill, SupplierId} from "../types/Ids.sol";
import {TariffBlock, Utility} from "../types/Utilities.sol";
import {ILedgerEvents} from "./ILedgerEvents.sol";
import {IStanding} from "./IStanding.sol";

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
    /// Opens accounts, for the caller or for others (an account without money or mandate binds nobody).
    function openAccounts(AccountRequest[] calldata requests) external returns (AccountId[] memory accounts);
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
    /// Sets whose word bounds mandates granted from now on; zero for nobody's. Restricted to the governor role.
    function setStanding(IStanding standing_) external;
    /// Grants or replaces the mandate of the caller's account, and with it its agent. A cap above what the owner's standing
    /// allows is refused, unless the mandate had it before.
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
    /// The records (libraries/PackedRecords.sol) of bills that are in arrears, zero for others; of each word the lowest 64
    /// bits are the bill. Changes nothing; not a view, since it is handed on.
    function readArrears(uint256[] calldata bills) external returns (uint256[] memory records);
    /// Writes notes (libraries/PackedDebts.sol) into the records of bills in arrears, and passes over others. Moves no
    /// money; what is given up stays owed. Restricted to the collector role.
    function noteArrears(uint256[] calldata notes) external;
    /// Sets `amount` minor units of a settled bill aside from its supplier's free credit, for a refund. `packed` and
    /// `proof` are not looked at where the bill has a record. Restricted to the refunder role.
    function reserveRefund(BillId bill, PackedBill packed, bytes32[] calldata proof, uint48 amount) external;
    /// Ends what is reserved of a bill: `paid`, it goes to the account's balance and is void; else back to the supplier's
    /// credit. An appeal by hand has taken it before, if there was one: then nothing is left to give back, and paying is
    /// refused. Returns the minor units. Restricted to the refunder role.
    function endRefund(BillId bill, bool paid) external returns (uint256 amount);
    /// Pays what is owed of bills in arrears, all of it, from the caller's currency. What is given back of such a bill
    /// from then on, by whatever way, is set aside for the caller and does not go to the balance. Restricted to the lender
    /// role. Returns the minor units.
    function lendArrears(BillId[] calldata bills) external returns (uint256 paid);
    /// Pays out what is set aside so; of each bill the minor units. Restricted to the lender role.
    function collectReturns(BillId[] calldata bills) external returns (uint256[] memory amounts);
}
