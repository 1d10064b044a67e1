// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BillId, SupplierId} from "../types/Ids.sol";
import {ChangeId, Source} from "../types/Standing.sol";
import {OfferId, PartId, PartState, Refusal, TradeId} from "../types/Trade.sol";

/// The errors of the trade desk, its rules and the credit standing, as Errors has those of the others.
interface TradeErrors {
    /* TRADE DESK */

    /// Thrown when an amount is larger than the desk's sums or a purchase can be.
    error TradeDesk_AmountTooLarge(uint256 amount);
    /// Thrown when the currency answers that it did not move the money.
    error TradeDesk_TransferFailed();
    /// Thrown when money would be paid out to the desk.
    error TradeDesk_ToItself();
    /// Thrown when a frozen party would withdraw.
    error TradeDesk_Frozen(address party);
    /// Thrown when more is asked of a balance than it has.
    error TradeDesk_InsufficientBalance(address party, uint256 balance, uint256 amount);
    /// Thrown when a fee would exceed its bound, ppm.
    error TradeRules_FeeTooHigh(uint256 fee, uint256 highest);
    /// Thrown when a period is zero or exceeds its bound.
    error TradeRules_PeriodOutOfBounds(uint256 period, uint256 longest);
    /// Thrown when a price range has no price in it.
    error TradeRules_RangeEmpty(uint256 low, uint256 high);
    /// Thrown when the caller does not own the supplier, or there is no such supplier.
    error TradeDesk_NotSupplierOwner(SupplierId supplier, address caller);
    /// Thrown when an offer fails the discriminating parameters of its category: what fails, its value and the bound.
    error TradeDesk_OfferRefused(Refusal reason, uint256 value, uint256 bound);
    /// Thrown when more, or nothing, is bought of an offer than is left.
    error TradeDesk_QuantityNotOffered(OfferId offer, uint256 quantity, uint256 left);
    /// Thrown when a supplier would buy from itself.
    error TradeDesk_OwnOffer(OfferId offer);
    /// Thrown when a party is suspended or banned, or its value too low to pay in instalments.
    error TradeDesk_StandingTooLow(address party);
    /// Thrown when a purchase would be split into more parts than can be counted.
    error TradeDesk_TooManyParts(uint256 parts, uint256 most);
    /// Thrown when another than the buyer would pay for a purchase.
    error TradeDesk_NotBuyer(TradeId trade, address caller);
    /// Thrown when all parts of a purchase are begun.
    error TradeDesk_NothingToPay(TradeId trade);
    /// Thrown when a part is to be begun after its time.
    error TradeDesk_TooLate(TradeId trade, uint256 payBy);
    /// Thrown when a part is paid by another way than escrow and it or the buyer's balance does not allow it.
    error TradeDesk_EscrowOnly(TradeId trade, uint256 amount);
    /// Thrown when there are fewer than two instalments, or more than the supplier takes or the amount has units.
    error TradeDesk_InstalmentsNotTaken(PartId part, uint256 instalments, uint256 most);
    /// Thrown when no instalment is paid, or more than are left.
    error TradeDesk_InstalmentCount(PartId part, uint256 count, uint256 left);
    /// Thrown when no instalment is overdue, or someone has said so.
    error TradeDesk_NotOverdue(PartId part);
    /// Thrown when a part is not in a state that the step needs.
    error TradeDesk_WrongState(PartId part, PartState state);
    /// Thrown when another than the buyer confirms or disputes.
    error TradeDesk_NotPartsBuyer(PartId part, address caller);
    /// Thrown when a step comes after its deadline.
    error TradeDesk_DeadlineOver(PartId part, uint256 deadline);
    /// Thrown when a part is to expire before its deadline.
    error TradeDesk_TooEarly(PartId part, uint256 deadline);
    /// Thrown when another than a dispute's arbiter rules.
    error TradeDesk_NotArbiter(PartId part, address caller);
    /// Thrown when more is ruled to be due than the part.
    error TradeDesk_DueTooLarge(PartId part, uint256 due, uint256 amount);
    /// Thrown when a total is to be split above less than a part, or into parts of nothing.
    error Splitting_ConditionBelowPart(uint256 first, uint256 above);

    /* CREDIT STANDING */

    /// Thrown when nothing that is reported counts: the first event counted before, or does not yet.
    error CreditStanding_NothingCounts(Source source, uint256 id);
    /// Thrown when a bill that is reported is not what its batch committed to.
    error CreditStanding_NotCommitted(BillId bill);
    /// Thrown when a party appeals what is not a penalty of its own.
    error CreditStanding_NotPenalized(ChangeId change, address caller);
    /// Thrown when a penalty is appealed again, or after its time.
    error CreditStanding_NotAppealable(ChangeId change);
    /// Thrown when another than the appeal's arbiter rules, or there is no appeal.
    error CreditStanding_NotArbiter(ChangeId change, address caller);
    /// Thrown when a ruling comes after its deadline, or a second time.
    error CreditStanding_DeadlineOver(ChangeId change, uint256 deadline);
    /// Thrown when a ruling would keep more points than the penalty took.
    error CreditStanding_KeptTooLarge(ChangeId change, uint256 kept, uint256 points);
    /// Thrown when rules contradict themselves or exceed their bounds.
    error CreditStanding_RulesMalformed();
    /// Thrown when farming a reward would cost no more than it is worth: fees for as many points, against the reward
    /// times as many points.
    error CreditStanding_FarmingPays(uint256 cost, uint256 worth);
}
