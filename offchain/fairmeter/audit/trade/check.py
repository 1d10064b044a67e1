"""The stages of the audit of a run at the trade desk, after its replay."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from fairmeter.audit.findings import Check, Finding
from fairmeter.audit.flows import Flow, before_transaction
from fairmeter.audit.record import ChainRecord, Columns, order_of
from fairmeter.audit.trade.desk import MONEY, Desk
from fairmeter.audit.trade.events import Happened, happened
from fairmeter.audit.trade.mandates import BOUNDED, Mandates
from fairmeter.audit.trade.prices import Prices
from fairmeter.audit.trade.refusals import Refusals
from fairmeter.bundle import Bundle
from fairmeter.chain.engine import Engine
from fairmeter.contracts.clients import DigitalCurrency
from fairmeter.contracts.trading import CreditStanding, TradeDesk, record_of
from fairmeter.risk.standing import Event, Standings
from fairmeter.risk.terms import Rules, Source

CHECKS: Final[Mapping[str, str]] = {
    "offers": "offers published, with the discriminating parameters of their categories",
    "prices": "normal price ranges, with their reference prices, and every warning",
    "splits": "purchases split part by part, each sum and bound",
    "payments": "choices of payment, instalments, and steps of escrows",
    "deadlines": "deadlines, and steps in their time",
    "TRADE-01": "the desk holds the currency that it owes",
    "TRADE-02": "a suspended or banned party neither publishes nor buys, and nobody is suspended without its penalties",
    "TRADE-03": "whatever its standing, a party pays its debts and withdraws its balance",
    "TRADE-04": "an event counts once, and a value is the sum of its events",
    BOUNDED: "a mandate's caps are raised as far as its owner's standing allows, and no further",
}
STANDING: Final = "TRADE-04"
FIRST_RULES: Final = 1
APART: Final = 100
"""Transactions between two looks at the least: each is two calls."""


class TradeLooks:
    """Looks at the desk's sums on the replayed chain, from time to time."""

    def __init__(self, engine: Engine, contracts: Mapping[str, bytes]) -> None:
        self._desk = TradeDesk(engine, contracts["TradeDesk"])
        self._currency = DigitalCurrency(engine, contracts["DigitalCurrency"])
        self.sums: list[tuple[int, tuple[int, int], int]] = []
        """So many transactions; balances and escrows; the currency that the desk holds."""

    def look(self, transactions: int, _labels: Sequence[str]) -> None:
        """So many transactions have been executed."""
        since = transactions - (self.sums[-1][0] if self.sums else 0)
        if since >= APART and self._desk.engine.code(self._desk.address):
            self.look_now(transactions)

    def look_now(self, transactions: int) -> None:
        """However long ago the last look was."""
        self.sums.append((transactions, self._desk.totals(), self._currency.balance_of(self._desk.address)))


