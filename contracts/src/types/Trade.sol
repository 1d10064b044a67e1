// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SupplierId} from "./Ids.sol";

/// An offer; counted from 1.
type OfferId is uint32;

/// A purchase; counted from 1.
type TradeId is uint48;

/// A part of a purchase, which is paid on its own: trade << 16 | index, from 0. Disputes know it as a BillId.
type PartId is uint64;

/// What an offer fails that is refused.
enum Refusal {
    None,
    UnknownCategory,
    PriceTooLow,
    PriceTooHigh,
    QuantityOutOfBounds,
    DeliveryOutOfBounds,
    TooManyInstalments,
    Standing
}

/// How a part is paid.
enum Payment {
    Direct,
    Instalments,
    Escrow
}

enum PartState {
    None,
    // direct, or the last instalment
    Paid,
    // some instalments are to come; Overdue: one of them should have come, and someone has said so
    Instalments,
    Overdue,
    // in escrow
    Funded,
    Delivered,
    Disputed,
    // out of it
    Released,
    Refunded,
    NotDelivered,
    Ruled
}

/// The discriminating parameters of a category: what an offer in it must keep to.
struct Category {
    /// Minor units a piece, both ends included.
    uint48 minPrice;
    uint48 maxPrice;
    /// Pieces.
    uint32 maxQuantity;
    /// Days.
    uint16 maxDeliveryDays;
    /// Whether there is such a category.
    bool open;
}

/// A request to publish an offer.
struct OfferRequest {
    SupplierId supplier;
    uint16 category;
    /// Minor units a piece.
    uint48 unitPrice;
    /// Pieces.
    uint32 quantity;
    /// Days from the funding of an escrow to the delivery.
    uint16 deliveryDays;
    /// The most instalments that the supplier takes, 0 or 1 for none.
    uint8 instalments;
}

/// A published offer; fields as in the request.
struct Offer {
    SupplierId supplier;
    uint16 category;
    uint48 unitPrice;
    /// Pieces left.
    uint32 quantity;
    uint16 deliveryDays;
    uint8 instalments;
    /// The unit price lay outside the normal range when the offer was published.
    bool warned;
}

/// The terms of trade, by version.
struct Terms {
    /// First control threshold: what is split off at a time, minor units.
    uint48 first;
    /// The instalment condition: a total above it is split, minor units; at least the first threshold.
    uint48 splitAbove;
    /// Second control threshold: from it on a part is paid by escrow only, minor units.
    uint48 second;
    /// The balance condition: what part of the amount a buyer must have at the desk to choose, ppm.
    uint32 balancePpm;
    /// The fee that buyer and supplier pay each, ppm of what the supplier gets.
    uint32 feePpm;
    /// Fair time in seconds: to begin all parts of a purchase, to confirm or dispute a delivery, to rule, and from one
    /// instalment to the next.
    uint32 payPeriod;
    uint32 confirmPeriod;
    uint32 rulingPeriod;
    uint32 instalmentPeriod;
}

/// A purchase.
struct Trade {
    address buyer;
    OfferId offer;
    SupplierId supplier;
    /// Parts, and how many of them are begun, in order.
    uint16 parts;
    uint16 begun;
    /// Whoever rules on its disputes; zero for nobody.
    address arbiter;
    /// Minor units.
    uint48 total;
    uint48 last;
    /// Version of the terms.
    uint32 terms;
    /// Fair time in seconds: from then on no further part can be begun.
    uint40 payBy;
    uint16 deliveryDays;
    uint8 instalments;
    bool warned;
}

/// A part of a purchase.
struct Part {
    PartState state;
    /// Minor units, without the fees.
    uint48 amount;
    /// Fair time in seconds: when the present state can be ended by anyone; 0 where it cannot.
    uint40 deadline;
    /// Fair time in seconds: when it ended, or, of instalments, when the first was paid.
    uint40 at;
    /// Instalments in all, and how many are paid.
    uint8 instalments;
    uint8 paid;
    /// A bit an instalment that was paid late.
    uint32 late;
    /// What the supplier got of a disputed one, minor units.
    uint48 ruled;
}

/// The normal price range of a category.
struct PriceRange {
    /// Minor units a piece, both ends included; high is 0 where there is none yet.
    uint48 low;
    uint48 high;
    /// How often it was set.
    uint32 round;
}
