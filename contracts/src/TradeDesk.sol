// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IFairClock} from "./interfaces/IFairClock.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {IStanding} from "./interfaces/IStanding.sol";
import {ITradeDesk} from "./interfaces/ITradeDesk.sol";
import {ITradeRules} from "./interfaces/ITradeRules.sol";
import {Conduct, Fact, Source} from "./types/Standing.sol";
import {Part, PartId, PartState, Trade, TradeId} from "./types/Trade.sol";
import {TradeEscrow} from "./trade/TradeEscrow.sol";
import {TradeMoney} from "./trade/TradeMoney.sol";
import {TradeOffers} from "./trade/TradeOffers.sol";

/// Purchases of all kinds from the ledger's suppliers, under a risk control.
///
/// Its money lies here and not in the ledger: the ledger's books are of bills, and a fault here cannot reach them.
///
/// Trusted: the arbiter, for disputed parts up to their amount. Assumed: the currency moves exactly what it is told to. Its issuer can freeze the desk, other than
/// the ledger: all of the desk's money then waits.
contract TradeDesk is TradeEscrow {
    constructor(IFairClock clock_, IPaymentLedger ledger_, ITradeRules rules_, IStanding standing_, address treasurer_)
        TradeMoney(ledger_.currency(), standing_, treasurer_)
        TradeOffers(rules_, clock_, ledger_)
    {}

    /// @inheritdoc ITradeDesk
    function factOf(Source source, uint72 id) external view override returns (Fact memory fact) {
        if (source == Source.Instalment) return _ofInstalment(PartId.wrap(uint64(id >> 8)), uint8(id));
        // An id with more bits than there are would be another name of the same event.
        if (source == Source.Trade) return id > type(uint48).max ? fact : _ofTrade(TradeId.wrap(uint48(id)));
        if (id > type(uint64).max) return fact;
        if (source == Source.Buyer) return _ofBuyer(PartId.wrap(uint64(id)));
        if (source == Source.Seller) return _ofSeller(PartId.wrap(uint64(id)));
    }

    function _ofInstalment(PartId id, uint8 number) private view returns (Fact memory fact) {
        Part memory part = partOf(id);
        if (number >= part.instalments) return fact;
        Trade memory trade = _tradeOf(id);
        (fact.party, fact.at) = (trade.buyer, _dueAt(trade, part, number));
        if (number < part.paid) {
            fact.conduct = (part.late >> number) & 1 == 1 ? Conduct.PaidLate : Conduct.PaidInTime;
            fact.fee = _fee(trade, part.amount / part.instalments);
        } else if (clock.time() >= fact.at) {
            fact.conduct = Conduct.PaidLate;
        }
    }

    function _ofBuyer(PartId id) private view returns (Fact memory fact) {
        Part memory part = partOf(id);
        Trade memory trade = _tradeOf(id);
        (fact.party, fact.at, fact.fee) = (trade.buyer, part.at, _fee(trade, part.amount));
        bool paid = part.state == PartState.Paid && part.instalments == 0;
        if (paid || part.state == PartState.Released) fact.conduct = Conduct.PaidInTime;
        else if (part.state == PartState.Ruled && part.ruled == part.amount) fact.conduct = Conduct.DisputeLost;
    }

    function _ofSeller(PartId id) private view returns (Fact memory fact) {
        Part memory part = partOf(id);
        Trade memory trade = _tradeOf(id);
        (fact.party, fact.at) = (ledger.supplierOwner(trade.supplier), part.at);
        fact.fee = _fee(trade, part.amount);
        if (part.state == PartState.Released) fact.conduct = Conduct.Delivered;
        else if (part.state == PartState.NotDelivered) fact.conduct = Conduct.NotDelivered;
        else if (part.state == PartState.Ruled && part.ruled == 0) fact.conduct = Conduct.DisputeLost;
    }

    /// Of a purchase that its buyer left, only: parts that were begun are facts of their own.
    function _ofTrade(TradeId id) private view returns (Fact memory fact) {
        Trade memory trade = tradeOf(id);
        (fact.party, fact.at) = (trade.buyer, trade.payBy);
        if (trade.begun < trade.parts && clock.time() >= trade.payBy) fact.conduct = Conduct.Abandoned;
    }

    function _fee(Trade memory trade, uint256 amount) private view returns (uint48) {
        return uint48(_feeOf(amount, rules.termsOf(trade.terms).feePpm));
    }
}
