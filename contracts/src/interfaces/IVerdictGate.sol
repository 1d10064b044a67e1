// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchId, PackedBill, PackedVerdict} from "../types/Ids.sol";
import {Utility} from "../types/Utilities.sol";
import {Periods, Presets, Stakes, Verdict, VerdictRecord} from "../types/Verdicts.sol";
import {IAppealRegistry} from "./IAppealRegistry.sol";
import {IChallenges} from "./IChallenges.sol";
import {IFairClock} from "./IFairClock.sol";
import {IMeters} from "./IMeters.sol";
import {IOperators} from "./IOperators.sol";
import {IPaymentLedger} from "./IPaymentLedger.sol";
import {IScreeningRules} from "./IScreeningRules.sol";

/// Takes the verdicts of a batch from a quorum of operators, applies them to the ledger and opens the appeals, in one
/// transaction; keeps presets, periods and stakes, versioned: a batch is judged by the version of its posting.
interface IVerdictGate {
    event PresetsSet(uint32 indexed version, Utility indexed utility, uint8 indexed class, Presets presets);
    event PeriodsSet(uint32 indexed version, Periods periods);
    event StakesSet(uint32 indexed version, Stakes stakes);
    event BatchJudged(
        BatchId indexed batch,
        address indexed operator,
        bytes32 evidenceRoot,
        bytes32 verdictCommitment,
        uint256 appealed,
        uint40 windowEndsAt
    );
    /// An operator left with the gate what it says of a batch.
    event Attested(BatchId indexed batch, address indexed operator, bytes32 evidenceRoot, bytes32 verdictCommitment);

    /// Judges a batch: its packed bills, as posted; 12 bytes of verdict a bill; the root of the evidence. Anyone may
    /// submit, once, as soon as a quorum of operators says the same: the sender itself, if it is an operator, those
    /// whose `signatures` (IOperators.signersOf) it brings, and those who said so by `attest`. Not during a pause.
    function submitVerdicts(
        BatchId batch,
        bytes32 evidenceRoot,
        PackedBill[] calldata bills,
        bytes calldata verdicts,
        bytes calldata signatures
    ) external;
    /// Judges a batch by verdicts that the gate computes itself: `evidence` are, bill after bill, the readings of the
    /// reference period, 5 bytes a day, and 12 bytes of missing days, nothing of a bill without a reference period; the
    /// meter operator has signed their root (IMeters.checkBatch), in whose leaves the salt is zero. All days are missing
    /// of an account whose mandate does not disclose readings: they are public from now on. There is no window. Anyone
    /// may submit, once, and not during a pause.
    function submitVerified(
        BatchId batch,
        PackedBill[] calldata bills,
        bytes calldata evidence,
        bytes calldata signature
    ) external;
    /// Leaves with the gate what the calling operator says of a batch, for whoever submits its verdicts.
    function attest(BatchId batch, bytes32 evidenceRoot, bytes32 verdictCommitment) external;

    /// Begins a new version of the parameters. Operators and Meters only.
    function advance() external returns (uint32 version);
    /// Begins a new version, from which on a utility and class have screening rules, or none. ScreeningRules only.
    function markScreened(Utility utility, uint8 class, bool screened) external returns (uint32 version);
    /// Counts a demand that was opened, or came to its end. Challenges only.
    function countDemand(BatchId batch, bool open) external;
    /// Sets the presets of a utility and class for batches posted from now on. Restricted to the governor role.
    function setPresets(Utility utility, uint8 class, Presets calldata presets) external;
    /// Sets the periods for batches posted from now on. Restricted to the governor role.
    function setPeriods(Periods calldata periods) external;
    /// Sets the stakes of batches posted from now on. Restricted to the governor role.
    function setStakes(Stakes calldata stakes) external;

    /// The clock that windows and deadlines run by, fixed at deployment.
    function clock() external view returns (IFairClock);
    /// The ledger, fixed at deployment.
    function ledger() external view returns (IPaymentLedger);
    /// The registry, fixed at deployment.
    function registry() external view returns (IAppealRegistry);
    /// The operators, fixed at deployment.
    function operators() external view returns (IOperators);
    /// The challenges, fixed at deployment.
    function challenges() external view returns (IChallenges);
    /// The meter operators' keys, fixed at deployment.
    function meters() external view returns (IMeters);
    /// The screening rules, fixed at deployment.
    function rules() external view returns (IScreeningRules);
    /// The version of all parameters that a batch posted now takes on; counted from 1.
    function parameterVersion() external view returns (uint32);
    /// The longest window of any version so far, seconds.
    function longestWindow() external view returns (uint32);
    /// The longest time to answer a demand of any version so far, seconds.
    function longestDemand() external view returns (uint32);
    /// The parameter version that a batch of `count` bills and `billed` minor units takes on when it is posted now. Reverts
    /// where the window is zero and the batch too large for that, and where a class of the utility is judged by the gate
    /// and the bills are more than a transaction could judge.
    function admit(Utility utility, uint256 count, uint256 billed) external view returns (uint32 version);
    /// The presets of a utility and class in a version; the class's own, else class 0's, else the utility's default.
    function presetsOf(uint32 version, Utility utility, uint8 class) external view returns (Presets memory);
    /// The periods of a version, seconds.
    function periodsOf(uint32 version) external view returns (Periods memory);
    /// The stakes of a version.
    function stakesOf(uint32 version) external view returns (Stakes memory);
    /// What is kept of a batch's verdicts; zeros where it is not judged.
    function verdictRecordOf(BatchId batch) external view returns (VerdictRecord memory);
    /// What a verdict of a batch is found wrong by: `verdictRecordOf`, `presetsOf` and `stakesOf` in one.
    function caseOf(BatchId batch, uint32 version, Utility utility, uint8 class)
        external
        view
        returns (VerdictRecord memory, Presets memory, Stakes memory);
    /// Whether the window of a judged batch is over, no demand open and the clock not paused.
    function isReleasable(BatchId batch) external view returns (bool);
    /// Whether operator number `index` said this of the batch, on chain or by a signature with which it was judged.
    function hasAttested(BatchId batch, bytes32 evidenceRoot, bytes32 verdictCommitment, uint256 index)
        external
        view
        returns (bool);
    /// What operators sign (EIP-712).
    function attestationDigest(BatchId batch, bytes32 evidenceRoot, bytes32 verdictCommitment)
        external
        view
        returns (bytes32);
    /// Twelve bytes of verdict as their fields.
    function decodeVerdict(PackedVerdict verdict) external pure returns (Verdict memory);
}
