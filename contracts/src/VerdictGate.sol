// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {GateParameters} from "./gate/GateParameters.sol";
import {GateVerified} from "./gate/GateVerified.sol";
import {IAppealRegistry} from "./interfaces/IAppealRegistry.sol";
import {IChallenges} from "./interfaces/IChallenges.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {IMeters} from "./interfaces/IMeters.sol";
import {IOperators} from "./interfaces/IOperators.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IScreeningRules} from "./interfaces/IScreeningRules.sol";
import {IVerdictGate} from "./interfaces/IVerdictGate.sol";
import {Errors} from "./libraries/Errors.sol";
import {PackedBills} from "./libraries/PackedBills.sol";
import {PackedVerdicts} from "./libraries/PackedVerdicts.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {Batch} from "./types/Bills.sol";
import {BatchId, PackedBill, PackedVerdict, SupplierId} from "./types/Ids.sol";
import {Utility} from "./types/Utilities.sol";
import {Presets, Stakes, Verdict, VerdictPolicy, VerdictRecord} from "./types/Verdicts.sol";

/// Lets operators judge, and keeps what they judge by.
///
/// Trusted: a quorum of operators, to compute the verdicts of the readings whose root they commit; whoever has the
/// readings can show that they did not, and Challenges then takes it back. The governor chooses operators, presets,
/// periods and stakes, for batches posted afterwards only, and can move no money. The other contracts are fixed at deployment.
contract VerdictGate is GateVerified {
    using PackedBills for PackedBill[];
    using PackedVerdicts for PackedVerdict;

    bytes32 private constant NAME_HASH = keccak256("Fairmeter VerdictGate");
    bytes32 private constant ATTESTATION_TYPEHASH =
        keccak256("Attestation(uint48 batch,bytes32 evidenceRoot,bytes32 verdictCommitment,uint8 policy)");

    /// @inheritdoc IVerdictGate
    IFairClock public immutable override clock;
    /// @inheritdoc IVerdictGate
    IPaymentLedger public immutable override ledger;
    /// @inheritdoc IVerdictGate
    IAppealRegistry public immutable override registry;
    /// @inheritdoc IVerdictGate
    IOperators public immutable override operators;
    /// @inheritdoc IVerdictGate
    IChallenges public immutable override challenges;
    /// @inheritdoc IVerdictGate
    IMeters public immutable override meters;
    /// @inheritdoc IVerdictGate
    IScreeningRules public immutable override rules;

    mapping(BatchId batch => VerdictRecord) private _verdicts;
    /// Left on chain, a bit an operator; the digest names the batch.
    mapping(bytes32 digest => uint128 operators) private _attested;

    constructor(
        IAccessManager authority_,
        IFairClock clock_,
        IPaymentLedger ledger_,
        IAppealRegistry registry_,
        IOperators operators_,
        IChallenges challenges_,
        IMeters meters_,
        IScreeningRules rules_
    ) GateParameters(authority_) {
        clock = clock_;
        ledger = ledger_;
        registry = registry_;
        operators = operators_;
        challenges = challenges_;
        meters = meters_;
        rules = rules_;
    }

    /// @inheritdoc IVerdictGate
    function submitVerdicts(
        BatchId batch,
        bytes32 evidenceRoot,
        PackedBill[] calldata bills,
        bytes calldata verdicts,
        bytes calldata signatures
    ) external override {
        // Check:
        // No need to check here that the batch exists, is not judged and has these bills: the ledger refuses the rest.
        if (clock.isPaused()) revert Errors.VerdictGate_Paused();
        Batch memory posted = ledger.batchOf(batch);
        VerdictRecord memory record;
        record.evidenceRoot = evidenceRoot;
        record.verdictCommitment = PackedVerdicts.commitment(verdicts);
        (uint32 verified, uint32 screened) = _marksOf(posted.parameterVersion, posted.utility);
        if (verified != 0) _checkClasses(ledger, batch, posted, bills.words(), verdicts);
        record.screened = screened != 0;
        record.signers = _signersOf(batch, posted.parameterVersion, record, signatures);

        // Effect:
        record.judgedAt = clock.time();
        record.windowEndsAt = record.judgedAt + periodsOf(posted.parameterVersion).window;
        _verdicts[batch] = record;

        // Interaction:
        uint256 appealed = screened == 0
            ? _apply(batch, posted.supplier, bills.words(), verdicts)
            : _applyScreened(batch, posted.supplier, bills.words(), verdicts, screened);

        // After the interactions, since only the ledger knows how many appeals there are; both callees are ours.
        _emitJudged(batch, record, appealed);
    }

    /// @inheritdoc IVerdictGate
    function submitVerified(
        BatchId batch,
        PackedBill[] calldata bills,
        bytes calldata evidence,
        bytes calldata signature
    ) external override {
        // Check:
        if (clock.isPaused()) revert Errors.VerdictGate_Paused();
        Batch memory posted = ledger.batchOf(batch);
        VerdictRecord memory record;
        bytes memory verdicts;
        (verdicts, record.evidenceRoot) = _compute(ledger, batch, posted, bills.words(), evidence);
        _checkMeter(batch, posted, record.evidenceRoot, signature);

        // Effect:
        record.policy = VerdictPolicy.Verified;
        record.verdictCommitment = PackedVerdicts.commitmentOf(verdicts);
        // No window: there is nothing to challenge.
        record.judgedAt = clock.time();
        record.windowEndsAt = record.judgedAt;
        // slither-disable-next-line unused-return
        (, uint32 screened) = _marksOf(posted.parameterVersion, posted.utility);
        record.screened = screened != 0;
        _verdicts[batch] = record;

        // Interaction:
        uint256 appealed = screened == 0
            ? _applyComputed(batch, posted.supplier, bills.words(), verdicts)
            : _applyScreened(batch, posted.supplier, bills.words(), verdicts, screened);

        _emitJudged(batch, record, appealed);
    }

    /// @inheritdoc IVerdictGate
    function attest(BatchId batch, bytes32 evidenceRoot, bytes32 verdictCommitment) external override {
        // Check:
        Batch memory posted = ledger.batchOf(batch);
        if (posted.count == 0 || posted.judgedAt != 0) revert Errors.VerdictGate_NotUnjudged(batch);
        uint8 index = operators.signerIndex(posted.parameterVersion, msg.sender);

        // Effect:
        _attested[attestationDigest(batch, evidenceRoot, verdictCommitment)] |= uint128(1) << index;

        emit Attested(batch, msg.sender, evidenceRoot, verdictCommitment);
    }

    /// @inheritdoc IVerdictGate
    function advance() external override returns (uint32 version) {
        // Check:
        if (msg.sender != address(operators) && msg.sender != address(meters)) {
            revert Errors.VerdictGate_NotParameters(msg.sender);
        }

        // Effect:
        return ++parameterVersion;
    }

    /// @inheritdoc IVerdictGate
    function markScreened(Utility utility, uint8 class, bool screened) external override returns (uint32 version) {
        // Check:
        if (msg.sender != address(rules)) revert Errors.VerdictGate_NotScreeningRules(msg.sender);

        // Effect:
        version = ++parameterVersion;
        _mark(utility, SCREENED + class, screened);
    }

    /// @inheritdoc IVerdictGate
    function countDemand(BatchId batch, bool open) external override {
        // Check:
        if (msg.sender != address(challenges)) revert Errors.VerdictGate_NotChallenges(msg.sender);

        // Effect:
        if (open) ++_verdicts[batch].demands;
        else --_verdicts[batch].demands;
    }

    /// @inheritdoc IVerdictGate
    function verdictRecordOf(BatchId batch) external view override returns (VerdictRecord memory) {
        return _verdicts[batch];
    }

    /// @inheritdoc IVerdictGate
    function caseOf(BatchId batch, uint32 version, Utility utility, uint8 class)
        external
        view
        override
        returns (VerdictRecord memory, Presets memory, Stakes memory)
    {
        return (_verdicts[batch], presetsOf(version, utility, class), stakesOf(version));
    }

    /// @inheritdoc IVerdictGate
    function isReleasable(BatchId batch) external view override returns (bool) {
        VerdictRecord storage record = _verdicts[batch];
        if (record.judgedAt == 0 || record.demands != 0 || clock.isPaused()) return false;
        return clock.time() >= record.windowEndsAt;
    }

    /// @inheritdoc IVerdictGate
    function hasAttested(BatchId batch, bytes32 evidenceRoot, bytes32 verdictCommitment, uint256 index)
        external
        view
        override
        returns (bool)
    {
        VerdictRecord storage record = _verdicts[batch];
        bool judged = record.evidenceRoot == evidenceRoot && record.verdictCommitment == verdictCommitment;
        uint128 said = judged ? record.signers : 0;
        return ((said | _attested[attestationDigest(batch, evidenceRoot, verdictCommitment)]) >> index) & 1 == 1;
    }

    /// @inheritdoc IVerdictGate
    function decodeVerdict(PackedVerdict verdict) external pure override returns (Verdict memory) {
        return verdict.decode();
    }

    /// @inheritdoc IVerdictGate
    function attestationDigest(BatchId batch, bytes32 evidenceRoot, bytes32 verdictCommitment)
        public
        view
        override
        returns (bytes32)
    {
        return TypedData.digest(
            NAME_HASH,
            keccak256(
                abi.encode(ATTESTATION_TYPEHASH, batch, evidenceRoot, verdictCommitment, uint8(VerdictPolicy.Trend))
            )
        );
    }

    function _emitJudged(BatchId batch, VerdictRecord memory record, uint256 appealed) private {
        emit BatchJudged(
            batch, msg.sender, record.evidenceRoot, record.verdictCommitment, appealed, record.windowEndsAt
        );
    }

    /// The operators that say the same as the record, a quorum of the version at least.
    function _signersOf(BatchId batch, uint32 version, VerdictRecord memory record, bytes calldata signatures)
        private
        view
        returns (uint128)
    {
        bytes32 digest = attestationDigest(batch, record.evidenceRoot, record.verdictCommitment);
        return operators.signersOf(version, digest, msg.sender, _attested[digest], signatures);
    }

    function _checkMeter(BatchId batch, Batch memory posted, bytes32 root, bytes calldata signature) private view {
        meters.checkBatch(posted.parameterVersion, posted.supplier, posted.utility, batch, root, signature);
    }

    /// As `_apply`, of what the rules of these classes, a bit each, make of the verdicts.
    function _applyScreened(
        BatchId batch,
        SupplierId supplier,
        uint256[] calldata bills,
        bytes memory verdicts,
        uint256 classes
    ) private returns (uint256) {
        return _applyComputed(batch, supplier, bills, rules.screen(batch, bills, verdicts, classes));
    }

    /// As `_apply`, of verdicts that are in memory.
    function _applyComputed(BatchId batch, SupplierId supplier, uint256[] calldata bills, bytes memory verdicts)
        private
        returns (uint256 appealed)
    {
        uint256[2] memory held;
        (appealed, held) = ledger.judge(batch, bills, verdicts);
        if (appealed != 0) registry.open(batch, supplier, held, bills, verdicts);
    }

    /// Lets the ledger judge and the registry open the appeals; returns how many.
    function _apply(BatchId batch, SupplierId supplier, uint256[] calldata bills, bytes calldata verdicts)
        private
        returns (uint256 appealed)
    {
        uint256[2] memory held;
        (appealed, held) = ledger.judge(batch, bills, verdicts);
        if (appealed != 0) registry.open(batch, supplier, held, bills, verdicts);
    }
}
