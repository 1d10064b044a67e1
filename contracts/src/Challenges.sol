// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "./interfaces/IAppealRegistry.sol";
import {IChallenges} from "./interfaces/IChallenges.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {IMeters} from "./interfaces/IMeters.sol";
import {IOperators} from "./interfaces/IOperators.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IVerdictGate} from "./interfaces/IVerdictGate.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {Errors} from "./libraries/Errors.sol";
import {Evidence} from "./libraries/Evidence.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {PackedBills} from "./libraries/PackedBills.sol";
import {PackedVerdicts} from "./libraries/PackedVerdicts.sol";
import {Period, SignedPeriods} from "./libraries/SignedPeriods.sol";
import {Basis, BillRecord, BillState} from "./types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill, PackedVerdict} from "./types/Ids.sol";
import {Leaf, Shown, SignedReadings} from "./types/Readings.sol";
import {Correction, Decision, Presets, Slashing, Stakes, VerdictPolicy, VerdictRecord} from "./types/Verdicts.sol";

/// Finds verdicts wrong by computing them again, and has them corrected.
///
/// Trusted: nobody for what can be computed. For what a meter read, its operator's signature where one is shown, else
/// the operators' root; readings that nobody signed are as good as the quorum that committed them.
contract Challenges is IChallenges {
    using IdCodec for AccountId;
    using IdCodec for BillId;
    using PackedBills for PackedBill;
    using PackedVerdicts for bytes;
    using PackedVerdicts for PackedVerdict;
    using SignedPeriods for Period;

    struct Demand {
        /// Zero where none is open.
        address challenger;
        /// Put on it, minor units.
        uint48 bond;
        /// Fair time in seconds; not zero where there was one.
        uint40 deadline;
    }

    /// A bill that was shown, with what it is judged by.
    struct Case {
        BillId bill;
        PackedBill packed;
        AccountId account;
        Basis basis;
        PackedVerdict committed;
        VerdictRecord record;
        Presets presets;
        Stakes stakes;
        /// Fair time, seconds.
        uint40 time;
    }

    /// For so long signed readings must have been out when a batch was judged, seconds, for its signers to be slashed
    /// by them.
    uint256 public constant NOTICE = 1 days;

    /// That nothing is known.
    PackedVerdict private constant INSUFFICIENT = PackedVerdict.wrap(bytes12(bytes1(uint8(Decision.Insufficient))));

    /// The clock, fixed at deployment.
    IFairClock public immutable clock;
    /// The ledger, fixed at deployment.
    IPaymentLedger public immutable ledger;
    /// The gate, fixed at deployment.
    IVerdictGate public immutable gate;
    /// The registry, fixed at deployment.
    IAppealRegistry public immutable registry;
    /// The operators, fixed at deployment.
    IOperators public immutable operators;
    /// The meter operators' keys, fixed at deployment.
    IMeters public immutable meters;

    mapping(BillId bill => Demand) private _demands;

    constructor(
        IFairClock clock_,
        IPaymentLedger ledger_,
        IVerdictGate gate_,
        IAppealRegistry registry_,
        IOperators operators_,
        IMeters meters_
    ) {
        clock = clock_;
        ledger = ledger_;
        gate = gate_;
        registry = registry_;
        operators = operators_;
        meters = meters_;
    }

    // The callees are these contracts, which call nobody back.
    // slither-disable-start reentrancy-no-eth,reentrancy-benign

    /// @inheritdoc IChallenges
    function challenge(Shown calldata shown, Leaf calldata leaf, bytes32 nonce) external override {
        // Check:
        Case memory one = _caseOf(shown);
        _checkWindow(one);
        _checkMayShow(one);
        PackedVerdict right = _verdictOf(one, leaf);
        if (_same(right, one.committed)) revert Errors.Challenges_VerdictRight(one.bill);

        // Interaction:
        _correct(one, right, false, _slashingOf(one, right, msg.sender, _announcementOf(one.bill, nonce)));
    }

    /// @inheritdoc IChallenges
    function challengeByReadings(Shown calldata shown, SignedReadings[] calldata snapshots, bytes32 nonce)
        external
        override
    {
        // Check:
        Case memory one = _caseOf(shown);
        _checkWindow(one);
        _checkMayShow(one);
        (PackedVerdict right, uint256 issuedAt) = _verdictBy(one, snapshots);
        // Right by these readings, and not corrected by others before.
        if (_same(right, one.committed) && !ledger.recordOf(one.bill).corrected) {
            revert Errors.Challenges_VerdictRight(one.bill);
        }

        // Interaction:
        Slashing memory slashing = _slashingOf(one, right, msg.sender, _announcementOf(one.bill, nonce));
        if (issuedAt + NOTICE > one.basis.judgedAt) slashing.signers = 0;
        _correct(one, right, true, slashing);
    }

    /// @inheritdoc IChallenges
    function demand(Shown calldata shown) external override {
        // Check:
        Case memory one = _caseOf(shown);
        _checkWindow(one);
        _checkMayShow(one);
        if (_demands[one.bill].deadline != 0) revert Errors.Challenges_DemandedBefore(one.bill);
        BillRecord memory record = ledger.recordOf(one.bill);
        // What readings have put right a demand could not void, and so never end.
        if (record.corrected || record.correctedByMeter) revert Errors.Challenges_CorrectedBefore(one.bill);

        // Effect:
        Stakes memory stakes = one.stakes;
        uint40 deadline = one.time + stakes.demandPeriod;
        _demands[one.bill] = Demand({challenger: msg.sender, bond: stakes.demandBond, deadline: deadline});

        emit LeafDemanded(one.bill, msg.sender, deadline);

        // Interaction:
        gate.countDemand(one.bill.batch(), true);
        ledger.moveBond(msg.sender, address(this), stakes.demandBond);
    }

    /// @inheritdoc IChallenges
    function answer(Shown calldata shown, Leaf calldata leaf) external override {
        // Check:
        Case memory one = _caseOf(shown);
        _checkMayShow(one);
        Demand memory open = _demandInTime(one);
        PackedVerdict right = _verdictOf(one, leaf);
        bool good = _same(right, one.committed);

        emit DemandAnswered(one.bill, msg.sender, good);

        // Interaction:
        if (good) _endDemand(one.bill, open, msg.sender);
        else _correct(one, right, false, _slashingOf(one, right, open.challenger, 0));
    }

    /// @inheritdoc IChallenges
    function answerByReadings(Shown calldata shown, SignedReadings[] calldata snapshots) external override {
        // Check:
        Case memory one = _caseOf(shown);
        _checkMayShow(one);
        Demand memory open = _demandInTime(one);
        (PackedVerdict right, uint256 issuedAt) = _verdictBy(one, snapshots);
        if (issuedAt > one.basis.judgedAt) revert Errors.Challenges_SignedLater(one.bill, issuedAt);
        if (!_same(right, one.committed)) revert Errors.Challenges_VerdictWrong(one.bill);

        emit DemandAnswered(one.bill, msg.sender, true);

        // Interaction:
        _endDemand(one.bill, open, msg.sender);
    }

    /// @inheritdoc IChallenges
    function enforce(Shown calldata shown) external override {
        // Check:
        Case memory one = _caseOf(shown);
        Demand memory open = _openDemand(one.bill);
        if (one.time < open.deadline) revert Errors.Challenges_DeadlineAhead(one.bill, open.deadline);

        emit DemandEnforced(one.bill, open.challenger);

        // Interaction:
        // Nothing is known of the growth.
        PackedVerdict appeal = PackedVerdict.wrap(bytes12(bytes1(uint8(Decision.Appeal))));
        _correct(one, appeal, false, _slashingOf(one, appeal, open.challenger, 0));
    }

    // slither-disable-end reentrancy-no-eth,reentrancy-benign

    /// @inheritdoc IChallenges
    function demandOf(BillId bill) external view override returns (address challenger, uint48 bond, uint40 deadline) {
        Demand memory one = _demands[bill];
        if (one.challenger != address(0)) (challenger, bond, deadline) = (one.challenger, one.bond, one.deadline);
    }

    /// @inheritdoc IChallenges
    function evaluate(PackedBill packed, bytes calldata readings, uint256 missing, Presets calldata presets)
        external
        pure
        override
        returns (PackedVerdict)
    {
        return Evidence.verdictOf(packed, readings, missing, presets);
    }

    /// Has the bill put where the right verdict puts it, its appeal opened or ended, and the signers slashed.
    function _correct(Case memory one, PackedVerdict right, bool byMeter, Slashing memory slashing) private {
        if (one.record.demands != 0) {
            Demand memory open = _demands[one.bill];
            if (open.challenger != address(0)) _endDemand(one.bill, open, open.challenger);
        }
        Correction memory correction = Correction({
            right: _effectOf(one, right), byMeter: byMeter, sinceJudged: uint32(one.time - one.record.judgedAt)
        });
        (BillState from, BillState to, uint128 exhausted, bool again) =
            ledger.reverse(one.bill, one.packed, correction, slashing);
        // slither-disable-next-line unused-return
        if (from == BillState.Held && to != BillState.Held) registry.overturn(one.bill);
        if (exhausted != 0) operators.expel(exhausted);

        emit VerdictCorrected(one.bill, msg.sender, one.committed, right, byMeter, slashing.signers != 0 && !again);
    }

    /// The demand is over, and what was put on it is `winner`'s.
    function _endDemand(BillId bill, Demand memory open, address winner) private {
        // Effect:
        _demands[bill].challenger = address(0);

        // Interaction:
        gate.countDemand(bill.batch(), false);
        ledger.moveBond(address(this), winner, open.bond);
    }

    /// What the caller must have announced to be rewarded.
    function _announcementOf(BillId bill, bytes32 nonce) private view returns (bytes32) {
        return keccak256(abi.encode(msg.sender, bill, nonce));
    }

    /// What the signers of the committed verdict lose, by the stakes of the batch's version.
    function _slashingOf(Case memory one, PackedVerdict right, address rewarded, bytes32 announcement)
        private
        pure
        returns (Slashing memory)
    {
        return Slashing({
            signers: one.record.signers,
            each: one.stakes.slash,
            share: one.stakes.challengerShare,
            rewarded: rewarded,
            announcement: announcement,
            wronged: _wronged(one, right)
        });
    }

    /// What was posted and signed; refuses what was not.
    function _caseOf(Shown calldata shown) private view returns (Case memory one) {
        BatchId batch = shown.bill.batch();
        uint256 index = shown.bill.index();
        Basis memory basis = ledger.basisOf(batch, uint32(shown.packed.number()));
        (one.record, one.presets, one.stakes) = gate.caseOf(batch, basis.parameterVersion, basis.utility, basis.class);
        one.basis = basis;
        one.time = clock.time();
        if (one.record.judgedAt == 0 || one.record.policy != VerdictPolicy.Trend) {
            revert Errors.Challenges_NotChallengeable(batch);
        }
        bytes32 leaf = bytes32(PackedBill.unwrap(shown.packed));
        bool good = MerkleTree.verify(one.basis.commitment, leaf, index, one.basis.count, shown.billProof)
            && PackedVerdicts.isCommitted(
                one.record.verdictCommitment, shown.verdicts, index, one.basis.count, shown.verdictProof
            );
        if (!good) revert Errors.Challenges_NotCommitted(shown.bill);
        (one.bill, one.packed) = (shown.bill, shown.packed);
        one.account = IdCodec.account(one.basis.supplier, shown.packed.number());
        one.committed = shown.verdicts.read(index % PackedVerdicts.GROUP);
    }

    /// The verdict that follows from the committed leaf. Where only signed readings count it carries none but INSUFFICIENT,
    /// and that not before the meter operator's time is over; nor does a model's statement.
    function _verdictOf(Case memory one, Leaf calldata leaf) private view returns (PackedVerdict right) {
        if (Evidence.exists(one.packed)) {
            if (one.basis.signedOnly && one.presets.policy == VerdictPolicy.Model) return INSUFFICIENT;
            bytes32 hash = Evidence.leafOf(address(gate), one.bill, one.packed, leaf.readings, leaf.missing, leaf.salt);
            uint256 index = one.bill.index();
            if (!MerkleTree.verify(one.record.evidenceRoot, hash, index, one.basis.count, leaf.proof)) {
                revert Errors.Challenges_LeafNotCommitted(one.bill);
            }
        }
        right = Evidence.verdictOf(one.packed, leaf.readings, leaf.missing, one.presets);
        if (!one.basis.signedOnly || !Evidence.exists(one.packed)) return right;
        bool waited = one.basis.judgedAt >= one.basis.postedAt + Evidence.METER_TIME;
        if (!waited || !_same(right, INSUFFICIENT)) revert Errors.Challenges_LeafNotSigned(one.bill);
    }

    /// The verdict that follows from signed readings, and when the latest of them were issued, Unix seconds.
    function _verdictBy(Case memory one, SignedReadings[] calldata snapshots)
        private
        view
        returns (PackedVerdict right, uint256 issuedAt)
    {
        if (one.presets.policy == VerdictPolicy.Model) revert Errors.Challenges_JudgedByModel(one.bill);
        Period memory period = _periodOf(one, snapshots);
        return (this.evaluate(one.packed, period.readings, period.missing, one.presets), period.issuedAt);
    }

    /// The reference period by signed readings: each snapshot goes on where the one before ends.
    function _periodOf(Case memory one, SignedReadings[] calldata snapshots)
        private
        view
        returns (Period memory period)
    {
        if (!Evidence.exists(one.packed)) return period;
        (period.start, period.count) = Calendar.referencePeriod(one.packed.start(), one.packed.periodDays());
        period.readings = new bytes(SignedPeriods.READING * period.count);
        for (uint256 i; i < snapshots.length; ++i) {
            meters.checkSnapshot(one.basis.parameterVersion, one.basis.utility, one.account, snapshots[i]);
            period.add(one.bill, snapshots[i]);
        }
        if (period.known != period.count) revert Errors.Challenges_DayNotSigned(one.bill, period.start + period.known);
    }

    function _openDemand(BillId bill) private view returns (Demand memory open) {
        open = _demands[bill];
        if (open.challenger == address(0)) revert Errors.Challenges_NotDemanded(bill);
    }

    function _demandInTime(Case memory one) private view returns (Demand memory open) {
        open = _openDemand(one.bill);
        if (one.time >= open.deadline) revert Errors.Challenges_DeadlinePassed(one.bill, open.deadline);
    }

    function _checkWindow(Case memory one) private pure {
        uint40 end = one.record.windowEndsAt;
        if (one.time >= end) revert Errors.Challenges_WindowOver(one.bill, end);
    }

    /// What is shown is public for ever.
    function _checkMayShow(Case memory one) private view {
        if (one.basis.discloses || ledger.ownerOf(one.account) == msg.sender) return;
        if (!operators.isSigner(one.basis.parameterVersion, msg.sender)) {
            revert Errors.Challenges_NotDisclosed(one.account, msg.sender);
        }
    }

    /// Where a verdict puts the bill: INSUFFICIENT pays up to the cap of its presets, and screening rules go before any.
    function _effectOf(Case memory one, PackedVerdict verdict) private view returns (Decision decision) {
        decision = verdict.decision();
        bool pays = decision == Decision.Insufficient && one.packed.amount() <= one.presets.insufficientCap;
        if (pays) decision = Decision.Pay;
        if (one.record.screened) decision = gate.rules().decisionOf(one.bill, one.basis, decision);
    }

    /// Whom the committed verdict wronged, and to whom the rest of the slashing goes: the supplier that waited for its
    /// money, else the customer.
    function _wronged(Case memory one, PackedVerdict right) private pure returns (AccountId) {
        bool withheld = one.committed.decision() != Decision.Pay && right.decision() == Decision.Pay;
        return withheld ? IdCodec.account(one.basis.supplier, 0) : one.account;
    }

    function _same(PackedVerdict one, PackedVerdict other) private pure returns (bool) {
        return PackedVerdict.unwrap(one) == PackedVerdict.unwrap(other);
    }
}