class Trading:
    """One run followed from its events; `checks` gives what was compared, or the first difference alone."""

    def __init__(self, record: ChainRecord, bundle: Bundle, looks: TradeLooks, engine: Engine) -> None:
        self.record, self._looks = record, looks
        self._happened = happened(record, bundle)
        contracts = record.contracts
        self._chain = TradeDesk(engine, contracts["TradeDesk"]), CreditStanding(engine, contracts["CreditStanding"])
        owners = {one["supplier"]: one["owner"] for _, one in record.decoded("PaymentLedger", "SupplierRegistered")}
        self._standings = Standings(Rules())
        self._prices = Prices(bundle.table("prices"))
        self.desk = Desk(owners, self._standings, self._prices, self._chain[0].treasurer())
        self._refusals = Refusals(self.desk, record)
        self._mandates = Mandates(self._standings, record)
        self._expected: deque[Event] = deque()
        """What the standing must say next."""

    def checks(self) -> Generator[Check]:
        """Follow the whole run, then compare with the chain at its end."""
        finding = self._follow() or self._at_the_end()
        if finding is not None:
            yield Check(finding.check, CHECKS[finding.check], 0, (finding,))
            return
        counts = (
            self.desk.counts
            + self._refusals.counts
            + Counter({"prices": self._prices.ranges, BOUNDED: self._mandates.count})
        )
        yield from (Check(name, text, counts[name]) for name, text in CHECKS.items())

    def desk_events(self, name: str) -> Columns:
        """The desk's of one kind."""
        return self.record.columns("TradeDesk", name)

    def standing_events(self, name: str) -> Columns:
        """The standing's."""
        return self.record.columns("CreditStanding", name)

    def _follow(self) -> Finding | None:
        looks = deque(self._looks.sums)
        held = self._currency_held()
        for one in self._happened:
            while looks and looks[0][0] <= one.transaction:
                if finding := self._looked(*looks.popleft(), held):
                    return finding
            if finding := self._apply(one):
                return finding
        return next((found for look in looks if (found := self._looked(*look, held))), None)

    def _apply(self, one: Happened) -> Finding | None:
        now = int(self.record.times[one.transaction])
        if one.contract == "PaymentLedger":
            return self._mandates.check(one, now)
        if one.refused_to is not None:
            return self._refusals.check(one, now)
        if one.contract == "CreditStanding":
            return self._stand(one, now)
        if self._expected:
            return self._unsaid(one)
        return next(iter(self._ruled(one) if one.contract == "TradeRules" else self._traded(one, now)), None)

    def _traded(self, one: Happened, now: int) -> list[Finding]:
        try:
            self.desk.apply(one, now)
        except LookupError as error:
            where = f"transaction {one.transaction}, {one.name}"
            return [Finding("payments", where, "an event of something that is there", f"none such: {error}")]
        return self.desk.findings

    def _ruled(self, one: Happened) -> list[Finding]:
        if one.name == "CategorySet":
            self._prices.set_category(one.arguments)
        elif one.name == "TermsSet":
            self.desk.set_terms(one.arguments)
        elif one.name == "RangeSet":
            return self._prices.set_range(one)
        return []

    # standing

    def _stand(self, one: Happened, now: int) -> Finding | None:
        """Every change of a standing, from its cause."""
        event = one.arguments
        if one.name == "StandingArbiterSet":
            return None
        if one.name == "RulesSet":
            return self._set_rules(one)
        if one.name in {"AppealContested", "AppealRuled"}:
            return self._appealed(one, now)
        if one.name == "StandingChanged" and not self._expected:
            fact = self.desk.fact(Source(event["source"]), event["id"], now)
            self._expected.extend(self._standings.count(fact, Source(event["source"]), event["id"], now))
        if not self._expected:
            return self._differs(one, "what follows from its cause", "nothing", one.name)
        name, arguments = self._expected.popleft()
        return self._differs(one, "what follows from its cause", _plain(name, arguments), _plain(one.name, event))

    def _set_rules(self, one: Happened) -> Finding | None:
        """The first ones are the contract's own."""
        rules = record_of(Rules, one.arguments["rules"])
        if one.arguments["version"] == FIRST_RULES:
            return self._differs(one, "the first rules", Rules(), rules)
        self._standings.set_rules(rules, one.arguments["from"])
        return None

    def _appealed(self, one: Happened, now: int) -> Finding | None:
        change = one.arguments["bill"]
        if one.name == "AppealContested":
            deadline = self._standings.appeal(change, self._standings.changes[change - 1].party, now)
            return self._differs(one, "deadline", deadline, one.arguments["deadline"])
        self._expected.extend(self._standings.rule(change, one.arguments["due"], now))
        return None if self._expected else self._differs(one, "ruling", "none: refused", "one")

    def _unsaid(self, one: Happened) -> Finding | None:
        return self._differs(one, "before it", _plain(*self._expected[0]), "nothing")

    def _differs(self, one: Happened, what: str, expected: object, found: object) -> Finding | None:
        self.desk.counts[STANDING] += 1
        if expected == found:
            return None
        return Finding(STANDING, f"transaction {one.transaction}, {one.name}, {what}", str(expected), str(found))

    # the chain itself

    def _currency_held(self) -> Flow:
        transfers = self.record.columns("DigitalCurrency", "Transfer")
        desk = self.record.contracts["TradeDesk"]
        inward, outward = (
            (transfers[name][:, 12:] == np.frombuffer(desk, np.uint8)).all(axis=1).astype(np.int64)
            for name in ("to", "from")
        )
        return Flow(order_of(transfers), transfers["value"] * (inward - outward))

    def _looked(self, transactions: int, totals: tuple[int, int], currency: int, held: Flow) -> Finding | None:
        places = before_transaction(np.array([transactions], np.int64))
        owed, told = self.desk.money.owed, int(held.at(places)[0])
        self.desk.counts[MONEY] += 1
        where = f"after {transactions} transactions"
        if totals != owed:
            return Finding(MONEY, f"{where}, balances and escrows", str(owed), str(totals))
        if told != currency or sum(owed) != currency:
            return Finding(MONEY, f"{where}, currency of the desk", f"{sum(owed)} of {told} moved to it", str(currency))
        return None

    def _at_the_end(self) -> Finding | None:
        """Balances and standings of everybody, as the contracts have them."""
        if self._expected:
            return Finding(STANDING, "the run's end", _plain(*self._expected[0]), "nothing")
        desk, standing = self._chain
        for party, balance in self.desk.money.balances.items():
            if (found := desk.balance_of(party)) != balance:
                return Finding(MONEY, f"0x{party.hex()}, balance", str(balance), str(found))
        self._looks.look_now(len(self.record.times))
        if finding := self._looked(*self._looks.sums.pop(), self._currency_held()):
            return finding
        now = int(self.record.times[-1])
        for party in self._standings.parties:
            expected = self._standings.value(party, now), self._standings.may_trade(party, now)
            told = standing.value_of(party), standing.may_trade(party)
            if told != expected:
                return Finding(STANDING, f"0x{party.hex()}, value and whether it may trade", str(expected), str(told))
        return None


def _plain(name: str, arguments: Mapping[str, Any]) -> str:
    """An event in one line, numbers as such."""
    shown = (
        f"{key}={f'0x{value.hex()}' if isinstance(value, bytes) else int(value)}" for key, value in arguments.items()
    )
    return f"{name}({', '.join(shown)})"
