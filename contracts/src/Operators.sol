// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "./Managed.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {IOperators} from "./interfaces/IOperators.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IVerdictGate} from "./interfaces/IVerdictGate.sol";
import {Errors} from "./libraries/Errors.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {Revisions} from "./libraries/Revisions.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {Batch} from "./types/Bills.sol";
import {AccountId, BatchId, BillId} from "./types/Ids.sol";
import {Attestation, Stakes} from "./types/Verdicts.sol";

/// Keeps the operators, the quorum and the stakes, and slashes.
///
/// Trusted: the governor, to choose operators, quorum and stakes for batches posted afterwards; Challenges, to say whose
/// verdict was wrong. Neither can touch more of a bond than the stakes say, or any other money.
contract Operators is IOperators, Managed {
    using Revisions for Revisions.Revision[];

    struct Operator {
        address account;
        /// Fair time in seconds; the largest while it is active.
        uint40 signsUntil;
        uint40 leavesAt;
    }

    /// As many as a batch's record has bits for.
    uint256 public constant MAX_OPERATORS = 128;
    /// For so long an operator that was given notice signs on, seconds: for batches that were posted with it.
    uint40 public constant NOTICE = 7 days;
    /// After the last deadline of what it signed it stays slashable for so long, seconds: a demand that nobody answered
    /// must be enforced by someone.
    uint40 public constant AFTERMATH = 7 days;
    /// Bounds of the challenger's share, ppm. Below half: who signed a lie and challenges it itself still loses.
    uint32 public constant LEAST_SHARE = 100_000;
    uint32 public constant LARGEST_SHARE = 500_000;
    /// Bounds of the time to answer a demand, seconds.
    uint32 public constant SHORTEST_DEMAND = 1 hours;
    uint32 public constant LONGEST_DEMAND = 30 days;

    uint40 private constant ACTIVE = type(uint40).max;
    uint256 private constant SIGNATURE = 65;

    /// The clock, fixed at deployment.
    IFairClock public immutable clock;
    /// The ledger, fixed at deployment.
    IPaymentLedger public immutable ledger;
    /// The gate, fixed at deployment.
    IVerdictGate public immutable gate;
    /// The contract that finds verdicts wrong, fixed at deployment.
    address public immutable challenges;

    /// By number.
    Operator[] private _operators;
    /// 1 + its number; 0 for one that was never named.
    mapping(address operator => uint256) private _ordinals;
    /// quorum << 128 | members.
    Revisions.Revision[] private _sets;
    Revisions.Revision[] private _stakes;
    /// The longest time to answer a demand of any version, seconds.
    uint32 private _longestDemand;
    mapping(BatchId batch => uint128 signers) private _equivocators;

    constructor(
        IAccessManager authority_,
        IFairClock clock_,
        IPaymentLedger ledger_,
        IVerdictGate gate_,
        address challenges_
    ) Managed(authority_) {
        clock = clock_;
        ledger = ledger_;
        gate = gate_;
        // Predicted, as the others are: a wrong one is the address of no contract, and the deployment is checked.
        // slither-disable-next-line missing-zero-check
        challenges = challenges_;
        _addSet(1, 1, 0);
        Stakes memory stakes = Stakes({
            bond: 1_000_000, slash: 100_000, challengerShare: 250_000, demandBond: 10_000, demandPeriod: 2 days
        });
        _addStakes(1, stakes);
    }

    /// @inheritdoc IOperators
    function setOperator(address operator, bool active) external override restricted {
        // Check:
        uint256 ordinal = _ordinals[operator];
        if (!active) return _giveNotice(operator, NOTICE);
        if (isOperator(operator)) revert Errors.Operators_AlreadyOperator(operator);
        uint256 bond = ledger.bondOf(operator);
        Stakes memory stakes = _presentStakes();
        if (bond < stakes.bond) revert Errors.Operators_BondTooSmall(operator, bond, stakes.bond);
        if (ordinal == 0 && _operators.length == MAX_OPERATORS) revert Errors.Operators_TooMany();

        // Effect:
        if (ordinal == 0) {
            _operators.push();
            ordinal = _operators.length;
            _ordinals[operator] = ordinal;
        }
        _operators[ordinal - 1] = Operator({account: operator, signsUntil: ACTIVE, leavesAt: ACTIVE});
        (uint8 quorum, uint128 members) = _presentSet();

        emit OperatorSet(operator, uint8(ordinal - 1), true);

        _addSet(gate.advance(), quorum, members | uint128(1 << (ordinal - 1)));
    }

    /// @inheritdoc IOperators
    function setQuorum(uint8 quorum) external override restricted {
        // Check:
        (, uint128 members) = _presentSet();
        uint256 count = _count(members);
        if (quorum == 0 || quorum > count) revert Errors.Operators_QuorumOutOfBounds(quorum, count);

        // Effect:
        _addSet(gate.advance(), quorum, members);
    }

    /// @inheritdoc IOperators
    function setStakes(Stakes calldata stakes) external override restricted {
        // Check:
        if (stakes.slash > stakes.bond) revert Errors.Operators_SlashAboveBond(stakes.slash, stakes.bond);
        uint32 share = stakes.challengerShare;
        if (share < LEAST_SHARE || share > LARGEST_SHARE) revert Errors.Operators_ShareOutOfBounds(share);
        uint32 period = stakes.demandPeriod;
        if (period < SHORTEST_DEMAND || period > LONGEST_DEMAND) revert Errors.Operators_PeriodOutOfBounds(period);

        // Effect:
        _addStakes(gate.advance(), stakes);
    }

    /// @inheritdoc IOperators
    function resign() external override {
        _giveNotice(msg.sender, NOTICE);
    }

    /// @inheritdoc IOperators
    function slashEquivocation(address operator, BatchId batch, Attestation calldata one, Attestation calldata other)
        external
        override
    {
        // Check:
        Batch memory posted = ledger.batchOf(batch);
        uint256 index = _memberIndex(posted.parameterVersion, operator);
        if (one.evidenceRoot == other.evidenceRoot && one.verdictCommitment == other.verdictCommitment) {
            revert Errors.Operators_SameAttestation(batch);
        }
        _checkSaid(operator, index, batch, one);
        _checkSaid(operator, index, batch, other);
        uint128 bit = uint128(1 << index);
        if (_equivocators[batch] & bit != 0) revert Errors.Operators_AlreadySlashed(operator, batch);

        // Effect:
        _equivocators[batch] |= bit;

        emit Equivocated(operator, batch, msg.sender);

        // Interaction:
        AccountId supplier = IdCodec.account(posted.supplier, 0);
        _slash(posted.parameterVersion, bit, IdCodec.bill(batch, 0), msg.sender, supplier);
    }

    /// @inheritdoc IOperators
    function slash(uint32 version, uint128 signers, BillId bill, address rewarded, AccountId wronged)
        external
        override
    {
        // Check:
        if (msg.sender != challenges) revert Errors.Operators_NotChallenges(msg.sender);

        // Interaction:
        _slash(version, signers, bill, rewarded, wronged);
    }

    /// @inheritdoc IOperators
    function signersOf(uint32 version, bytes32 digest, address sender, uint128 attested, bytes calldata signatures)
        external
        view
        override
        returns (uint128 signers)
    {
        (uint8 quorum, uint128 members) = setAt(version);
        signers = _signersOfBytes(version, members, digest, signatures);
        uint256 ordinal = _ordinals[sender];
        if (ordinal != 0) attested |= uint128(1 << (ordinal - 1));
        attested &= members & ~signers;
        for (uint256 index; attested >> index != 0; ++index) {
            if ((attested >> index) & 1 == 1 && _signs(index)) signers |= uint128(1 << index);
        }
        uint256 count = _count(signers);
        if (count < quorum) revert Errors.Operators_NoQuorum(count, quorum);
    }

    /// @inheritdoc IOperators
    function signerIndex(uint32 version, address operator) external view override returns (uint8 index) {
        index = uint8(_memberIndex(version, operator));
        if (!_signs(index)) revert Errors.Operators_NotSigner(version, operator);
    }

    /// @inheritdoc IOperators
    function isSigner(uint32 version, address operator) external view override returns (bool) {
        uint256 ordinal = _ordinals[operator];
        (, uint128 members) = setAt(version);
        return ordinal != 0 && (members >> (ordinal - 1)) & 1 == 1 && _signs(ordinal - 1);
    }

    /// @inheritdoc IOperators
    function isLocked(address holder) external view override returns (bool) {
        uint256 ordinal = _ordinals[holder];
        return ordinal != 0 && clock.time() < _operators[ordinal - 1].leavesAt;
    }

    /// @inheritdoc IOperators
    function setAt(uint32 version) public view override returns (uint8 quorum, uint128 members) {
        // slither-disable-next-line unused-return
        (, uint256 value) = _sets.find(version);
        return (uint8(value >> 128), uint128(value));
    }

    /// @inheritdoc IOperators
    function stakesAt(uint32 version) public view override returns (Stakes memory) {
        // slither-disable-next-line unused-return
        (, uint256 value) = _stakes.find(version);
        return Stakes({
            bond: uint48(value),
            slash: uint48(value >> 48),
            challengerShare: uint32(value >> 96),
            demandBond: uint48(value >> 128),
            demandPeriod: uint32(value >> 176)
        });
    }

    /// @inheritdoc IOperators
    function isOperator(address operator) public view override returns (bool) {
        uint256 ordinal = _ordinals[operator];
        return ordinal != 0 && _operators[ordinal - 1].signsUntil == ACTIVE;
    }

    /// The operator is in no later set, and signs for `notice` seconds more.
    function _giveNotice(address operator, uint40 notice) private {
        // Check:
        if (!isOperator(operator)) revert Errors.Operators_NotOperator(operator);

        // Effect:
        uint256 index = _ordinals[operator] - 1;
        _end(index, notice);
        (uint8 quorum, uint128 members) = _presentSet();
        _addSet(gate.advance(), quorum, members & ~uint128(1 << index));
    }

    /// What it signs until the end of its notice can be challenged while its window, and a demand made at the window's
    /// end, are open: it stays for the longest of any version so far, since no later one has it in its set.
    function _end(uint256 index, uint40 notice) private {
        Operator storage operator = _operators[index];
        uint40 signsUntil = clock.time() + notice;
        uint40 leavesAt = signsUntil + gate.longestWindow() + _longestDemand + AFTERMATH;
        // Who is expelled during its notice does not leave any sooner for it.
        if (operator.leavesAt != ACTIVE && operator.leavesAt > leavesAt) leavesAt = operator.leavesAt;
        (operator.signsUntil, operator.leavesAt) = (signsUntil, leavesAt);

        emit OperatorSet(operator.account, uint8(index), false);
        emit OperatorLeaving(operator.account, signsUntil, leavesAt);
    }

    // slither-disable-start reentrancy-no-eth

    /// Takes the stakes off the signers' bonds; whose bond covers no further slash is expelled at once.
    function _slash(uint32 version, uint128 signers, BillId bill, address rewarded, AccountId wronged) private {
        (address[] memory accounts, uint256[] memory indices) = _accountsOf(signers);
        Stakes memory stakes = stakesAt(version);
        uint256[] memory left = ledger.slash(accounts, bill, stakes.slash, rewarded, stakes.challengerShare, wronged);

        // The ledger is ours and calls nobody back.
        uint128 expelled;
        for (uint256 i; i < indices.length; ++i) {
            if (left[i] >= stakes.slash || !_signs(indices[i])) continue;
            _end(indices[i], 0);
            expelled |= uint128(1 << indices[i]);
        }
        if (expelled == 0) return;
        (uint8 quorum, uint128 members) = _presentSet();
        _addSet(gate.advance(), quorum, members & ~expelled);
    }

    // slither-disable-end reentrancy-no-eth

    function _addSet(uint32 version, uint8 quorum, uint128 members) private {
        _sets.add(version, uint256(quorum) << 128 | members);

        emit SetChanged(version, quorum, members);
    }

    function _addStakes(uint32 version, Stakes memory stakes) private {
        uint256 value = uint256(stakes.bond) | uint256(stakes.slash) << 48 | uint256(stakes.challengerShare) << 96;
        _stakes.add(version, value | uint256(stakes.demandBond) << 128 | uint256(stakes.demandPeriod) << 176);
        if (stakes.demandPeriod > _longestDemand) _longestDemand = stakes.demandPeriod;

        emit StakesSet(version, stakes);
    }

    function _signersOfBytes(uint32 version, uint128 members, bytes32 digest, bytes calldata signatures)
        private
        view
        returns (uint128 signers)
    {
        if (signatures.length % SIGNATURE != 0) revert Errors.Operators_SignatureLength(signatures.length);
        uint256 next;
        for (uint256 place; place < signatures.length; place += SIGNATURE) {
            uint256 index = uint8(signatures[place]);
            // Ascending: none twice.
            if (index < next) revert Errors.Operators_SignatureOrder(index);
            next = index + 1;
            if ((members >> index) & 1 == 0 || !_signs(index)) revert Errors.Operators_NumberNotSigner(version, index);
            bytes calldata signature = signatures[place + 1:place + SIGNATURE];
            if (!TypedData.isSigned(digest, _operators[index].account, signature)) {
                revert Errors.Operators_SignatureInvalid(index);
            }
            signers |= uint128(1 << index);
        }
    }

    /// Whether an operator may sign now.
    function _signs(uint256 index) private view returns (bool) {
        uint40 until = _operators[index].signsUntil;
        return until == ACTIVE || clock.time() < until;
    }

    function _memberIndex(uint32 version, address operator) private view returns (uint256) {
        uint256 ordinal = _ordinals[operator];
        (, uint128 members) = setAt(version);
        if (ordinal == 0 || (members >> (ordinal - 1)) & 1 == 0) revert Errors.Operators_NotSigner(version, operator);
        return ordinal - 1;
    }

    function _checkSaid(address operator, uint256 index, BatchId batch, Attestation calldata said) private view {
        bool good = said.signature.length == 0
            ? gate.hasAttested(batch, said.evidenceRoot, said.verdictCommitment, index)
            : TypedData.isSigned(
                gate.attestationDigest(batch, said.evidenceRoot, said.verdictCommitment), operator, said.signature
            );
        if (!good) revert Errors.Operators_NotSaid(operator, batch);
    }

    function _accountsOf(uint128 signers) private view returns (address[] memory accounts, uint256[] memory indices) {
        uint256 count = _count(signers);
        (accounts, indices) = (new address[](count), new uint256[](count));
        uint256 next;
        for (uint256 index; signers >> index != 0; ++index) {
            if ((signers >> index) & 1 == 0) continue;
            (accounts[next], indices[next]) = (_operators[index].account, index);
            ++next;
        }
    }

    function _presentSet() private view returns (uint8 quorum, uint128 members) {
        return setAt(type(uint32).max);
    }

    function _presentStakes() private view returns (Stakes memory) {
        return stakesAt(type(uint32).max);
    }

    function _count(uint128 bits) private pure returns (uint256 count) {
        for (; bits != 0; bits &= bits - 1) {
            ++count;
        }
    }
}
