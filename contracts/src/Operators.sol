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
import {BatchId} from "./types/Ids.sol";
import {Attestation, Slashing, Stakes} from "./types/Verdicts.sol";

/// Keeps the operators and the quorum, slashes equivocators, and expels whose stake is used up.
///
/// Trusted: the governor, to choose operators and quorum for batches posted afterwards; Challenges, to say whose stake a
/// wrong verdict used up. Neither can touch more of a bond than the stakes say, or any other money.
contract Operators is IOperators, Managed {
    using Revisions for Revisions.History;

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
    Revisions.History private _sets;
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
    }

    /// @inheritdoc IOperators
    function setOperator(address operator, bool active) external override restricted {
        // Check:
        uint256 ordinal = _ordinals[operator];
        if (!active) return _giveNotice(operator, NOTICE);
        if (isOperator(operator)) revert Errors.Operators_AlreadyOperator(operator);
        uint256 bond = ledger.bondOf(operator);
        uint256 least = gate.stakesOf(gate.parameterVersion()).bond;
        if (bond < least) revert Errors.Operators_BondTooSmall(operator, bond, least);
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

        // Interaction:
        ledger.stake(operator, uint8(ordinal - 1));
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
        Stakes memory stakes = gate.stakesOf(posted.parameterVersion);
        Slashing memory slashing = Slashing({
            signers: bit,
            each: stakes.slash,
            share: stakes.challengerShare,
            rewarded: msg.sender,
            announcement: 0,
            wronged: IdCodec.account(posted.supplier, 0)
        });
        // The ledger is ours and calls nobody back.
        _expel(ledger.slash(IdCodec.bill(batch, 0), slashing));
    }

    /// @inheritdoc IOperators
    function expel(uint128 exhausted) external override {
        // Check:
        if (msg.sender != challenges) revert Errors.Operators_NotChallenges(msg.sender);

        // Effect:
        _expel(exhausted);
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
    function seatOf(address holder) external view override returns (uint256 ordinal, bool locked) {
        ordinal = _ordinals[holder];
        locked = ordinal != 0 && clock.time() < _operators[ordinal - 1].leavesAt;
    }

    /// @inheritdoc IOperators
    function setAt(uint32 version) public view override returns (uint8 quorum, uint128 members) {
        // slither-disable-next-line unused-return
        (, uint256 value) = _sets.find(version);
        return (uint8(value >> 128), uint128(value));
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
        uint40 leavesAt = signsUntil + gate.longestWindow() + gate.longestDemand() + AFTERMATH;
        // Who is expelled during its notice does not leave any sooner for it.
        if (operator.leavesAt != ACTIVE && operator.leavesAt > leavesAt) leavesAt = operator.leavesAt;
        (operator.signsUntil, operator.leavesAt) = (signsUntil, leavesAt);

        emit OperatorSet(operator.account, uint8(index), false);
        emit OperatorLeaving(operator.account, signsUntil, leavesAt);
    }

    /// Whose stake covers no further slash signs no more from now on.
    function _expel(uint128 exhausted) private {
        uint128 expelled;
        for (uint256 index; exhausted >> index != 0; ++index) {
            if ((exhausted >> index) & 1 == 0 || !_signs(index)) continue;
            _end(index, 0);
            expelled |= uint128(1 << index);
        }
        if (expelled == 0) return;
        (uint8 quorum, uint128 members) = _presentSet();
        _addSet(gate.advance(), quorum, members & ~expelled);
    }

    function _addSet(uint32 version, uint8 quorum, uint128 members) private {
        _sets.add(version, uint256(quorum) << 128 | members);

        emit SetChanged(version, quorum, members);
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

    function _presentSet() private view returns (uint8 quorum, uint128 members) {
        return setAt(type(uint32).max);
    }

    function _count(uint128 bits) private pure returns (uint256 count) {
        for (; bits != 0; bits &= bits - 1) {
            ++count;
        }
    }
}
