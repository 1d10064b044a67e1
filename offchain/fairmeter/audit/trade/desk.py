"""The trade desk's books, kept again from its events: each event is what plain rules make of those before it.

Fair time is taken for the blocks' time: a run at the desk has no pauses, and a bundle with one differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from fairmeter.audit.findings import Finding
from fairmeter.audit.trade.events import Happened
from fairmeter.audit.trade.money import Money
from fairmeter.audit.trade.parts import (
    Offer,
    Part,
    Trade,
    buyer_fact,
    instalment_fact,
    seller_fact,
    split,
    trade_fact,
)
from fairmeter.audit.trade.prices import Prices
from fairmeter.contracts.trading import record_of
from fairmeter.risk.standing import Fact, Standings
from fairmeter.risk.terms import PartState, Source, Terms
from fairmeter.units import PPM, SECONDS_A_DAY

MONEY, GATED, FREE = "TRADE-01", "TRADE-02", "TRADE-03"
LIVE: Final = frozenset({PartState.FUNDED, PartState.DELIVERED, PartState.DISPUTED})
OWING: Final = frozenset({PartState.INSTALMENTS, PartState.OVERDUE})
AFTER_DEADLINE: Final = {
    PartState.FUNDED: PartState.NOT_DELIVERED,
    PartState.DELIVERED: PartState.RELEASED,
    PartState.DISPUTED: PartState.REFUNDED,
}
IN_TIME: Final = {
    PartState.RELEASED: frozenset({PartState.DELIVERED}),
    PartState.REFUNDED: LIVE,
    PartState.RULED: frozenset({PartState.DISPUTED}),
}
"""What ends an escrow before its deadline, and in which states."""


class Desk:
    """Offers, purchases, parts and money; `findings` are what differs, `counts` what was compared, by check."""

    def __init__(self, owners: Mapping[int, bytes], standings: Standings, prices: Prices, treasurer: bytes) -> None:
        self.owners, self.standings, self.prices, self._treasurer = owners, standings, prices, treasurer
        self.money = Money(standings)
        self.offers: dict[int, Offer] = {}
        self.trades: dict[int, Trade] = {}
        self.parts: dict[int, Part] = {}
        self.findings: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self.terms: list[Terms] = []
        self._one = Happened(0, "", "", {})
        self._now = 0
        self._ruling: int | None = None
        """Of the ruling whose part is closed next."""
        self._handlers: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "Deposited": self._deposited,
            "Withdrawn": self._withdrawn,
            "OfferPublished": self._published,
            "OfferWithdrawn": self._offer_withdrawn,
            "Bought": self._bought,
            "PartInInstalments": self._in_instalments,
            "PartPaid": self._paid,
            "PartFunded": self._funded,
            "PartDelivered": self._delivered,
            "AppealContested": self._disputed,
            "AppealRuled": self._ruled,
            "PartClosed": self._closed,
            "InstalmentOverdue": self._overdue,
        }

    def apply(self, one: Happened, now: int) -> None:
        """An event of the desk's, at `now` in Unix seconds."""
        self._one, self._now = one, now
        self._handlers[one.name](one.arguments)

    def set_terms(self, arguments: Mapping[str, Any]) -> None:
        """An event of the rules'."""
        self.terms.append(record_of(Terms, arguments["terms"]))

    def fact(self, source: int, id_: int, now: int) -> Fact | None:
        """What a source says of an event; None where it says nothing that counts."""
        if source == Source.TRADE:
            trade = self.trades.get(id_)
            return None if trade is None else trade_fact(trade, now)
        part = self.parts.get(id_ >> 8 if source == Source.INSTALMENT else id_)
        if part is None:
            return None
        if source == Source.INSTALMENT:
            return instalment_fact(part, id_ & 0xFF, now)
        return {Source.BUYER: buyer_fact, Source.SELLER: seller_fact}[Source(source)](part)

    def same(self, check: str, what: str, expected: object, found: object) -> None:
        """Compare, and note what differs."""
        self.counts[check] += 1
        if expected != found:
            where = f"transaction {self._one.transaction}, {self._one.name}, {what}"
            self.findings.append(Finding(check, where, _shown(expected), _shown(found)))

    # money

    def _deposited(self, event: Mapping[str, Any]) -> None:
        self.money.balances[event["party"]] += event["amount"]

    def _withdrawn(self, event: Mapping[str, Any]) -> None:
        self._take(event["party"], event["amount"])
        self._open(event["party"])

    def _open(self, party: bytes) -> None:
        """Counts what was open to a party that may not trade."""
        self.counts[FREE] += not self.standings.may_trade(party, self._now)

    def _take(self, party: bytes, amount: int) -> None:
        self.money.balances[party] -= amount
        self.same(MONEY, "balance of at least 0", True, self.money.balances[party] >= 0)

    def _share(self, seller: bytes, amount: int, fees: tuple[int, int]) -> None:
        self.money.balances[seller] += amount - fees[1]
        self.money.balances[self._treasurer] += sum(fees)

    # offers and purchases

    def _published(self, event: Mapping[str, Any]) -> None:
        self.same("offers", "refused for", None, self.prices.refusal(event))
        warned = self.prices.is_abnormal(event["category"], event["unitPrice"])
        self.same("prices", "warned", warned, bool(event["warned"]))
        self._gate("may publish", self.owners[event["supplier"]])
        self.offers[event["offer"]] = Offer(
            supplier=event["supplier"],
            unit_price=event["unitPrice"],
            left=event["quantity"],
            delivery_days=event["deliveryDays"],
            instalments=event["instalments"],
            warned=warned,
        )

    def _offer_withdrawn(self, event: Mapping[str, Any]) -> None:
        self.offers[event["offer"]].left = 0

    def _bought(self, event: Mapping[str, Any]) -> None:
        offer, terms = self.offers[event["offer"]], self.terms[event["terms"] - 1]
        seller = self.owners[offer.supplier]
        self.same("splits", "pieces left", True, 0 < event["quantity"] <= offer.left)
        offer.left -= event["quantity"]
        self.same("splits", "total", event["quantity"] * offer.unit_price, event["total"])
        self.same("splits", "terms", len(self.terms), event["terms"])
        amounts = split(event["total"], terms)
        self.same("splits", "parts", (len(amounts), amounts[-1]), (event["parts"], event["last"]))
        self.same("splits", "sum of the parts", event["total"], terms.first * (event["parts"] - 1) + event["last"])
        self.same("splits", "last part within its bound", True, 0 < event["last"] <= terms.split_above)
        self.same("deadlines", "payBy", self._now + terms.pay_period, event["payBy"])
        self._gate("may buy", event["buyer"])
        self._gate("may be bought from", seller)
        trade = Trade(event["buyer"], seller, offer, amounts, event["terms"], terms, event["payBy"])
        self.trades[event["trade"]] = trade
        self._warned(trade)

    def _gate(self, what: str, party: bytes) -> None:
        self.same(GATED, f"0x{party.hex()} {what}", True, self.standings.may_trade(party, self._now))

    def _warned(self, trade: Trade) -> None:
        self.same("prices", "warned", trade.offer.warned, bool(self._one.arguments["warned"]))

    def _begin(self, id_: int, state: PartState) -> Part:
        """The next part of a purchase."""
        trade = self.trades[id_ >> 16]
        self.same("payments", "part", trade.begun, id_ & 0xFFFF)
        self.same("deadlines", "before payBy", True, self._now < trade.pay_by)
        part = self.parts[id_] = Part(trade, trade.amounts[trade.begun], state)
        trade.begun += 1
        return part

    def _choose(self, part: Part) -> None:
        """Whether its payment was the buyer's to choose."""
        terms, balance = part.trade.terms, self.money.balances[part.trade.buyer]
        self.same("payments", "below the second threshold", True, part.amount < terms.second)
        self.same("payments", "balance condition", True, balance * PPM >= part.amount * terms.balance_ppm)

    # payments

    def _in_instalments(self, event: Mapping[str, Any]) -> None:
        part = self._begin(event["part"], PartState.INSTALMENTS)
        self._choose(part)
        part.at, part.instalments = self._now, event["instalments"]
        self.same("payments", "instalments", True, 2 <= part.instalments <= part.trade.offer.instalments)
        later = self.standings.may_pay_later(part.trade.buyer, self._now)
        self.same(GATED, "the buyer may pay in instalments", True, later)
        told = (event["first"], event["period"])
        self.same("deadlines", "first and period", (self._now, part.trade.terms.instalment_period), told)
        self._warned(part.trade)

    def _paid(self, event: Mapping[str, Any]) -> None:
        part = self.parts.get(event["part"])
        if part is None:
            part = self._begin(event["part"], PartState.PAID)
            self._choose(part)
            part.at = self._now
            self.same("payments", "amount", part.amount, event["amount"])
        else:
            self._pay_instalments(part, event["amount"])
            self._open(event["payer"])
        fees = self.money.charged((event["payer"], part.trade.seller), part.fee_of(event["amount"]))
        self.same(MONEY, "fees", fees, (event["payerFee"], event["supplierFee"]))
        self.same(MONEY, "supplier", part.trade.seller, event["supplier"])
        self._take(event["payer"], event["amount"] + fees[0])
        self._share(part.trade.seller, event["amount"], fees)
        self._warned(part.trade)

    def _pay_instalments(self, part: Part, amount: int) -> None:
        """So many of them as come to the amount."""
        self.same("payments", "owing", True, part.state in OWING)
        ends = {part.owed(end): end for end in range(part.instalments, part.paid, -1)}
        self.same("payments", "sum of instalments", True, amount in ends)
        due = part.passed(self._now)
        end = ends.get(amount, part.instalments)
        if part.paid:
            part.late.update(range(part.paid, min(end, due)))
        part.paid = end
        if end == part.instalments:
            part.state = PartState.PAID
        elif end >= due:
            part.state = PartState.INSTALMENTS

    def _overdue(self, event: Mapping[str, Any]) -> None:
        part = self.parts[event["part"]]
        due = part.passed(self._now)
        self.same("payments", "instalments are overdue", True, part.state is PartState.INSTALMENTS and due > part.paid)
        part.state = PartState.OVERDUE
        expected = (part.paid, part.owed(due), part.due(part.paid))
        self.same("payments", "number, owed, dueAt", expected, (event["number"], event["owed"], event["dueAt"]))
        self._warned(part.trade)

    # escrow

    def _funded(self, event: Mapping[str, Any]) -> None:
        part = self._begin(event["part"], PartState.FUNDED)
        part.deadline = self._now + part.trade.offer.delivery_days * SECONDS_A_DAY
        self.same("deadlines", "deadline", part.deadline, event["deadline"])
        self.same(MONEY, "locked", part.amount + part.fee, event["locked"])
        self._take(part.trade.buyer, event["locked"])
        self.money.escrowed += event["locked"]
        self._warned(part.trade)

    def _delivered(self, event: Mapping[str, Any]) -> None:
        part = self.parts[event["part"]]
        self._step(part, PartState.FUNDED, PartState.DELIVERED, part.trade.terms.confirm_period)
        self.same("deadlines", "deadline", part.deadline, event["deadline"])
        self._warned(part.trade)

    def _disputed(self, event: Mapping[str, Any]) -> None:
        part = self.parts[event["bill"]]
        self._step(part, PartState.DELIVERED, PartState.DISPUTED, part.trade.terms.ruling_period)
        self.same("deadlines", "deadline", part.deadline, event["deadline"])

    def _step(self, part: Part, source: PartState, target: PartState, period: int) -> None:
        self.same("payments", "state", source, part.state)
        self.same("deadlines", "before the deadline", True, self._now < part.deadline)
        part.state, part.deadline = target, self._now + period

    def _ruled(self, event: Mapping[str, Any]) -> None:
        self._ruling = event["due"]

    def _closed(self, event: Mapping[str, Any]) -> None:
        part, state = self.parts[event["part"]], PartState(event["state"])
        over = self._now >= part.deadline
        ends = AFTER_DEADLINE.get(part.state) is state if over else part.state in IN_TIME.get(state, ())
        self.same("payments", f"{part.state.name} ends as {state.name}", True, ends)
        due = {PartState.RELEASED: part.amount, PartState.RULED: self._ruling}.get(state, 0)
        self.same(MONEY, "due", due, event["due"])
        self.same(MONEY, "due is at most the part", True, event["due"] <= part.amount)
        fees = self.money.charged((part.trade.buyer, part.trade.seller), part.fee_of(event["due"]))
        self.same(MONEY, "fees", fees, (event["buyerFee"], event["supplierFee"]))
        self.same(MONEY, "locked", part.amount + part.fee, event["locked"])
        self.money.escrowed -= event["locked"]
        self._share(part.trade.seller, event["due"], fees)
        self.money.balances[part.trade.buyer] += event["locked"] - event["due"] - fees[0]
        part.at, part.deadline, part.state, part.ruled = min(self._now, part.deadline), 0, state, event["due"]
        self._ruling = None
        self._warned(part.trade)


def _shown(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
