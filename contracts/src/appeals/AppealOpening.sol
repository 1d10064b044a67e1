// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "../interfaces/IAppealRegistry.sol";
import {Errors} from "../libraries/Errors.sol";
import {IdCodec} from "../libraries/IdCodec.sol";
import {PackedBills} from "../libraries/PackedBills.sol";
import {PackedVerdicts} from "../libraries/PackedVerdicts.sol";
import {AppealState} from "../types/Appeals.sol";
import {Batch} from "../types/Bills.sol";
import {BatchId, BillId, PackedBill, PackedVerdict, SupplierId} from "../types/Ids.sol";
import {AppealBase} from "./AppealBase.sol";

/// How appeals begin: by a verdict, by the proof that a verdict should have been one, or by the customer's hand; and the
/// list of those that wait for the supplier.
abstract contract AppealOpening is AppealBase {
    using IdCodec for BillId;
    using PackedBills for PackedBill;
    using PackedBills for uint256[];
    using PackedVerdicts for PackedVerdict;
    using PackedVerdicts for bytes;

    /// Batches, and bills one by one, that a page of `openAppeals` looks at.
    uint256 private constant MOST_LOOKS = 1000;

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
    function overturn(BillId bill) external override returns (bool live) {
        // Check:
        _checkChallenges();
        live = _isIn(appealOf(bill).state, LIVE);
        if (!live) return false;

        // Effect:
        _enter(bill, AppealState.Overturned, 0);
        // What was offered or settled is of no later appeal.
        (_appeals[bill].offeredQuantity, _appeals[bill].offeredAmount, _appeals[bill].settled) = (0, 0, 0);

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
        uint40 replyBy = clock.time() + _periodsOf(bill).reply;
        _enter(bill, AppealState.Open, replyBy);
        _appeals[bill].byHand = true;

        emit AppealOpenedByHand(bill, supplier, packed, replyBy);

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
        uint256 end = (ledger.batchCount() + 1) << 9;
        next = cursor;
        for (uint256 looks; next < end && looks < MOST_LOOKS && count < limit; ++looks) {
            (BillId bill, bool isOpen, uint256 then) = _lookAt(supplier, next);
            if (isOpen) bills[count++] = bill;
            next = then;
        }
        if (next >= end) next = 0;
        assembly ("memory-safe") {
            // The list was made as long as it could become.
            mstore(bills, count)
        }
    }

    /// A cursor is a batch << 9 | a bill's index in the batch. Looks at the bill there and says where to look next: what
    /// has no appeal for sure is passed over.
    function _lookAt(SupplierId supplier, uint256 cursor)
        private
        view
        returns (BillId bill, bool isOpen, uint256 next)
    {
        BatchId batch = BatchId.wrap(uint48(cursor >> 9));
        uint256 index = cursor & 0x1ff;
        Batch memory posted = ledger.batchOf(batch);
        if (SupplierId.unwrap(posted.supplier) != SupplierId.unwrap(supplier)) {
            return (bill, false, _nextBatch(cursor));
        }
        uint256 ahead = _open[batch][index >> 8] >> (index & 0xff);
        while (index < posted.count && ahead & 1 == 0 && (posted.late >> (index >> 6)) & 1 == 0) {
            (ahead, index) = (ahead >> 1, index + 1);
            if (index == 256) ahead = _open[batch][1];
        }
        if (index >= posted.count) return (bill, false, _nextBatch(cursor));
        bill = IdCodec.bill(batch, index);
        next = (cursor & ~uint256(0x1ff)) + index + 1;
        isOpen = ahead & 1 == 1 || appealOf(bill).state == AppealState.Open;
    }

    function _nextBatch(uint256 cursor) private pure returns (uint256) {
        return ((cursor >> 9) + 1) << 9;
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
