// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Account, AccountRequest, Mandate, SignedMandate} from "../types/Accounts.sol";
import {Batch, Bill, BillRecord, BillState, Reason, Totals} from "../types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill, SupplierId} from "../types/Ids.sol";
import {Tariff, TariffBlock, Utility} from "../types/Utilities.sol";
import {IAppealRegistry} from "./IAppealRegistry.sol";
import {IDigitalCurrency} from "./IDigitalCurrency.sol";
import {IVerdictGate} from "./IVerdictGate.sol";

/// Keeps all the money: prepaid accounts, suppliers' credit, pending buckets and holds. Amounts are minor units of the
/// currency. Every event that moves money carries what an indexer needs to rebuild every balance.
interface IPaymentLedger {
    /* SUPPLIERS */

    event SupplierRegistered(SupplierId indexed supplier, address indexed owner, string name);
    event TariffSet(
        SupplierId indexed supplier, Utility indexed utility, uint256 version, uint16 fromDay, uint48 standing, TariffBlock[] blocks
    );
    event CreditWithdrawn(SupplierId indexed supplier, address indexed to, uint256 amount);

    /* ACCOUNTS AND MANDATES */

    event AccountOpened(AccountId indexed account, address indexed owner, Utility utility);
    event Deposited(AccountId indexed account, address indexed from, uint256 amount);
    event BalanceMoved(AccountId indexed from, AccountId indexed to, uint256 amount);
    event Withdrawn(AccountId indexed account, address indexed to, uint256 amount);
    event MandateGranted(
        AccountId indexed account, uint48 capPerBill, uint48 capPerMonth, uint16 lastDay, bool discloseReadings
    );
    event MandateRevoked(AccountId indexed account);
    event ClassSet(AccountId indexed account, uint8 class);

    /* BILLS */

    event BillsPosted(
        BatchId indexed batch,
        SupplierId indexed supplier,
        Utility utility,
        uint256 count,
        uint256 billed,
        bytes32 commitment,
        uint32 parameterVersion
    );
    /// Judged PAY (or INSUFFICIENT within its class's cap): `amount` left the account for the batch's pending bucket.
    event BillPending(BillId indexed bill, AccountId indexed account, uint256 amount);
    /// Judged APPEAL: `held` left the account's balance and is set aside.
    event BillHeld(BillId indexed bill, AccountId indexed account, uint256 held);
    /// Judged INSUFFICIENT: waits for the customer's word.
    event BillWaiting(BillId indexed bill, AccountId indexed account, uint256 amount);
    /// `owed` minor units of a bill could not be settled.
    event ArrearsOpened(BillId indexed bill, AccountId indexed account, uint256 owed, Reason reason);
    /// `amount` of a bill is void; `refunded` went back to the account's balance.
    event BillVoided(BillId indexed bill, AccountId indexed account, uint256 amount, Reason reason, uint256 refunded);
    /// `fromBalance` left the account's balance and `fromHold` its hold for a bill outside the common path; `toPending` says
    /// whether it went to the batch's pending bucket or to the supplier's credit; `refunded` went from hold to balance.
    event BillPaid(
        BillId indexed bill,
        AccountId indexed account,
        uint256 fromBalance,
        uint256 fromHold,
        uint256 fromPayer,
        uint256 refunded,
        bool toPending
    );
    /// A batch's pending bucket became the supplier's credit: its pending bills are settled.
    event BatchReleased(BatchId indexed batch, SupplierId indexed supplier, uint256 amount);

    /* SUPPLIER'S FUNCTIONS */

