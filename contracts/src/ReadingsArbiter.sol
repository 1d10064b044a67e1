// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "./interfaces/IAppealRegistry.sol";
import {IArbitrable, IArbiter} from "./interfaces/IArbiter.sol";
import {IMeters} from "./interfaces/IMeters.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IReadingsArbiter} from "./interfaces/IReadingsArbiter.sol";
import {Errors} from "./libraries/Errors.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {Voice} from "./types/Accounts.sol";
import {Appeal, AppealState} from "./types/Appeals.sol";
import {Batch, BillRecord} from "./types/Bills.sol";
import {BillId} from "./types/Ids.sol";
import {SignedReadings} from "./types/Readings.sol";

/// Rules by computation, with nobody's judgement: whoever has the meter's signed readings shows them.
///
/// Trusted: the meter operator of the bill's batch, to sign one reading a day, the right one. Of two that it signed for the
/// same day the later one counts once somebody has told of it (Meters), else the first to be shown. Without readings
/// nothing is ruled, and the dispute ends in the customer's favour: it is the supplier who has to prove its bill.
contract ReadingsArbiter is IReadingsArbiter {
    using IdCodec for BillId;

    /// Bytes of a reading.
    uint256 private constant READING = 5;

    /// @inheritdoc IReadingsArbiter
    IPaymentLedger public immutable override ledger;
    /// @inheritdoc IReadingsArbiter
    IMeters public immutable override meters;

    IAppealRegistry private immutable _registry;
    /// 1 + what was ruled, minor units; 0 for no ruling.
    mapping(BillId bill => uint256) private _rulings;

    constructor(IAppealRegistry registry_, IPaymentLedger ledger_, IMeters meters_) {
        (_registry, ledger, meters) = (registry_, ledger_, meters_);
    }

    /// @inheritdoc IReadingsArbiter
    function rule(BillId bill, SignedReadings[] calldata snapshots) external override {
        // Check:
        Appeal memory appeal = _registry.appealOf(bill);
        if (appeal.state != AppealState.Contested) revert Errors.ReadingsArbiter_NotDisputed(bill);
        Batch memory batch = ledger.batchOf(bill.batch());
        BillRecord memory record = ledger.recordOf(bill);
        _checkMayShow(batch, record);
        uint48 quantity = _metered(bill, batch, record, snapshots);
        uint256 due = ledger.priceOf(batch.supplier, batch.utility, record.start + record.periodDays - 1, quantity);
        uint256 billed = uint256(record.amount) + appeal.settled;
        if (due > billed) due = billed;

        // Effect:
        _rulings[bill] = due + 1;

        emit Recomputed(bill, msg.sender, quantity, uint48(due));

        // Interaction:
        // Refuses a bill that has another arbiter, or whose deadline has passed.
        _registry.rule(bill, uint48(due));
    }

    /// @inheritdoc IArbiter
    function arbitrable() external view override returns (IArbitrable) {
        return _registry;
    }

    /// @inheritdoc IArbiter
    function rulingOf(BillId bill) external view override returns (bool ruled, uint48 due) {
        uint256 ruling = _rulings[bill];
        if (ruling != 0) (ruled, due) = (true, uint48(ruling - 1));
    }

    /// What is shown is public for ever; but each party may prove its case.
    function _checkMayShow(Batch memory batch, BillRecord memory record) private view {
        if (ledger.supplierOwner(batch.supplier) == msg.sender) return;
        if (ledger.voiceOf(record.account, msg.sender, 0) != Voice.None) return;
        if (!ledger.accountOf(record.account).discloseReadings) {
            revert Errors.ReadingsArbiter_NotDisclosed(record.account, msg.sender);
        }
    }

    /// Base units in the days of the bill.
    function _metered(BillId bill, Batch memory batch, BillRecord memory record, SignedReadings[] calldata snapshots)
        private
        view
        returns (uint48)
    {
        uint256 day = record.start;
        uint256 end = day + record.periodDays;
        uint256 quantity;
        for (uint256 i; i < snapshots.length; ++i) {
            meters.checkSnapshot(batch.parameterVersion, batch.utility, record.account, snapshots[i]);
            (day, quantity) = _add(bill, snapshots[i], day, end, quantity);
        }
        if (day != end) revert Errors.ReadingsArbiter_DayNotSigned(bill, day);
        // No need to check the width: 93 readings of 40 bits.
        return uint48(quantity);
    }

    /// The days from `day` until before `end` that the snapshot has, added to `quantity`; returns the next day.
    function _add(BillId bill, SignedReadings calldata snapshot, uint256 day, uint256 end, uint256 quantity)
        private
        pure
        returns (uint256, uint256)
    {
        uint256 size = snapshot.readings.length / READING;
        if (size > 256 || snapshot.readings.length % READING != 0) {
            revert Errors.ReadingsArbiter_SnapshotMalformed(bill);
        }
        uint256 until = snapshot.firstDay + size;
        if (day < snapshot.firstDay || day >= until) revert Errors.ReadingsArbiter_DayNotSigned(bill, day);
        for (; day < until && day < end; ++day) {
            uint256 place = day - snapshot.firstDay;
            if ((snapshot.missing >> place) & 1 == 1) revert Errors.ReadingsArbiter_DayMissing(bill, day);
            quantity += uint40(bytes5(snapshot.readings[READING * place:READING * (place + 1)]));
        }
        return (day, quantity);
    }
}
