// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Appeal, AppealState} from "../types/Appeals.sol";
import {BatchId, BillId, PackedBill, PackedVerdict, SupplierId} from "../types/Ids.sol";
import {IFairClock} from "./IFairClock.sol";
import {IPaymentLedger} from "./IPaymentLedger.sol";
import {IVerdictGate} from "./IVerdictGate.sol";

/// Appeals and their outcomes. An appeal's id is its bill's. Keeps no money: the ledger moves it when an appeal ends.
///
/// Open → Conceded | AdjustmentOffered → Accepted | Contested → Ruled | Withdrawn | Expired
///
/// Ruled is reserved: until there are rulings no appeal enters it, and a contested appeal expires to void. A step is
/// refused from its deadline on, `expire` before it; deadlines are fair time (IFairClock). Lists are all or nothing: the error names the bill.
interface IAppealRegistry {
    /// The appeal request to the supplier: which account, which days, how much was charged (the bill as posted, for
    /// IPaymentLedger.decodeBill), and the growth that does not fit, ppm. Three words, so that 500 appeals open in one
    /// transaction.
    event AppealOpened(
        BillId indexed bill, SupplierId indexed supplier, PackedBill packed, int40 actualPpm, int40 expectedPpm
    );
    event AppealConceded(BillId indexed bill);
    event AdjustmentOffered(BillId indexed bill, uint48 quantity, uint48 amount, uint40 deadline);
    event AdjustmentAccepted(BillId indexed bill, uint48 amount);
    /// By the supplier with the hash of its evidence, or by the customer's refusal or silence with zero.
    event AppealContested(BillId indexed bill, bytes32 evidenceHash, uint40 deadline);
    event AppealWithdrawn(BillId indexed bill);
    event AppealExpired(BillId indexed bill);
    /// The verdict that had opened it was shown wrong.
    event AppealOverturned(BillId indexed bill);

    /// Opens the appeals of a batch just judged, of the bills whose bit is set in `held`, and puts them in the
    /// supplier's queue. Gate only.
    function open(
        BatchId batch,
        SupplierId supplier,
        uint256[2] calldata held,
        uint256[] calldata bills,
        bytes calldata verdicts
    ) external;

    /// Opens an appeal against a bill whose verdict was shown wrong; the supplier's time to answer begins now.
    /// Challenges only.
    function openReversed(BillId bill, SupplierId supplier, PackedBill packed, PackedVerdict verdict) external;
    /// Ends an appeal whose verdict was shown wrong. False, and nothing changes, if it had ended before. Challenges only.
    function overturn(BillId bill) external returns (bool live);

    /// The supplier gives the bills up, in any state that has not ended: they are void.
    function concede(BillId[] calldata bills) external;
    /// The supplier offers a smaller quantity for each bill; the amount is what its tariff gives, and must be below the
    /// bill's.
    function offerAdjustments(BillId[] calldata bills, uint48[] calldata quantities) external;
    /// The supplier stands by its bill.
    function contest(BillId bill, bytes32 evidenceHash) external;
    /// The customer accepts the adjusted bills.
    function acceptAdjustments(BillId[] calldata bills) external;
    /// The customer refuses the adjusted bills: they are contested.
    function refuseAdjustments(BillId[] calldata bills) external;
    /// The customer gives the appeals up, in any state that has not ended, and pays the bills in full.
    function withdrawAppeals(BillId[] calldata bills) external;
    /// Ends what its deadline has ended: silence to an appeal and a contest without a ruling void the bill, silence to
    /// an adjustment contests it, from that deadline on. Anyone may call.
    function expire(BillId[] calldata bills) external;

    /// The clock that deadlines run by, fixed at deployment.
    function clock() external view returns (IFairClock);
    /// The ledger, fixed at deployment.
    function ledger() external view returns (IPaymentLedger);
    /// The gate, fixed at deployment.
    function gate() external view returns (IVerdictGate);
    /// The appeal against a bill; state None where there is none.
    function appealOf(BillId bill) external view returns (Appeal memory);
    /// The supplier's queue: up to `limit` appeals that wait for its answer, and where to go on; start with cursor 0,
    /// done when the next cursor is 0. `limit` is at least 1.
    function openAppeals(SupplierId supplier, uint256 cursor, uint256 limit)
        external
        view
        returns (BillId[] memory bills, uint256 next);
}
