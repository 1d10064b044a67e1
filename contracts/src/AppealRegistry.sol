// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Managed} from "./Managed.sol";
import {AppealArbitration} from "./appeals/AppealArbitration.sol";
import {AppealBase} from "./appeals/AppealBase.sol";
import {AppealOpening} from "./appeals/AppealOpening.sol";
import {IAppealRegistry} from "./interfaces/IAppealRegistry.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IVerdictGate} from "./interfaces/IVerdictGate.sol";
import {Errors} from "./libraries/Errors.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {PackedVerdicts} from "./libraries/PackedVerdicts.sol";
import {Voice} from "./types/Accounts.sol";
import {Appeal, AppealState} from "./types/Appeals.sol";
import {Batch, BillRecord, Reason} from "./types/Bills.sol";
import {BatchId, BillId, PackedVerdict} from "./types/Ids.sol";
import {Decision, Verdict} from "./types/Verdicts.sol";

/// Leads each appeal from its beginning to an outcome that the ledger carries out.
///
/// Trusted: the gate, to open appeals of bills that the ledger holds; the challenges, to say which verdict was shown
/// wrong; the arbiter of a bill, to say what is due of it, between nothing and all of it. Neither supplier nor customer
/// nor arbiter can stop another: each step has a deadline, and anyone may end what it has ended.
contract AppealRegistry is AppealOpening, AppealArbitration {
    using IdCodec for BillId;
    using PackedVerdicts for bytes;
    using PackedVerdicts for PackedVerdict;

    int256 private constant PPM = 1_000_000;

    constructor(IAccessManager authority_, IFairClock clock_, IPaymentLedger ledger_, IVerdictGate gate_)
        AppealBase(clock_, ledger_, gate_)
        AppealArbitration(authority_)
    {}

    // The ledger, called for each bill of a list, is ours and calls nobody back.
    // slither-disable-start reentrancy-no-eth

    /// @inheritdoc IAppealRegistry
    function concede(BillId[] calldata bills) external override {
        _takeEach(bills, LIVE, _concede);
    }

    /// @inheritdoc IAppealRegistry
    function offerAdjustments(BillId[] calldata bills, uint48[] calldata quantities) external override {
        // Check:
        if (bills.length != quantities.length) {
            revert Errors.AppealRegistry_LengthMismatch(bills.length, quantities.length);
        }
        bool offered;
        uint40 time = clock.time();
        for (uint256 i; i < bills.length; ++i) {
            Appeal memory appeal = appealOf(bills[i]);
            if (!_isIn(appeal.state, OPEN) || time >= appeal.deadline) continue;
            _offer(bills[i], appeal, quantities[i]);
            offered = true;
        }
        if (!offered && bills.length != 0) _checkStep(bills[0], OPEN);
    }

    /// @inheritdoc IAppealRegistry
    function contest(BillId bill, bytes32 evidenceHash) external override {
        // Check:
        _checkSupplier(bill);
        _checkStep(bill, OPEN);

        // Effect:
        _contest(bill, evidenceHash, clock.time());
    }

    /// @inheritdoc IAppealRegistry
    function acceptAdjustments(BillId[] calldata bills) external override {
        _takeEach(bills, OFFERED, _accept);
    }

    /// @inheritdoc IAppealRegistry
    function refuseAdjustments(BillId[] calldata bills) external override {
        _takeEach(bills, OFFERED, _refuse);
    }

    /// @inheritdoc IAppealRegistry
    function withdrawAppeals(BillId[] calldata bills) external override {
        _takeEach(bills, LIVE, _withdraw);
    }

    // slither-disable-end reentrancy-no-eth

    /// @inheritdoc IAppealRegistry
    function expire(BillId[] calldata bills) external override {
        bool expired;
        for (uint256 i; i < bills.length; ++i) {
            Appeal memory appeal = appealOf(bills[i]);
            if (!_isIn(appeal.state, LIVE) || clock.time() < appeal.deadline) continue;
            _expire(bills[i], appeal);
            expired = true;
        }
        if (!expired && bills.length != 0) {
            Appeal memory first = appealOf(bills[0]);
            if (!_isIn(first.state, LIVE)) revert Errors.AppealRegistry_WrongState(bills[0], first.state);
            revert Errors.AppealRegistry_DeadlineAhead(bills[0], first.deadline);
        }
    }

    /// @inheritdoc IAppealRegistry
    function settleUndisputed(BatchId batch, uint256[] calldata indexes, bytes calldata verdicts) external override {
        // Check:
        if (PackedVerdicts.commitment(verdicts) != gate.verdictRecordOf(batch).verdictCommitment) {
            revert Errors.AppealRegistry_VerdictsNotCommitted(batch);
        }
        bool stands = gate.isReleasable(batch);
        for (uint256 i; i < indexes.length; ++i) {
            if (indexes[i] >= verdicts.length / PackedVerdicts.SIZE) {
                revert Errors.AppealRegistry_VerdictsNotCommitted(batch);
            }
            _settleUndisputed(IdCodec.bill(batch, indexes[i]), verdicts.read(indexes[i]).decode(), stands);
        }
    }

    // Called by `_takeEach`, to which their names are given.
    // slither-disable-start dead-code

    function _concede(BillId bill, Appeal memory appeal) private returns (bool) {
        // Check:
        _checkSupplier(bill);

        // Effect:
        _enter(bill, AppealState.Conceded, 0);

        emit AppealConceded(bill);

        _close(bill, appeal, 0, Reason.Conceded, Voice.None);
        return true;
    }

    function _accept(BillId bill, Appeal memory appeal) private returns (bool) {
        // Check:
        Voice voice = _checkCustomer(bill, ledger.recordOf(bill).account, appeal.offeredAmount);
        if (voice == Voice.Excessive) return false;

        // Effect:
        _enter(bill, AppealState.Accepted, 0);

        emit AdjustmentAccepted(bill, appeal.offeredAmount);

        _close(bill, appeal, appeal.offeredAmount, Reason.Adjusted, voice);
        return true;
    }

    function _refuse(BillId bill, Appeal memory) private returns (bool) {
        // Check:
        _checkCustomer(bill, ledger.recordOf(bill).account, 0);

        // Effect:
        _contest(bill, 0, clock.time());
        return true;
    }

    function _withdraw(BillId bill, Appeal memory appeal) private returns (bool) {
        // Check:
        BillRecord memory record = ledger.recordOf(bill);
        uint48 amount = record.amount + appeal.settled;
        Voice voice = _checkCustomer(bill, record.account, amount);
        if (voice == Voice.Excessive) return false;

        // Effect:
        _enter(bill, AppealState.Withdrawn, 0);

        emit AppealWithdrawn(bill);

        _close(bill, appeal, amount, Reason.None, voice);
        return true;
    }

    // slither-disable-end dead-code

    function _offer(BillId bill, Appeal memory appeal, uint48 quantity) private {
        // Check:
        BillRecord memory record = _checkSupplier(bill);
        Batch memory batch = ledger.batchOf(bill.batch());
        uint16 lastDay = record.start + record.periodDays - 1;
        uint256 amount = ledger.priceOf(batch.supplier, batch.utility, lastDay, quantity);
        uint256 billed = uint256(record.amount) + appeal.settled;
        if (amount >= billed) revert Errors.AppealRegistry_AdjustmentNotBelow(bill, amount, billed);

        // Effect:
        uint40 deadline = clock.time() + gate.periodsOf(batch.parameterVersion).acceptance;
        _enter(bill, AppealState.AdjustmentOffered, deadline);
        _appeals[bill].offeredQuantity = quantity;
        _appeals[bill].offeredAmount = uint48(amount);

        emit AdjustmentOffered(bill, quantity, uint48(amount), deadline);
    }

    function _expire(BillId bill, Appeal memory appeal) private {
        if (appeal.state == AppealState.AdjustmentOffered) {
            // Effect:
            // From the deadline, not from now: nobody gains by waiting with this call.
            _contest(bill, 0, appeal.deadline);
            return;
        }

        // Effect:
        _enter(bill, AppealState.Expired, 0);

        emit AppealExpired(bill);

        _close(bill, appeal, 0, Reason.Expired, Voice.None);
    }

    // slither-disable-start reentrancy-no-eth

    /// Passes over a bill whose appeal has ended, was opened otherwise than by this verdict, or has its part settled.
    function _settleUndisputed(BillId bill, Verdict memory verdict, bool stands) private {
        // Check:
        Appeal memory appeal = appealOf(bill);
        if (!_isIn(appeal.state, LIVE) || appeal.byHand || appeal.settled != 0) return;
        if (verdict.decision != Decision.Appeal || !verdict.hasExpected) return;
        BillRecord memory record = ledger.recordOf(bill);
        if (record.corrected || record.correctedByMeter) return;
        if (!stands) _checkCustomer(bill, record.account, 0);
        uint48 quantity = _expectedQuantity(record.quantity, verdict);

        // Interaction:
        uint48 settled = ledger.settleUndisputed(bill, quantity);

        // After the interaction, since only the ledger knows what the hold covers; it is ours and calls nobody back.
        _appeals[bill].settled = settled;
        if (settled != 0) emit UndisputedSettled(bill, quantity, settled);
    }

    // slither-disable-end reentrancy-no-eth

    /// Q1·(1 + e)/(1 + a) base units, at least 0 and at most Q1, at the end of each figure's millionth where it is least.
    function _expectedQuantity(uint48 quantity, Verdict memory verdict) private pure returns (uint48) {
        // Q2 = Q1/(1 + a) is not known where a is too large to be told.
        if (verdict.actualPpm == type(int40).max || verdict.actualPpm < -PPM) return 0;
        if (verdict.expectedPpm <= -PPM) return 0;
        uint256 expected = uint256(quantity) * uint256(PPM + verdict.expectedPpm) / uint256(PPM + verdict.actualPpm + 1);
        return expected < quantity ? uint48(expected) : quantity;
    }
}
