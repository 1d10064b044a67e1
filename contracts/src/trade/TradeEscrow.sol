// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IArbitrable} from "../interfaces/IArbiter.sol";
import {ITradeDesk} from "../interfaces/ITradeDesk.sol";
import {Errors} from "../libraries/Errors.sol";
import {TradeErrors} from "../libraries/TradeErrors.sol";
import {BillId} from "../types/Ids.sol";
import {Part, PartId, PartState, Trade} from "../types/Trade.sol";
import {TradePayments} from "./TradePayments.sol";

/// What becomes of parts in escrow. No party and no arbiter is ever called.
abstract contract TradeEscrow is TradePayments {
    /// Of an escrow that ends; minor units.
    struct Shares {
        address supplier;
        uint48 locked;
        uint48 buyerFee;
        uint48 supplierFee;
    }

    /// @inheritdoc ITradeDesk
    function markDelivered(PartId id) external override {
        // Check:
        Trade memory trade = _tradeOf(id);
        _checkSupplier(trade.supplier);
        _checkStep(id, PartState.Funded);

        // Effect:
        uint40 deadline = _enter(id, PartState.Delivered, rules.termsOf(trade.terms).confirmPeriod);

        emit PartDelivered(id, deadline, trade.warned);
    }

    /// @inheritdoc ITradeDesk
    function refund(PartId id) external override {
        // Check:
        Trade memory trade = _tradeOf(id);
        _checkSupplier(trade.supplier);
        Part memory part = partOf(id);
        bool live = part.state == PartState.Funded || part.state == PartState.Delivered;
        if (!live && part.state != PartState.Disputed) revert TradeErrors.TradeDesk_WrongState(id, part.state);
        // After the deadline `expire` says what became of it.
        if (clock.time() >= part.deadline) revert TradeErrors.TradeDesk_DeadlineOver(id, part.deadline);

        // Effect:
        _close(id, trade, part, PartState.Refunded, 0);
    }

    /// @inheritdoc ITradeDesk
    function confirm(PartId id) external override {
        // Check:
        Trade memory trade = _checkBuyer(id);
        Part memory part = _checkStep(id, PartState.Delivered);

        // Effect:
        _close(id, trade, part, PartState.Released, part.amount);
    }

    /// @inheritdoc ITradeDesk
    function dispute(PartId id) external override {
        // Check:
        Trade memory trade = _checkBuyer(id);
        _checkStep(id, PartState.Delivered);

        // Effect:
        uint40 deadline = _enter(id, PartState.Disputed, rules.termsOf(trade.terms).rulingPeriod);

        emit AppealContested(BillId.wrap(PartId.unwrap(id)), trade.arbiter, 0, deadline);
    }

    /// @inheritdoc IArbitrable
    function rule(BillId bill, uint48 due) external override {
        // Check:
        PartId id = PartId.wrap(BillId.unwrap(bill));
        Trade memory trade = _tradeOf(id);
        if (trade.arbiter != msg.sender) revert TradeErrors.TradeDesk_NotArbiter(id, msg.sender);
        Part memory part = _checkStep(id, PartState.Disputed);
        if (due > part.amount) revert TradeErrors.TradeDesk_DueTooLarge(id, due, part.amount);

        // Effect:
        _parts[id].ruled = due;

        emit AppealRuled(bill, msg.sender, due);

        _close(id, trade, part, PartState.Ruled, due);
    }

    /// @inheritdoc ITradeDesk
    function expire(PartId id) external override {
        // Check:
        Part memory part = partOf(id);
        if (part.deadline == 0) revert TradeErrors.TradeDesk_WrongState(id, part.state);
        if (clock.time() < part.deadline) revert TradeErrors.TradeDesk_TooEarly(id, part.deadline);

        // Effect:
        PartState ending = PartState.Refunded;
        if (part.state == PartState.Funded) ending = PartState.NotDelivered;
        else if (part.state == PartState.Delivered) ending = PartState.Released;
        _close(id, _tradeOf(id), part, ending, ending == PartState.Released ? part.amount : 0);
    }

    /// @inheritdoc IArbitrable
    function arbiterOf(BillId bill) external view override returns (address) {
        return _tradeOf(PartId.wrap(BillId.unwrap(bill))).arbiter;
    }

    /// Ends an escrow of which the supplier gets `due` but its fee, and the buyer the rest but its own.
    function _close(PartId id, Trade memory trade, Part memory part, PartState ending, uint48 due) private {
        // By its deadline, where that ended it: the moment does not depend on who calls when.
        uint40 time = clock.time();
        Part storage stored = _parts[id];
        (stored.state, stored.deadline, stored.at) = (ending, 0, time < part.deadline ? time : part.deadline);
        Shares memory shares = _divide(trade, part.amount, due);
        _unlock(shares.supplier, due - shares.supplierFee);
        _unlock(treasurer, uint256(shares.buyerFee) + shares.supplierFee);
        _unlock(trade.buyer, shares.locked - due - shares.buyerFee);

        emit PartClosed(
            id,
            trade.buyer,
            shares.supplier,
            uint8(ending),
            shares.locked,
            due,
            shares.buyerFee,
            shares.supplierFee,
            trade.warned
        );
    }

    function _divide(Trade memory trade, uint256 amount, uint256 due) private returns (Shares memory shares) {
        uint256 ppm = rules.termsOf(trade.terms).feePpm;
        shares.supplier = ledger.supplierOwner(trade.supplier);
        shares.locked = uint48(amount + _feeOf(amount, ppm));
        shares.buyerFee = _charge(trade.buyer, _feeOf(due, ppm));
        shares.supplierFee = _charge(shares.supplier, _feeOf(due, ppm));
    }

    function _enter(PartId id, PartState state, uint32 period) private returns (uint40 deadline) {
        deadline = clock.time() + period;
        (_parts[id].state, _parts[id].deadline) = (state, deadline);
    }

    function _checkBuyer(PartId id) private view returns (Trade memory trade) {
        trade = _tradeOf(id);
        if (trade.buyer != msg.sender) revert TradeErrors.TradeDesk_NotPartsBuyer(id, msg.sender);
    }

    function _checkStep(PartId id, PartState state) private view returns (Part memory part) {
        part = partOf(id);
        if (part.state != state) revert TradeErrors.TradeDesk_WrongState(id, part.state);
        if (clock.time() >= part.deadline) revert TradeErrors.TradeDesk_DeadlineOver(id, part.deadline);
    }
}
