// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId, PackedBill, PackedVerdict} from "../types/Ids.sol";
import {Leaf, Shown, SignedReadings} from "../types/Readings.sol";
import {Presets} from "../types/Verdicts.sol";

/// Proof that a verdict is wrong, which takes it back. Three ways, each while the batch's window is open: the committed
/// leaf, from which the verdict is computed again; readings that the meter operator signed, which override the root; and
/// the demand to show the leaf, whose silence says enough. What is shown becomes public: only the customer, an operator
/// or, where the mandate discloses readings, anyone may show it.
///
/// A challenge of a right verdict reverts and changes nothing. Of a wrong one the bill goes where the right verdict puts
/// it (IAppealDesk.reverse), each signer is slashed, and the rest of the batch is untouched. A challenger has its share
/// of the slashing only for what it has announced to the ledger at least a block before: whoever copies the transaction from the
/// mempool can bring the same outcome about, but has announced nothing.
interface IChallenges {
    /// A verdict was shown wrong: by signed readings, or by the committed leaf. `slashed` says whether the signers paid.
    event VerdictCorrected(
        BillId indexed bill,
        address indexed challenger,
        PackedVerdict committed,
        PackedVerdict right,
        bool byMeter,
        bool slashed
    );
    /// Somebody wants to see a bill's leaf, by `deadline`, fair time in seconds.
    event LeafDemanded(BillId indexed bill, address indexed challenger, uint40 deadline);
    /// The leaf was shown; `right` says whether it carries the verdict.
    event DemandAnswered(BillId indexed bill, address indexed answerer, bool right);
    /// Nobody showed the leaf: the verdict is void and the bill appealed.
    event DemandEnforced(BillId indexed bill, address indexed challenger);

    /// Shows the committed leaf, from which another verdict follows; of accounts for which only signed readings count as
    /// far as it could answer a demand. The nonce is that of the announcement
    /// (IAppealDesk.announce).
    function challenge(Shown calldata shown, Leaf calldata leaf, bytes32 nonce) external;
    /// Shows signed readings of the whole reference period, snapshot after snapshot, from which another verdict follows.
    /// The signers are slashed if all were issued a day before the batch was judged: they could have had them.
    function challengeByReadings(Shown calldata shown, SignedReadings[] calldata snapshots, bytes32 nonce) external;
    /// Puts the demand bond on that nobody can show the leaf.
    function demand(Shown calldata shown) external;
    /// Shows the leaf that was demanded. If it carries the verdict the demand bond is the caller's; if another verdict
    /// follows from it, it is as if the demander had challenged. Of an account whose mandate has only signed readings count
    /// a leaf shows INSUFFICIENT and nothing else, and that only if the batch was judged when the meter operator's time was
    /// over (Evidence.METER_TIME).
    function answer(Shown calldata shown, Leaf calldata leaf) external;
    /// Shows, in place of the leaf that was demanded, signed readings of the whole reference period that were issued by the
    /// time of judging and bear the verdict out. The demand bond is the caller's.
    function answerByReadings(Shown calldata shown, SignedReadings[] calldata snapshots) external;
    /// Ends a demand that nobody has answered by its deadline: the verdict is void, the bill is held under appeal, and the
    /// signers are slashed. Anyone may call.
    function enforce(Shown calldata shown) external;

    /// The open demand of a bill; zeros where there is none.
    function demandOf(BillId bill) external view returns (address challenger, uint48 bond, uint40 deadline);
    /// The verdict of a bill by readings of its reference period, as TrendVerdict computes it; INSUFFICIENT where the
    /// bill's dates have no reference period.
    function evaluate(PackedBill packed, bytes calldata readings, uint256 missing, Presets calldata presets)
        external
        pure
        returns (PackedVerdict);
}
