// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IFairClock} from "../interfaces/IFairClock.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {ITradeDesk} from "../interfaces/ITradeDesk.sol";
import {ITradeRules} from "../interfaces/ITradeRules.sol";
import {Errors} from "../libraries/Errors.sol";
import {TradeErrors} from "../libraries/TradeErrors.sol";
import {Splitting} from "../libraries/Splitting.sol";
import {SupplierId} from "../types/Ids.sol";
import {Offer, OfferId, OfferRequest, Refusal, Terms, Trade, TradeId} from "../types/Trade.sol";
import {TradeMoney} from "./TradeMoney.sol";

/// Offers, and purchases split into parts.
abstract contract TradeOffers is TradeMoney {
    /// The most parts of a purchase.
    uint256 public constant MAX_PARTS = type(uint16).max;

    /// @inheritdoc ITradeDesk
    ITradeRules public immutable override rules;
    /// Knows who owns a supplier, fixed at deployment.
    IPaymentLedger public immutable ledger;
    /// The clock that deadlines run by, fixed at deployment.
    IFairClock public immutable clock;

    uint32 private _offerCount;
    uint48 private _tradeCount;
    mapping(OfferId offer => Offer) private _offers;
    mapping(TradeId trade => Trade) internal _trades;

    constructor(ITradeRules rules_, IFairClock clock_, IPaymentLedger ledger_) {
        (rules, clock, ledger) = (rules_, clock_, ledger_);
    }

    /// @inheritdoc ITradeDesk
    function publish(OfferRequest calldata request) external override returns (OfferId offer) {
        // Check:
        _checkSupplier(request.supplier);
        (Refusal reason, uint256 value, uint256 bound) = examine(request);
        if (reason != Refusal.None) revert TradeErrors.TradeDesk_OfferRefused(reason, value, bound);

        // Effect:
        offer = OfferId.wrap(++_offerCount);
        Offer memory one = Offer({
            supplier: request.supplier,
            category: request.category,
            unitPrice: request.unitPrice,
            quantity: request.quantity,
            deliveryDays: request.deliveryDays,
            instalments: request.instalments,
            warned: rules.isAbnormalPrice(request.category, request.unitPrice)
        });
        _offers[offer] = one;

        emit OfferPublished(
            offer,
            one.supplier,
            one.category,
            one.unitPrice,
            one.quantity,
            one.deliveryDays,
            one.instalments,
            one.warned
        );
    }

    /// @inheritdoc ITradeDesk
    function withdrawOffer(OfferId offer) external override {
        // Check:
        _checkSupplier(_offers[offer].supplier);

        // Effect:
        _offers[offer].quantity = 0;

        emit OfferWithdrawn(offer, _offers[offer].warned);
    }

    /// @inheritdoc ITradeDesk
    function buy(OfferId offer, uint32 quantity) external override returns (TradeId trade) {
        // Check:
        Offer memory one = offerOf(offer);
        if (quantity == 0 || quantity > one.quantity) {
            revert TradeErrors.TradeDesk_QuantityNotOffered(offer, quantity, one.quantity);
        }
        address owner = ledger.supplierOwner(one.supplier);
        if (owner == msg.sender) revert TradeErrors.TradeDesk_OwnOffer(offer);
        _checkStanding(msg.sender);
        _checkStanding(owner);

        // Effect:
        _offers[offer].quantity = one.quantity - quantity;
        trade = TradeId.wrap(++_tradeCount);
        _trades[trade] = _tradeFor(offer, one, quantity);

        _emitBought(trade, quantity);
    }

    /// @inheritdoc ITradeDesk
    function examine(OfferRequest calldata request)
        public
        view
        override
        returns (Refusal reason, uint256 value, uint256 bound)
    {
        (reason, value, bound) = rules.examine(request);
        if (reason != Refusal.None || standing.mayTrade(ledger.supplierOwner(request.supplier))) {
            return (reason, value, bound);
        }
        return (Refusal.Standing, SupplierId.unwrap(request.supplier), 0);
    }

    /// @inheritdoc ITradeDesk
    function offerOf(OfferId offer) public view override returns (Offer memory) {
        return _offers[offer];
    }

    /// @inheritdoc ITradeDesk
    function tradeOf(TradeId trade) public view override returns (Trade memory) {
        return _trades[trade];
    }

    function _checkSupplier(SupplierId supplier) internal view {
        if (ledger.supplierOwner(supplier) != msg.sender) {
            revert TradeErrors.TradeDesk_NotSupplierOwner(supplier, msg.sender);
        }
    }

    function _checkStanding(address party) private view {
        if (!standing.mayTrade(party)) revert TradeErrors.TradeDesk_StandingTooLow(party);
    }

    function _tradeFor(OfferId offer, Offer memory one, uint256 quantity) private view returns (Trade memory) {
        uint32 version = rules.termsVersion();
        Terms memory terms = rules.termsOf(version);
        uint256 total = quantity * one.unitPrice;
        if (total > type(uint48).max) revert TradeErrors.TradeDesk_AmountTooLarge(total);
        (uint256 parts, uint256 last) = Splitting.split(total, terms.first, terms.splitAbove);
        if (parts > MAX_PARTS) revert TradeErrors.TradeDesk_TooManyParts(parts, MAX_PARTS);
        return Trade({
            buyer: msg.sender,
            offer: offer,
            supplier: one.supplier,
            parts: uint16(parts),
            begun: 0,
            arbiter: rules.arbiter(),
            total: uint48(total),
            last: uint48(last),
            terms: version,
            payBy: clock.time() + terms.payPeriod,
            deliveryDays: one.deliveryDays,
            instalments: one.instalments,
            warned: one.warned
        });
    }

    function _emitBought(TradeId id, uint32 quantity) private {
        Trade memory trade = tradeOf(id);
        emit Bought(
            id,
            trade.offer,
            trade.buyer,
            quantity,
            trade.total,
            trade.parts,
            trade.last,
            trade.terms,
            trade.payBy,
            trade.warned
        );
    }
}
