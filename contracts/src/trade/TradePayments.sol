// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ITradeDesk} from "../interfaces/ITradeDesk.sol";
import {Errors} from "../libraries/Errors.sol";
import {TradeErrors} from "../libraries/TradeErrors.sol";
import {Part, PartId, PartState, Payment, Terms, Trade, TradeId} from "../types/Trade.sol";
import {TradeOffers} from "./TradeOffers.sol";

/// The parts of a purchase: begun in order, paid directly, in instalments, or into escrow.
abstract contract TradePayments is TradeOffers {
    mapping(PartId part => Part) internal _parts;

    /// @inheritdoc ITradeDesk
    function pay(TradeId id, Payment payment, uint8 instalments) external override returns (PartId part) {
        // Check:
        Trade memory trade = tradeOf(id);
        if (trade.buyer != msg.sender) revert TradeErrors.TradeDesk_NotBuyer(id, msg.sender);
        if (trade.begun == trade.parts) revert TradeErrors.TradeDesk_NothingToPay(id);
        if (clock.time() >= trade.payBy) revert TradeErrors.TradeDesk_TooLate(id, trade.payBy);
        (bool free, uint48 amount) = _choice(trade);
        if (payment != Payment.Escrow && !free) revert TradeErrors.TradeDesk_EscrowOnly(id, amount);

        // Effect:
        part = PartId.wrap((uint64(TradeId.unwrap(id)) << 16) | trade.begun);
        _trades[id].begun = trade.begun + 1;
        if (payment == Payment.Direct) _payDirectly(part, trade, amount);
        else if (payment == Payment.Escrow) _fund(part, trade, amount);
        else _payFirst(part, trade, amount, instalments);
    }

    /// @inheritdoc ITradeDesk
    function payInstalments(PartId id, uint8 count) external override {
        // Check:
        Part memory part = partOf(id);
        if (part.state != PartState.Instalments && part.state != PartState.Overdue) {
            revert TradeErrors.TradeDesk_WrongState(id, part.state);
        }
        if (count == 0 || count > part.instalments - part.paid) {
            revert TradeErrors.TradeDesk_InstalmentCount(id, count, part.instalments - part.paid);
        }

        // Effect:
        Trade memory trade = _tradeOf(id);
        uint256 amount = _owed(part, count);
        uint256 passed = _passed(trade, part);
        // Instalment number n is late if n <= passed: of those paid now, the lowest `passed + 1 - paid`.
        if (passed >= part.paid) {
            uint256 end = passed + 1 < part.paid + count ? passed + 1 : part.paid + count;
            part.late |= uint32((1 << end) - (1 << part.paid));
        }
        part.paid += count;
        if (part.paid == part.instalments) part.state = PartState.Paid;
        else if (part.paid > passed) part.state = PartState.Instalments;
        _parts[id] = part;
        _transfer(id, trade, msg.sender, amount);
    }

    /// @inheritdoc ITradeDesk
    function markOverdue(PartId id) external override {
        // Check:
        Part memory part = partOf(id);
        (uint48 owed, uint40 since) = overdueOf(id);
        if (owed == 0 || part.state == PartState.Overdue) revert TradeErrors.TradeDesk_NotOverdue(id);

        // Effect:
        _parts[id].state = PartState.Overdue;

        Trade memory trade = _tradeOf(id);
        emit InstalmentOverdue(id, trade.buyer, part.paid, owed, since, trade.warned);
    }

    /// @inheritdoc ITradeDesk
    function choiceOf(TradeId trade) external view override returns (bool free, uint48 amount) {
        return _choice(tradeOf(trade));
    }

    /// @inheritdoc ITradeDesk
    function overdueOf(PartId id) public view override returns (uint48 owed, uint40 since) {
        Part memory part = partOf(id);
        if (part.state != PartState.Instalments && part.state != PartState.Overdue) return (0, 0);
        Trade memory trade = _tradeOf(id);
        uint256 passed = _passed(trade, part);
        if (passed < part.paid) return (0, 0);
        uint256 number = part.paid;
        owed = uint48(_owed(part, (passed + 1 < part.instalments ? passed + 1 : part.instalments) - number));
        since = _dueAt(trade, part, number);
    }

    /// @inheritdoc ITradeDesk
    function partOf(PartId part) public view override returns (Part memory) {
        return _parts[part];
    }

    function _payDirectly(PartId id, Trade memory trade, uint48 amount) private {
        Part storage part = _parts[id];
        (part.state, part.amount, part.at) = (PartState.Paid, amount, clock.time());
        _transfer(id, trade, msg.sender, amount);
    }

    function _payFirst(PartId id, Trade memory trade, uint48 amount, uint8 instalments) private {
        if (instalments < 2 || instalments > trade.instalments || instalments > amount) {
            revert TradeErrors.TradeDesk_InstalmentsNotTaken(id, instalments, trade.instalments);
        }
        if (!standing.mayPayLater(msg.sender)) revert TradeErrors.TradeDesk_StandingTooLow(msg.sender);
        Part storage part = _parts[id];
        (part.state, part.amount, part.at) = (PartState.Instalments, amount, clock.time());
        (part.instalments, part.paid) = (instalments, 1);
        emit PartInInstalments(id, instalments, part.at, rules.termsOf(trade.terms).instalmentPeriod, trade.warned);
        _transfer(id, trade, msg.sender, amount / instalments);
    }

    function _fund(PartId id, Trade memory trade, uint48 amount) private {
        uint256 locked = amount + _feeOf(amount, rules.termsOf(trade.terms).feePpm);
        _lock(msg.sender, locked);
        Part storage part = _parts[id];
        (part.state, part.amount) = (PartState.Funded, amount);
        part.deadline = clock.time() + uint40(trade.deliveryDays) * 1 days;
        emit PartFunded(id, msg.sender, uint48(locked), part.deadline, trade.warned);
    }

    /// From the payer to the supplier, each less its fee.
    function _transfer(PartId id, Trade memory trade, address payer, uint256 amount) private {
        address supplier = ledger.supplierOwner(trade.supplier);
        uint256 fee = _feeOf(amount, rules.termsOf(trade.terms).feePpm);
        uint48 payerFee = _charge(payer, fee);
        uint48 supplierFee = _charge(supplier, fee);
        _debit(payer, amount + payerFee);
        _credit(supplier, amount - supplierFee);
        _credit(treasurer, uint256(payerFee) + supplierFee);

        emit PartPaid(id, payer, supplier, uint48(amount), payerFee, supplierFee, trade.warned);
    }

    /// Whether the next part's payment is the buyer's to choose, and its amount.
    function _choice(Trade memory trade) private view returns (bool free, uint48 amount) {
        if (trade.begun == trade.parts) return (false, 0);
        Terms memory terms = rules.termsOf(trade.terms);
        amount = trade.begun + 1 < trade.parts ? terms.first : trade.last;
        free = amount < terms.second && balanceOf[trade.buyer] * PPM >= uint256(amount) * terms.balancePpm;
    }

    function _tradeOf(PartId part) internal view returns (Trade memory) {
        return tradeOf(TradeId.wrap(uint48(PartId.unwrap(part) >> 16)));
    }

    /// What the next `count` instalments come to: equal ones, rounded down, and the last with the rest.
    function _owed(Part memory part, uint256 count) internal pure returns (uint256) {
        uint256 each = part.amount / part.instalments;
        if (part.paid + count < part.instalments) return each * count;
        return part.amount - each * part.paid;
    }

    /// The last instalment whose time is over, whether or not it was paid. The first one, number 0, is paid at once.
    function _passed(Trade memory trade, Part memory part) private view returns (uint256) {
        return (clock.time() - part.at) / rules.termsOf(trade.terms).instalmentPeriod;
    }

    /// From when on an instalment is late.
    function _dueAt(Trade memory trade, Part memory part, uint256 number) internal view returns (uint40) {
        return part.at + uint40(number) * rules.termsOf(trade.terms).instalmentPeriod;
    }
}
