// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "./Managed.sol";
import {ArrearsRule} from "./arrears/ArrearsRule.sol";
import {IArrearsRegister} from "./interfaces/IArrearsRegister.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {IOperators} from "./interfaces/IOperators.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {ArrearsErrors} from "./libraries/ArrearsErrors.sol";
import {PackedDebts} from "./libraries/PackedDebts.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {ArrearsTerms, Curve, DebtClass} from "./types/Arrears.sol";

/// Keeps what is done about bills in arrears, in the ledger's own records of them.
///
/// Trusted: a quorum of operators, for probabilities, classes, curves and which contacts were made; everyone can compute
/// again what follows from them. The governor, for what a contact costs. Neither moves money or ends a debt.
contract ArrearsRegister is ArrearsRule {
    bytes32 private constant NAME_HASH = keccak256("Fairmeter ArrearsRegister");
    bytes32 private constant SAYING_TYPEHASH = keccak256("Saying(uint64 round,bytes4 selector,bytes32 content)");
    /// The version of which the operators are those of now.
    uint32 private constant LATEST = type(uint32).max;

    /// Says who the operators are, fixed at deployment.
    IOperators public immutable operators;

    constructor(IAccessManager authority_, IFairClock clock_, IPaymentLedger ledger_, IOperators operators_)
        Managed(authority_)
        ArrearsRule(clock_, ledger_)
    {
        operators = operators_;
        _setTerms(ArrearsTerms({unitCost: 50, incrementalDays: 14, maxContacts: 6}));
    }

    /// @inheritdoc IArrearsRegister
    function setTerms(ArrearsTerms calldata terms_) external override restricted {
        // Check:
        if (terms_.maxContacts > PackedDebts.MAX_CONTACTS) {
            revert ArrearsErrors.ArrearsRegister_TooManyContacts(terms_.maxContacts, PackedDebts.MAX_CONTACTS);
        }

        // Effect:
        _setTerms(terms_);
    }

    // The ledger is ours, and calls nobody.
    // slither-disable-start reentrancy-benign

    /// @inheritdoc IArrearsRegister
    function submitScores(bytes32 model, bytes32 features, uint256[] calldata scores, bytes calldata signatures)
        external
        override
    {
        // Check:
        bytes32 content = keccak256(abi.encode(model, features, keccak256(abi.encodePacked(scores))));
        uint64 used = _useRound(this.submitScores.selector, content, signatures);

        // Interaction:
        uint256[] memory told = _decide(scores, ledger.readArrears(scores));
        ledger.noteArrears(told);

        // After the interactions, since only the ledger knows what is owed; it is ours.
        scoredAt[_hashOf(told)] = clock.time();
        emit ArrearsScored(used, model, features, told);
    }

    // slither-disable-end reentrancy-benign

    /// @inheritdoc IArrearsRegister
    function recordContacts(uint256[] calldata contacts, bytes calldata signatures) external override {
        // Check:
        uint64 used = _useRound(this.recordContacts.selector, keccak256(abi.encodePacked(contacts)), signatures);

        // Interaction:
        uint256[] memory told = _count(contacts, ledger.readArrears(contacts));
        ledger.noteArrears(told);

        emit ContactsRecorded(used, told);
    }

    /// @inheritdoc IArrearsRegister
    function commitTest(uint8 class, uint8 arms, bytes32 commitment, bytes calldata signatures) external override {
        // Check:
        DebtClass memory known = classOf(class);
        if (known.arms != 0) revert ArrearsErrors.ArrearsRegister_TestRuns(class, known.test);
        if (arms < 2 || arms > 16) revert ArrearsErrors.ArrearsRegister_ArmsOutOfBounds(arms);
        // slither-disable-next-line unused-return
        _useRound(this.commitTest.selector, keccak256(abi.encode(class, arms, commitment)), signatures);

        // Effect:
        (known.arms, known.test) = (arms, known.test + 1);
        _classes[class] = known;
        _commitments[class] = commitment;

        emit TestCommitted(class, known.test, arms, commitment);
    }

    /// @inheritdoc IArrearsRegister
    function revealTest(uint8 class, uint64 seed, bytes32 salt) external override {
        // Check:
        DebtClass memory known = classOf(class);
        bytes32 commitment = keccak256(abi.encode(class, known.test, known.arms, seed, salt));
        if (known.arms == 0 || commitment != _commitments[class]) {
            revert ArrearsErrors.ArrearsRegister_NotCommitted(class, commitment);
        }

        // Effect:
        _classes[class].arms = 0;

        emit TestRevealed(class, known.test, seed, salt);
    }

    /// @inheritdoc IArrearsRegister
    function submitCurve(uint8 class, Curve calldata curve, bytes calldata signatures) external override {
        // Check:
        (uint16 horizon, int256 there) = _horizonOf(class, curve);
        // slither-disable-next-line unused-return
        _useRound(this.submitCurve.selector, keccak256(abi.encode(class, curve)), signatures);

        // Effect:
        (_classes[class].curved, _classes[class].horizon) = (true, horizon);

        emit HorizonSet(class, horizon, there, curve);
    }

    /// @inheritdoc IArrearsRegister
    function digestOf(bytes4 selector, bytes32 content) public view override returns (bytes32) {
        return TypedData.digest(NAME_HASH, keccak256(abi.encode(SAYING_TYPEHASH, round, selector, content)));
    }

    /// Uses the round up, if a quorum of today's operators says so.
    function _useRound(bytes4 selector, bytes32 content, bytes calldata signatures) private returns (uint64 used) {
        // slither-disable-next-line unused-return
        operators.signersOf(LATEST, digestOf(selector, content), msg.sender, 0, signatures);
        used = round;
        round = used + 1;
    }

    /// Of the words where they are: copying them first costs 100 gas each.
    function _hashOf(uint256[] memory words) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(words, 0x20), shl(5, mload(words)))
        }
    }

    function _setTerms(ArrearsTerms memory terms_) private {
        _terms = terms_;

        emit ArrearsTermsSet(terms_);
    }
}
