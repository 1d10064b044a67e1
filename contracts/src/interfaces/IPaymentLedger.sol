// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Account, Voice} from "../types/Accounts.sol";
import {Basis, Batch, Bill, BillRecord, BillState, Reason, Totals} from "../types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill, SupplierId} from "../types/Ids.sol";
import {Tariff, Utility} from "../types/Utilities.sol";
import {IAppealDesk} from "./IAppealDesk.sol";
import {IAppealRegistry} from "./IAppealRegistry.sol";
import {ILedgerDesk} from "./ILedgerDesk.sol";
import {IDigitalCurrency} from "./IDigitalCurrency.sol";
import {IStanding} from "./IStanding.sol";
import {IVerdictGate} from "./IVerdictGate.sol";

/// Keeps all the money: prepaid accounts, suppliers' credit, pending buckets and holds. Amounts are minor units of the
/// currency.
interface IPaymentLedger is ILedgerDesk, IAppealDesk {
    /* SUPPLIER'S FUNCTIONS */

    /// Registers the caller as a supplier.
    function registerSupplier(string calldata name) external returns (SupplierId supplier);
    /// Posts a batch: 1 to 500 packed bills of the supplier for one utility, at most 350 if any of them replaces
    /// another, and 250 where the gate judges a class of the utility, so that judging fits into a transaction whatever the
    /// verdicts are. Refused whole, naming the bill, when
    /// a bill's account does not exist, its period is malformed or not over, or its amount is not what the tariff in
    /// force on its last day gives. Creates no lien.
    function postBills(SupplierId supplier, Utility utility, PackedBill[] calldata bills)
        external
        returns (BatchId batch);
    /// Moves pending buckets whose window is over to the supplier's credit. Anyone may call.
    function release(BatchId[] calldata batches) external;

    /* CUSTOMER'S FUNCTIONS */

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

    /* GATE AND REGISTRY */

    /// Applies the verdicts of a batch, 12 bytes a bill, in order. Gate only, once. Returns how many bills are held for
    /// appeal, and which: bit i of the two words together stands for bill i. The packed bills come as bare words, since
    /// the encoder copies those in one go, and value types one by one.
    function judge(BatchId batch, uint256[] calldata bills, bytes calldata verdicts)
        external
        returns (uint256 appealed, uint256[2] memory held);

    /* VIEWS */

    /// The currency that the ledger keeps, fixed at deployment.
    function currency() external view returns (IDigitalCurrency);
    /// The gate, fixed at deployment.
    function gate() external view returns (IVerdictGate);
    /// The registry, fixed at deployment.
    function registry() external view returns (IAppealRegistry);
    /// What bounds mandates' caps; zero for nothing.
    function standing() external view returns (IStanding);
    /// An account with its owner; reverts where there is none.
    function accountOf(AccountId account) external view returns (Account memory);
    /// The owner of an account; zero where there is none.
    function ownerOf(AccountId account) external view returns (address);
    /// Whom an account's mandate names as its agent; zero for nobody.
    function agentOf(AccountId account) external view returns (address);
    /// With what voice `who` may answer now for an account: as its owner to anything, as its agent to what the mandate
    /// covers, if `amount` minor units of a bill are to be paid in all.
    function voiceOf(AccountId account, address who, uint256 amount) external view returns (Voice);
    /// What a verdict on a bill of account `number` in a batch rests on.
    function basisOf(BatchId batch, uint32 number) external view returns (Basis memory);
    /// The words (libraries/PackedAccounts.sol) of the accounts that packed bills of a supplier name, in order.
    function accountWords(SupplierId supplier, uint256[] calldata bills) external view returns (uint256[] memory);
    /// What an address has as its bond, stake and rewards included, minor units.
    function bondOf(address holder) external view returns (uint256);
    /// A batch; zeros where there is none.
    function batchOf(BatchId batch) external view returns (Batch memory);
    /// Batches posted so far: the last one's id.
    function batchCount() external view returns (uint256);
    /// The record of a bill that left the common path; state Unjudged where there is none.
    function recordOf(BillId bill) external view returns (BillRecord memory);
    /// The state of any bill, whether or not it has a record.
    function stateOf(BillId bill) external view returns (BillState);
    /// The owner of a supplier; zero where there is none.
    function supplierOwner(SupplierId supplier) external view returns (address);
    /// Suppliers registered so far: the last one's id.
    function supplierCount() external view returns (uint256);
    /// Accounts of a supplier: the last one's number.
    function accountCount(SupplierId supplier) external view returns (uint256);
    /// What a supplier may withdraw, minor units.
    function creditOf(SupplierId supplier) external view returns (uint256);
    /// The sums over all bills and all money, minor units.
    function totals() external view returns (Totals memory);
    /// The version in force on `day`; reverts where there is none.
    function tariffAt(SupplierId supplier, Utility utility, uint16 day) external view returns (Tariff memory);
    /// What the tariff in force on `day` gives for `quantity` base units.
    function priceOf(SupplierId supplier, Utility utility, uint16 day, uint48 quantity)
        external
        view
        returns (uint256 amount);
    /// Why a bill's arrears cannot be collected now; None if they can.
    function collectable(BillId bill) external view returns (Reason);
    /// A posted word as its fields; the account is the supplier's of that number.
    function decodeBill(SupplierId supplier, PackedBill bill) external pure returns (Bill memory);
}
