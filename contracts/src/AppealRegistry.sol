// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAppealRegistry} from "./interfaces/IAppealRegistry.sol";
import {IFairClock} from "./interfaces/IFairClock.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IVerdictGate} from "./interfaces/IVerdictGate.sol";
import {Errors} from "./libraries/Errors.sol";
import {IdCodec} from "./libraries/IdCodec.sol";
import {PackedBills} from "./libraries/PackedBills.sol";
import {PackedVerdicts} from "./libraries/PackedVerdicts.sol";
import {Appeal, AppealState} from "./types/Appeals.sol";
import {Batch, BillRecord, Reason} from "./types/Bills.sol";
import {AccountId, BatchId, BillId, PackedBill, PackedVerdict, SupplierId} from "./types/Ids.sol";
import {Periods} from "./types/Verdicts.sol";

/// Leads each appeal from the verdict that opened it to an outcome that the ledger carries out.
///
/// Trusted: the gate, to open appeals of bills that the ledger holds. Neither supplier nor customer can stop the other:
/// each step has a deadline, and anyone may end what it has ended. Nobody but the two parties can choose an outcome.
contract AppealRegistry is IAppealRegistry {
    using IdCodec for AccountId;
    using IdCodec for BillId;
    using PackedBills for uint256[];
    using PackedVerdicts for bytes;
    using PackedVerdicts for PackedVerdict;

    /// States from which an appeal can still be conceded or withdrawn, a bit each.
    uint256 private constant LIVE = (1 << uint8(AppealState.Open)) | (1 << uint8(AppealState.AdjustmentOffered))
        | (1 << uint8(AppealState.Contested));
    uint256 private constant OPEN = 1 << uint8(AppealState.Open);
    uint256 private constant OFFERED = 1 << uint8(AppealState.AdjustmentOffered);

    /// @inheritdoc IAppealRegistry
    IFairClock public immutable override clock;
    /// @inheritdoc IAppealRegistry
    IPaymentLedger public immutable override ledger;
    /// @inheritdoc IAppealRegistry
    IVerdictGate public immutable override gate;

    /// Bit i of a batch's two words: the appeal against bill i waits for the supplier's answer. An open appeal has
    /// nothing else of its own here, so that opening 500 of them writes two slots.
    mapping(BatchId batch => uint256[2]) private _open;
    /// Appeals that are no longer open.
    mapping(BillId bill => Appeal) private _appeals;
    /// A supplier's batches with appeals, in the order of judging.
    mapping(SupplierId supplier => BatchId[]) private _queues;

    constructor(IFairClock clock_, IPaymentLedger ledger_, IVerdictGate gate_) {
        clock = clock_;
        ledger = ledger_;
        gate = gate_;
    }

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
        if (msg.sender != address(gate.challenges())) revert Errors.AppealRegistry_NotChallenges(msg.sender);

        // Effect:
        uint32 version = ledger.batchOf(bill.batch()).parameterVersion;
        _appeals[bill].state = AppealState.Open;
        _appeals[bill].deadline = clock.time() + gate.periodsOf(version).reply;

        emit AppealOpened(bill, supplier, packed, verdict.actualPpm(), verdict.expectedPpm());
    }

    /// @inheritdoc IAppealRegistry
    function overturn(BillId bill) external override returns (bool live) {
        // Check:
        if (msg.sender != address(gate.challenges())) revert Errors.AppealRegistry_NotChallenges(msg.sender);
        if (!_isIn(appealOf(bill).state, LIVE)) return false;

        // Effect:
        _enter(bill, AppealState.Overturned, 0);

        emit AppealOverturned(bill);

        return true;
    }

    // The ledger, called for each bill of a list, is ours and calls nobody back.
    // slither-disable-start reentrancy-no-eth

    /// @inheritdoc IAppealRegistry
    function concede(BillId[] calldata bills) external override {
        for (uint256 i; i < bills.length; ++i) {
            BillId bill = bills[i];
            // Check:
            _checkSupplier(bill, ledger.recordOf(bill));
            _checkStep(bill, LIVE);

            // Effect:
            _enter(bill, AppealState.Conceded, 0);

            emit AppealConceded(bill);

            // Interaction:
            ledger.closeAppeal(bill, 0, Reason.Conceded, false);
        }
    }

    /// @inheritdoc IAppealRegistry
    function offerAdjustments(BillId[] calldata bills, uint48[] calldata quantities) external override {
        if (bills.length != quantities.length) {
            revert Errors.AppealRegistry_LengthMismatch(bills.length, quantities.length);
        }
        for (uint256 i; i < bills.length; ++i) {
            _offer(bills[i], quantities[i]);
        }
    }

    /// @inheritdoc IAppealRegistry
    function contest(BillId bill, bytes32 evidenceHash) external override {
        // Check:
        _checkSupplier(bill, ledger.recordOf(bill));
        _checkStep(bill, OPEN);

        // Effect:
        _contest(bill, evidenceHash, clock.time());
    }

    /// @inheritdoc IAppealRegistry
    function acceptAdjustments(BillId[] calldata bills) external override {
        for (uint256 i; i < bills.length; ++i) {
            BillId bill = bills[i];
            // Check:
            _checkCustomer(bill);
            uint48 amount = _checkStep(bill, OFFERED).offeredAmount;

            // Effect:
            _enter(bill, AppealState.Accepted, 0);

            emit AdjustmentAccepted(bill, amount);

            // Interaction:
            ledger.closeAppeal(bill, amount, Reason.Adjusted, true);
        }
    }

    /// @inheritdoc IAppealRegistry
    function refuseAdjustments(BillId[] calldata bills) external override {
        for (uint256 i; i < bills.length; ++i) {
            // Check:
            _checkCustomer(bills[i]);
            _checkStep(bills[i], OFFERED);

            // Effect:
            _contest(bills[i], 0, clock.time());
        }
    }

    /// @inheritdoc IAppealRegistry
    function withdrawAppeals(BillId[] calldata bills) external override {
        for (uint256 i; i < bills.length; ++i) {
            BillId bill = bills[i];
            // Check:
            uint48 amount = _checkCustomer(bill).amount;
            _checkStep(bill, LIVE);

            // Effect:
            _enter(bill, AppealState.Withdrawn, 0);

            emit AppealWithdrawn(bill);

            // Interaction:
            ledger.closeAppeal(bill, amount, Reason.None, true);
        }
    }

    // slither-disable-end reentrancy-no-eth

    /// @inheritdoc IAppealRegistry
    function expire(BillId[] calldata bills) external override {
        for (uint256 i; i < bills.length; ++i) {
            _expire(bills[i]);
        }
    }

    /// @inheritdoc IAppealRegistry
    function openAppeals(SupplierId supplier, uint256 cursor, uint256 limit)
        external
        view
        override
        returns (BillId[] memory bills, uint256 next)
    {
        if (limit == 0) revert Errors.AppealRegistry_NoLimit();
        BatchId[] storage queue = _queues[supplier];
        // A cursor is the position of a bill in the queue: its batch's place << 9 | its index in the batch.
        uint256 end = queue.length << 9;
        bills = new BillId[](limit);
        uint256 count;
        for (next = cursor; next < end && count < limit;) {
            BatchId batch = queue[next >> 9];
            uint256 index = next & 0x1ff;
            uint256 bits = _open[batch][index >> 8] >> (index & 0xff);
            if (bits & 1 == 1) bills[count++] = IdCodec.bill(batch, index);
            next = bits == 0 ? ((next >> 8) + 1) << 8 : next + 1;
        }
        if (next >= end) next = 0;
        assembly ("memory-safe") {
            // The list was made as long as it could become.
            mstore(bills, count)
        }
    }

    /// @inheritdoc IAppealRegistry
    function appealOf(BillId bill) public view override returns (Appeal memory appeal) {
        appeal = _appeals[bill];
        if (appeal.state != AppealState.None || !_isOpen(bill)) return appeal;
        appeal.state = AppealState.Open;
        uint32 version = ledger.batchOf(bill.batch()).parameterVersion;
        appeal.deadline = gate.verdictRecordOf(bill.batch()).judgedAt + gate.periodsOf(version).reply;
    }

    function _offer(BillId bill, uint48 quantity) private {
        // Check:
        BillRecord memory record = ledger.recordOf(bill);
        _checkSupplier(bill, record);
        _checkStep(bill, OPEN);
        Batch memory batch = ledger.batchOf(bill.batch());
        uint16 lastDay = record.start + record.periodDays - 1;
        uint256 amount = ledger.priceOf(batch.supplier, batch.utility, lastDay, quantity);
        if (amount >= record.amount) revert Errors.AppealRegistry_AdjustmentNotBelow(bill, amount, record.amount);

        // Effect:
        uint40 deadline = clock.time() + gate.periodsOf(batch.parameterVersion).acceptance;
        _enter(bill, AppealState.AdjustmentOffered, deadline);
        _appeals[bill].offeredQuantity = quantity;
        _appeals[bill].offeredAmount = uint48(amount);

        emit AdjustmentOffered(bill, quantity, uint48(amount), deadline);
    }

    function _expire(BillId bill) private {
        // Check:
        Appeal memory appeal = appealOf(bill);
        if (!_isIn(appeal.state, LIVE)) revert Errors.AppealRegistry_WrongState(bill, appeal.state);
        if (clock.time() < appeal.deadline) revert Errors.AppealRegistry_DeadlineAhead(bill, appeal.deadline);

        if (appeal.state == AppealState.AdjustmentOffered) {
            // Effect:
            // From the deadline, not from now: nobody gains by waiting with this call.
            _contest(bill, 0, appeal.deadline);
            return;
        }

        // Effect:
        _enter(bill, AppealState.Expired, 0);

        emit AppealExpired(bill);

        // Interaction:
        ledger.closeAppeal(bill, 0, Reason.Expired, false);
    }

    /// Contested from `since`, fair time in seconds.
    function _contest(BillId bill, bytes32 evidenceHash, uint256 since) private {
        Periods memory periods = gate.periodsOf(ledger.batchOf(bill.batch()).parameterVersion);
        uint40 deadline = uint40(since) + periods.contest;
        _enter(bill, AppealState.Contested, deadline);

        emit AppealContested(bill, evidenceHash, deadline);
    }

    /// Puts an appeal into a state that is not Open, until `deadline`, fair time in seconds.
    function _enter(BillId bill, AppealState state, uint40 deadline) private {
        if (_isOpen(bill)) _open[bill.batch()][bill.index() >> 8] &= ~(1 << (bill.index() & 0xff));
        _appeals[bill].state = state;
        _appeals[bill].deadline = deadline;
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

    /// The appeal, which must be in one of `states` and before its deadline.
    function _checkStep(BillId bill, uint256 states) private view returns (Appeal memory appeal) {
        appeal = appealOf(bill);
        if (!_isIn(appeal.state, states)) revert Errors.AppealRegistry_WrongState(bill, appeal.state);
        if (clock.time() >= appeal.deadline) revert Errors.AppealRegistry_DeadlinePassed(bill, appeal.deadline);
    }

    function _checkSupplier(BillId bill, BillRecord memory record) private view {
        if (ledger.supplierOwner(record.account.supplier()) != msg.sender) {
            revert Errors.AppealRegistry_NotSupplier(bill, msg.sender);
        }
    }

    function _checkCustomer(BillId bill) private view returns (BillRecord memory record) {
        record = ledger.recordOf(bill);
        if (ledger.ownerOf(record.account) != msg.sender) revert Errors.AppealRegistry_NotCustomer(bill, msg.sender);
    }

    function _isOpen(BillId bill) private view returns (bool) {
        uint256 index = bill.index();
        return index < 512 && (_open[bill.batch()][index >> 8] >> (index & 0xff)) & 1 == 1;
    }

    function _isIn(AppealState state, uint256 states) private pure returns (bool) {
        return (states >> uint8(state)) & 1 == 1;
    }
}
