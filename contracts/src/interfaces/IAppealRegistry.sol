// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Appeal} from "../types/Appeals.sol";
import {BatchId, BillId, PackedBill, PackedVerdict, SupplierId} from "../types/Ids.sol";
import {IArbitrable} from "./IArbiter.sol";
import {IFairClock} from "./IFairClock.sol";
import {IPaymentLedger} from "./IPaymentLedger.sol";
import {IVerdictGate} from "./IVerdictGate.sol";

/// Appeals and their outcomes. An appeal's id is its bill's. Keeps no money: the ledger moves it when an appeal ends.
///
/// Open → Conceded | AdjustmentOffered → Accepted | Contested → Ruled | Withdrawn | Expired | Overturned
///
/// A step is refused from its deadline on, `expire` before it; deadlines are fair time (IFairClock). Lists pass over the
/// appeals for which the step comes too late, which someone has ended meanwhile or of which an agent would agree to more
/// than the mandate covers, and are refused if none is left: the error then says why of the first. Another's appeal in a
/// list refuses it whole.
interface IAppealRegistry is IArbitrable {
    /// The appeal request to the supplier: which account, which days, how much was charged (the bill as posted, for
    /// IPaymentLedger.decodeBill), and the growth that does not fit, ppm. Three words, so that 500 appeals open in one
    /// transaction. An appeal that a challenge opens is told by ILedgerEvents.BillReversed, to Held, and by
    /// IChallenges.VerdictCorrected; the reply counts from there.
    event AppealOpened(
        BillId indexed bill, SupplierId indexed supplier, PackedBill packed, int40 actualPpm, int40 expectedPpm
    );
    /// The customer appeals against a bill that no verdict has appealed.
    event AppealOpenedByHand(BillId indexed bill, SupplierId indexed supplier, PackedBill packed, uint40 deadline);
    event AppealConceded(BillId indexed bill);
    event AdjustmentOffered(BillId indexed bill, uint48 quantity, uint48 amount, uint40 deadline);
    event AdjustmentAccepted(BillId indexed bill, uint48 amount);
    /// What the verdict expects, `quantity` base units, is settled; the rest stays under appeal.
    event UndisputedSettled(BillId indexed bill, uint48 quantity, uint48 amount);
    event AppealWithdrawn(BillId indexed bill);
    event AppealExpired(BillId indexed bill);
    /// The verdict that opened the appeal was shown wrong.
    event AppealOverturned(BillId indexed bill);
    /// Rules on the disputes over a supplier's bills in batches from `firstBatch` on; supplier 0 stands for all that have
    /// none of their own.
    event ArbiterSet(SupplierId indexed supplier, address indexed arbiter, BatchId firstBatch);

    /* GATE AND CHALLENGES */

    /// Opens the appeals of a batch just judged, of the bills whose bit is set in `held`. Gate only.
    function open(
        BatchId batch,
        SupplierId supplier,
        uint256[2] calldata held,
        uint256[] calldata bills,
        bytes calldata verdicts
    ) external;
    /// Ends the appeal of a bill whose verdict was shown not to be APPEAL; false where it has ended already. Challenges
    /// only.
    function overturn(BillId bill) external returns (bool live);

    /* SUPPLIER'S STEPS */

    /// The supplier gives the bills up, in any state that has not ended: they are void.
    function concede(BillId[] calldata bills) external;
    /// The supplier offers a smaller quantity for each bill; the amount is what its tariff gives, and must be below the
    /// bill's.
    function offerAdjustments(BillId[] calldata bills, uint48[] calldata quantities) external;
    /// The supplier stands by its bill, which goes to the arbiter.
    function contest(BillId bill, bytes32 evidenceHash) external;

    /* CUSTOMER'S STEPS: its own, or its agent's while the mandate lasts. What an agent agrees to pay is at most the cap a
    bill and counts against the cap a month; what a customer agrees to has no cap. */

    /// The customer appeals by hand against a bill that is pending, settled or in arrears, once, until the period of
    /// review is over, which begins with the end of its batch's window; in a bond of a twentieth of the bill, at least 1,
    /// from the balance, which the supplier gets if all of the bill turns out to be due (IAppealDesk.reclaim).
    function appealByHand(BillId bill, PackedBill packed, bytes32[] calldata proof) external;
    /// The customer accepts the adjusted bills.
    function acceptAdjustments(BillId[] calldata bills) external;
    /// The customer refuses the adjusted bills: they are contested.
    function refuseAdjustments(BillId[] calldata bills) external;
    /// The customer gives the appeals up, in any state that has not ended, and pays the bills in full.
    function withdrawAppeals(BillId[] calldata bills) external;

    /* ANYONE'S STEPS */

    /// Settles from the hold, once, what the verdict itself expects to be used: Q2·(1 + e), between nothing and the
    /// bill's quantity, priced by its tariff and rounded down. It follows from the growths in the committed verdict, so
    /// that no reading is shown: Q1·(1 + e)/(1 + a), each rounded against the supplier, two millionths below at most.
    /// Where nothing is expected or known, or the verdict was shown wrong, nothing is settled. Anyone may call once the
    /// batch's window is over and the figures stand; the customer at any time. `verdicts` are those of the batch.
    function settleUndisputed(BatchId batch, uint256[] calldata indexes, bytes calldata verdicts) external;
    /// Ends what its deadline has ended: silence to an appeal and a contest without a ruling void the bill, silence to
    /// an adjustment contests it, from that deadline on. Anyone may call.
    function expire(BillId[] calldata bills) external;

    /* GOVERNANCE */

    /// Sets who rules on disputes over a supplier's bills in batches posted from now on; supplier 0 stands for all that
    /// have none of their own, arbiter 0 for none. Restricted to the governor role.
    function setArbiter(SupplierId supplier, address arbiter) external;

    /* VIEWS */

    /// The clock that deadlines run by, fixed at deployment.
    function clock() external view returns (IFairClock);
    /// The ledger, fixed at deployment.
    function ledger() external view returns (IPaymentLedger);
    /// The gate, fixed at deployment.
    function gate() external view returns (IVerdictGate);
    /// The appeal against a bill; state None where there is none.
    function appealOf(BillId bill) external view returns (Appeal memory);
    /// Up to `limit` of the supplier's appeals that wait for its answer, and where to go on; start with cursor 0, done
    /// when the next cursor is 0. A page looks at 1,000 batches, of all suppliers, and bills at most, and so may be short, or empty. A batch has new
    /// appeals until its review is over.
    function openAppeals(SupplierId supplier, uint256 cursor, uint256 limit)
        external
        view
        returns (BillId[] memory bills, uint256 next);
}