    /// Registers the caller as a supplier.
    function registerSupplier(string calldata name) external returns (SupplierId supplier);
    /// Adds a version of the tariff. Versions ascend by `fromDay`; once a bill for the utility was posted a new version must
    /// begin after today. At most 8 blocks, `upTo` ascending, the last one the largest quantity a bill may have.
    function setTariff(SupplierId supplier, Utility utility, uint16 fromDay, uint48 standing, TariffBlock[] calldata blocks)
        external;
    /// Posts a batch: 1 to 500 packed bills of the supplier for one utility, at most 400 if any of them replaces another, so that
    /// judging fits into a transaction whatever the verdicts are. Refused whole, naming the bill, when a bill's
    /// account does not exist, its period is malformed or not over, or its amount is not what the tariff in force on its last
    /// day gives. Creates no lien.
    function postBills(SupplierId supplier, Utility utility, PackedBill[] calldata bills) external returns (BatchId batch);
    /// Cancels a bill of the caller's that is unjudged, pending (before its release), waiting or in arrears; what was debited
    /// goes back to the account. An appealed bill is conceded instead.
    function cancelBill(BillId bill, PackedBill packed, bytes32[] calldata proof) external;
    /// Moves pending buckets whose window is over to the supplier's credit. Anyone may call.
    function release(BatchId[] calldata batches) external;
    /// Pays out the supplier's credit.
    function withdrawCredit(SupplierId supplier, uint256 amount, address to) external;

    /* CUSTOMER'S FUNCTIONS */

    /// Opens accounts, for the caller or for others (an account without money or mandate binds nobody).
    function openAccounts(AccountRequest[] calldata requests) external returns (AccountId[] memory accounts);
    /// Pays into accounts from the caller's currency.
    function deposit(AccountId[] calldata accounts, uint256[] calldata amounts) external;
    /// The same, with an ERC-2612 permit for the sum; a permit already used by someone else does no harm.
    function depositWithPermit(
        AccountId[] calldata accounts,
        uint256[] calldata amounts,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
    /// Moves free balance between two accounts of the caller.
    function moveBalance(AccountId from, AccountId to, uint256 amount) external;
    /// Pays out free balance of the caller's account.
    function withdraw(AccountId account, uint256 amount, address to) external;
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
    /// Collects arrears that balance and mandate now allow, into the batch's pending bucket while its window is open and to the
    /// supplier's credit after it, and skips the others. Anyone may call. Returns the minor units collected.
    function settleArrears(BillId[] calldata bills) external returns (uint256 settled);

    /* GATE AND REGISTRY */

    /// Applies the verdicts of a batch, 12 bytes a bill, in order. Gate only, once. Returns how many bills are held for appeal,
    /// and which: bit i of the two words together stands for bill i.
    function judge(BatchId batch, PackedBill[] calldata bills, bytes calldata verdicts)
        external
        returns (uint256 appealed, uint256[2] memory held);
    /// Ends an appeal with `due` minor units to pay, taken from the hold, and with the customer's consent from the balance as
    /// well; what is not covered becomes arrears, what is left of the hold goes back to the balance. Registry only.
    function closeAppeal(BillId bill, uint48 due, Reason voidReason, bool consent) external;
    /// Sets the class of accounts. Restricted to the classifier role.
    function setClass(AccountId[] calldata accounts, uint8 class) external;

    /* VIEWS */

    function currency() external view returns (IDigitalCurrency);
    function gate() external view returns (IVerdictGate);
    function registry() external view returns (IAppealRegistry);
    function accountOf(AccountId account) external view returns (Account memory);
    function ownerOf(AccountId account) external view returns (address);
    function batchOf(BatchId batch) external view returns (Batch memory);
    function batchCount() external view returns (uint256);
    /// The record of a bill that left the common path; state Unjudged where there is none.
    function recordOf(BillId bill) external view returns (BillRecord memory);
    /// The state of any bill, whether or not it has a record.
    function stateOf(BillId bill) external view returns (BillState);
    function supplierOwner(SupplierId supplier) external view returns (address);
    function supplierCount() external view returns (uint256);
    function accountCount(SupplierId supplier) external view returns (uint256);
    function creditOf(SupplierId supplier) external view returns (uint256);
    function totals() external view returns (Totals memory);
    /// The version in force on `day`; reverts where there is none.
    function tariffAt(SupplierId supplier, Utility utility, uint16 day) external view returns (Tariff memory);
    /// What the tariff in force on `day` gives for `quantity` base units.
    function priceOf(SupplierId supplier, Utility utility, uint16 day, uint48 quantity) external view returns (uint256 amount);
    /// Why a bill's arrears cannot be collected now; None if they can.
    function collectable(BillId bill) external view returns (Reason);
    /// A posted word as its fields; the account is the supplier's of that number.
    function decodeBill(SupplierId supplier, PackedBill bill) external pure returns (Bill memory);
}
