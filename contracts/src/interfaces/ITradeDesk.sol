// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SupplierId} from "../types/Ids.sol";
import {Fact, Source} from "../types/Standing.sol";
import {Offer, OfferId, OfferRequest, Part, PartId, Payment, Refusal, Trade, TradeId} from "../types/Trade.sol";
import {IArbitrable} from "./IArbiter.sol";
import {IDigitalCurrency} from "./IDigitalCurrency.sol";
import {IStanding} from "./IStanding.sol";
import {ITradeRules} from "./ITradeRules.sol";

/// Purchases from suppliers of every kind, under a risk control: what may be published, how a total is split, how each
/// part is paid. Keeps the money of buyers and suppliers itself, apart from the ledger's, which it cannot reach; pays
/// out only to who withdraws. Amounts are minor units of the currency, times fair time in seconds (IFairClock).
///
/// A part in escrow: Funded → Delivered → Released | Disputed → Ruled; not delivered in time, refunded or without a
/// ruling the buyer has it back. A step is refused from its deadline on, `expire` before it. The arbiter rules by
/// IArbitrable.rule, in which the bill stands for the part and `due` for what the supplier gets of it.
///
/// `warned` in an event: the offer's price lay outside the normal range of its category.
interface ITradeDesk is IArbitrable {
    /* EVENTS: MONEY */

    event Deposited(address indexed party, address indexed from, uint256 amount);
    event Withdrawn(address indexed party, address indexed to, uint256 amount);
    /// `amount` moved from the payer's balance to the supplier's, each less its fee.
    event PartPaid(
        PartId indexed part,
        address indexed payer,
        address indexed supplier,
        uint48 amount,
        uint48 payerFee,
        uint48 supplierFee,
        bool warned
    );
    /// `locked` left the buyer's balance for the escrow of a part: its amount and the fee at the most.
    event PartFunded(PartId indexed part, address indexed buyer, uint48 locked, uint40 deadline, bool warned);
    /// An escrow ended in `state`: of `due` the supplier got all but its fee, the buyer what is left of `locked`.
    event PartClosed(
        PartId indexed part,
        address indexed buyer,
        address indexed supplier,
        uint8 state,
        uint48 locked,
        uint48 due,
        uint48 buyerFee,
        uint48 supplierFee,
        bool warned
    );

    /* EVENTS: TRADES */

    event OfferPublished(
        OfferId indexed offer,
        SupplierId indexed supplier,
        uint16 indexed category,
        uint48 unitPrice,
        uint32 quantity,
        uint16 deliveryDays,
        uint8 instalments,
        bool warned
    );
    event OfferWithdrawn(OfferId indexed offer, bool warned);
    /// A purchase was split into `parts`, all but the last of the first control threshold.
    event Bought(
        TradeId indexed trade,
        OfferId indexed offer,
        address indexed buyer,
        uint32 quantity,
        uint48 total,
        uint16 parts,
        uint48 last,
        uint32 terms,
        uint40 payBy,
        bool warned
    );
    event PartInInstalments(PartId indexed part, uint8 instalments, uint40 first, uint32 period, bool warned);
    /// The instalments from `number` on, the first one due at `dueAt`, should have been paid: `owed` minor units.
    event InstalmentOverdue(
        PartId indexed part, address indexed buyer, uint8 number, uint48 owed, uint40 dueAt, bool warned
    );
    event PartDelivered(PartId indexed part, uint40 deadline, bool warned);

    /* MONEY */

    /// Pays into a party's balance from the caller's currency.
    function deposit(address party, uint256 amount) external;
    /// Pays out of the caller's balance. A frozen caller waits.
    function withdraw(uint256 amount, address to) external;

    /* SUPPLIER'S STEPS */

    /// Publishes an offer that keeps to the discriminating parameters of its category, or is refused with the reason. A
    /// price outside the normal range is no reason: the offer is warned of.
    function publish(OfferRequest calldata request) external returns (OfferId offer);
    /// Takes back what is left of an offer.
    function withdrawOffer(OfferId offer) external;
    /// Says that a part in escrow is delivered.
    function markDelivered(PartId part) external;
    /// Gives a part in escrow back, in any state that has not ended.
    function refund(PartId part) external;

    /* BUYER'S STEPS */

    /// Buys pieces of an offer: the total is split into parts, of which nothing is paid yet.
    function buy(OfferId offer, uint32 quantity) external returns (TradeId trade);
    /// Begins the next part of a purchase: pays it, or the first of 2 to 24 `instalments`, or funds its escrow. Below the
    /// second control threshold, with enough balance, the buyer chooses; otherwise only escrow is taken.
    function pay(TradeId trade, Payment payment, uint8 instalments) external returns (PartId part);
    /// Confirms a delivery.
    function confirm(PartId part) external;
    /// Disputes a delivery.
    function dispute(PartId part) external;

    /* ANYONE'S STEPS */

    /// Pays the next instalments of a part from the caller's balance, early or late, whatever anyone's standing.
    function payInstalments(PartId part, uint8 count) external;
    /// Says that an instalment is overdue.
    function markOverdue(PartId part) external;
    /// Ends what a deadline has ended: what was not delivered and what nobody ruled on goes back, what the buyer did not
    /// dispute to the supplier.
    function expire(PartId part) external;

    /* VIEWS */

    /// What governor and operators set, fixed at deployment.
    function rules() external view returns (ITradeRules);
    /// The currency that the desk keeps.
    function currency() external view returns (IDigitalCurrency);
    /// Whom the desk asks for standings.
    function standing() external view returns (IStanding);
    /// Who gets the fees.
    function treasurer() external view returns (address);
    /// What a party may withdraw or pay with, minor units.
    function balanceOf(address party) external view returns (uint256);
    /// What a party was let off of its fee credit, minor units.
    function creditUsed(address party) external view returns (uint256);
    /// Sums of all balances and of all escrows, minor units.
    function totals() external view returns (uint256 balances, uint256 escrowed);
    /// Why an offer would be refused, with the value that fails and its bound.
    function examine(OfferRequest calldata request) external view returns (Refusal reason, uint256 value, uint256 bound);
    /// Whether the buyer may choose how the next part is paid, and its amount.
    function choiceOf(TradeId trade) external view returns (bool free, uint48 amount);
    /// What a party did, for its standing.
    function factOf(Source source, uint72 id) external view returns (Fact memory);
    /// What of a part's instalments is overdue: how much, and since when; zeros for nothing.
    function overdueOf(PartId part) external view returns (uint48 owed, uint40 since);
    /// An offer; zeros where there is none.
    function offerOf(OfferId offer) external view returns (Offer memory);
    /// A purchase; zeros where there is none.
    function tradeOf(TradeId trade) external view returns (Trade memory);
    /// A part of a purchase; state None where it is not begun.
    function partOf(PartId part) external view returns (Part memory);
}
