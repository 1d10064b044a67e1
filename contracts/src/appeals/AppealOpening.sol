// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "../interfaces/IAppealRegistry.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {PackedVerdicts} from "../libraries/PackedVerdicts.sol";
import {Appeal, AppealState} from "../types/Appeals.sol";
import {BatchId, BillId, PackedBill, PackedVerdict, SupplierId} from "../types/Ids.sol";
import {Periods} from "../types/Verdicts.sol";
import {AppealBase} from "./AppealBase.sol";

/// How appeals begin: by a verdict, by the proof that a verdict should have been one, or by the customer's hand; and the
/// list of those that wait for the supplier.
abstract contract AppealOpening is AppealBase {
    using IdCodec for BillId;
    using PackedBills for PackedBill;
    using PackedBills for uint256[];
    using PackedVerdicts for PackedVerdict;
    using PackedVerdicts for bytes;

    /// Batches that a page of `openAppeals` looks at.
    uint256 private constant MOST_BATCHES = 1000;
    /// Cursors from here on are places among the appeals that no judging opened.
    uint256 private constant LATE = 1 << 128;

    /// A supplier's batches with appeals, in the order of judging; and the bills whose appeals began later.
    mapping(SupplierId supplier => BatchId[]) private _queues;
    mapping(SupplierId supplier => BillId[]) private _late;

    /// @inheritdoc IAppealRegistry
    function open(
        BatchId batch,
        SupplierId supplier,
        uint256[2] calldata held,
        uint256[] calldata bills,
        bytes calldata verdicts
    ) external override {
        // Check:
        if (msg.sender != address(gate)) revert Errors.AppealRegistry_NotGate(msg.sender);

        // Effect:
        _open[batch] = held;
        _queues[supplier].push(batch);

        unchecked {
            for (uint256 word; word < 2; ++word) {
                uint256 index = word << 8;
                for (uint256 bits = held[word]; bits != 0; (bits, index) = (bits >> 1, index + 1)) {
                    // Where appeals are few, eight bills without one are passed over at once.
                    for (; bits & 0xff == 0; bits >>= 8) {
                        index += 8;
                    }
                    if (bits & 1 == 1) _emitOpened(batch, supplier, index, bills.read(index), verdicts.read(index));
                }
            }
        }
    }

    /// @inheritdoc IAppealRegistry
    function openReversed(BillId bill, SupplierId supplier, PackedBill packed, PackedVerdict verdict)
        external
        override
    {
        // Check:
        _checkChallenges();

        // Effect:
        _openLate(bill, supplier, false);

        emit AppealOpened(bill, supplier, packed, verdict.actualPpm(), verdict.expectedPpm());
    }

    /// @inheritdoc IAppealRegistry
    function overturn(BillId bill) external override returns (bool live) {
        // Check:
        _checkChallenges();
        live = _isIn(appealOf(bill).state, LIVE);
        if (!live) return false;

        // Effect:
        _enter(bill, AppealState.Overturned, 0);

        emit AppealOverturned(bill);
    }

    /// @inheritdoc IAppealRegistry
    function appealByHand(BillId bill, PackedBill packed, bytes32[] calldata proof) external override {
        // Check:
        SupplierId supplier = ledger.batchOf(bill.batch()).supplier;
        // No need to check here that this is the bill: the ledger refuses any other.
        _checkCustomer(bill, IdCodec.account(supplier, packed.number()), 0);
        AppealState state = appealOf(bill).state;
        if (state != AppealState.None) revert Errors.AppealRegistry_WrongState(bill, state);
        uint256 deadline = uint256(gate.verdictRecordOf(bill.batch()).windowEndsAt) + _periodsOf(bill).review;
        if (clock.time() >= deadline) revert Errors.AppealRegistry_DeadlinePassed(bill, deadline);

        // Effect:
        emit AppealOpenedByHand(bill, supplier, packed, _openLate(bill, supplier, true));

        // Interaction:
        ledger.reclaim(bill, packed, proof);
    }

    /// @inheritdoc IAppealRegistry
    function openAppeals(SupplierId supplier, uint256 cursor, uint256 limit)
        external
        view
        override
        returns (BillId[] memory bills, uint256 next)
    {
        if (limit == 0) revert Errors.AppealRegistry_NoLimit();
        bills = new BillId[](limit);
        uint256 count;
        next = cursor;
        if (next < LATE) (count, next) = _readQueue(supplier, next, bills);
        if (next >= LATE) (count, next) = _readLate(supplier, next, bills, count);
        assembly ("memory-safe") {
            // The list was made as long as it could become.
            mstore(bills, count)
        }
    }

    /// Until the supplier's answer, from now on.
    function _openLate(BillId bill, SupplierId supplier, bool byHand) private returns (uint40 deadline) {
        deadline = clock.time() + _periodsOf(bill).reply;
        // Whole, since the appeal that is opened anew may have been overturned.
        _appeals[bill] = Appeal({
            state: AppealState.Open,
            deadline: deadline,
            offeredQuantity: 0,
            offeredAmount: 0,
            settled: 0,
            byHand: byHand
        });
        _late[supplier].push(bill);
    }

    /// A cursor is a batch's place in the queue << 9 | a bill's index in the batch.
    function _readQueue(SupplierId supplier, uint256 cursor, BillId[] memory bills)
        private
        view
        returns (uint256 count, uint256 next)
    {
        BatchId[] storage queue = _queues[supplier];
        uint256 end = queue.length << 9;
        uint256 last = cursor + (MOST_BATCHES << 9);
        for (next = cursor; next < end && next < last && count < bills.length;) {
            BatchId batch = queue[next >> 9];
            uint256 index = next & 0x1ff;
            uint256 bits = _open[batch][index >> 8] >> (index & 0xff);
            if (bits & 1 == 1) bills[count++] = IdCodec.bill(batch, index);
            next = bits == 0 ? ((next >> 8) + 1) << 8 : next + 1;
        }
        if (next >= end) next = LATE;
    }

    function _readLate(SupplierId supplier, uint256 cursor, BillId[] memory bills, uint256 count)
        private
        view
        returns (uint256, uint256)
    {
        BillId[] storage late = _late[supplier];
        uint256 place = cursor - LATE;
        uint256 last = place + MOST_BATCHES;
        for (; place < late.length && place < last && count < bills.length; ++place) {
            if (_appeals[late[place]].state == AppealState.Open) bills[count++] = late[place];
        }
        return (count, place < late.length ? LATE + place : 0);
    }

    function _checkChallenges() private view {
        if (msg.sender != address(gate.challenges())) revert Errors.AppealRegistry_NotChallenges(msg.sender);
    }

    /// Emits AppealOpened from memory behind the free-memory pointer: what the encoder would check, packing has fixed
    /// already.
    function _emitOpened(BatchId batch, SupplierId supplier, uint256 index, PackedBill bill, PackedVerdict verdict)
        private
    {
        bytes32 topic = AppealOpened.selector;
        assembly ("memory-safe") {
            let fields := mload(0x40)
            mstore(fields, bill)
            mstore(add(fields, 0x20), signextend(4, shr(200, verdict)))
            mstore(add(fields, 0x40), signextend(4, shr(160, verdict)))
            log3(fields, 0x60, topic, or(shl(16, batch), index), supplier)
        }
    }
}
