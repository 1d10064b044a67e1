"""Offers, purchases and their parts, as the audit's own books have them."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairmeter.risk.standing import Fact
from fairmeter.risk.terms import Conduct, PartState, Terms
from fairmeter.units import PPM


@dataclass(slots=True)
class Offer:
    """Published; minor units a piece, pieces, days."""

    supplier: int
    unit_price: int
    left: int
    delivery_days: int
    instalments: int
    warned: bool


@dataclass(slots=True)
class Trade:
    """A purchase."""

    buyer: bytes
    seller: bytes
    """Who owns the supplier."""
    offer: Offer
    amounts: list[int]
    """Of each part, minor units."""
    version: int
    """Of its terms."""
    terms: Terms
    pay_by: int
    """Seconds of fair time."""
    begun: int = 0


@dataclass(slots=True)
class Part:
    """One that was begun; minor units, seconds of fair time."""

    trade: Trade
    amount: int
    state: PartState
    at: int = 0
    """When it ended, or its first instalment was paid."""
    deadline: int = 0
    instalments: int = 0
    paid: int = 0
    late: set[int] = field(default_factory=set)
    """Instalments that were paid late."""
    ruled: int = 0
    """What the supplier got of a disputed one."""

    @property
    def fee(self) -> int:
        """Of the whole part, each side's."""
        return self.fee_of(self.amount)

    def fee_of(self, amount: int) -> int:
        """Each side's."""
        return amount * self.trade.terms.fee_ppm // PPM

    def due(self, number: int) -> int:
        """From when on an instalment is late."""
        return self.at + number * self.trade.terms.instalment_period

    def owed(self, until: int) -> int:
        """The unpaid instalments up to the one before `until`: equal ones, rounded down, and the last with the rest."""
        each = self.amount // self.instalments
        return self.amount - each * self.paid if until == self.instalments else each * (until - self.paid)

    def passed(self, now: int) -> int:
        """How many instalments are due by now, of all."""
        return sum(now >= self.due(number) for number in range(self.instalments))


def split(total: int, terms: Terms) -> list[int]:
    """Parts of a total, split off one by one as the patent has it: while the rest is above the condition, one of the
    first control threshold."""
    amounts = []
    while total > terms.split_above:
        amounts.append(terms.first)
        total -= terms.first
    return [*amounts, total]


def instalment_fact(part: Part, number: int, now: int) -> Fact | None:
    """Paid in time, paid late, or not paid while it should be."""
    if number >= part.instalments:
        return None
    fee = part.fee_of(part.amount // part.instalments)
    buyer, due = part.trade.buyer, part.due(number)
    if number < part.paid:
        return Fact(buyer, Conduct.PAID_LATE if number in part.late else Conduct.PAID_IN_TIME, fee, due)
    return Fact(buyer, Conduct.PAID_LATE, 0, due) if now >= due else None


def buyer_fact(part: Part) -> Fact | None:
    """Paid directly, released from escrow, or a dispute that was lost."""
    buyer = part.trade.buyer
    direct = part.state is PartState.PAID and not part.instalments
    if direct or part.state is PartState.RELEASED:
        return Fact(buyer, Conduct.PAID_IN_TIME, part.fee, part.at)
    if part.state is PartState.RULED and part.ruled == part.amount:
        return Fact(buyer, Conduct.DISPUTE_LOST, 0, part.at)
    return None


def seller_fact(part: Part) -> Fact | None:
    """Delivered, not delivered, or a dispute that was lost."""
    conduct = {PartState.RELEASED: Conduct.DELIVERED, PartState.NOT_DELIVERED: Conduct.NOT_DELIVERED}.get(part.state)
    if part.state is PartState.RULED and part.ruled == 0:
        conduct = Conduct.DISPUTE_LOST
    return None if conduct is None else Fact(part.trade.seller, conduct, part.fee, part.at)


def trade_fact(trade: Trade, now: int) -> Fact | None:
    """Left by its buyer."""
    left = trade.begun < len(trade.amounts) and now >= trade.pay_by
    return Fact(trade.buyer, Conduct.ABANDONED, 0, trade.pay_by) if left else None
