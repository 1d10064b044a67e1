"""The run itself, day by day: who takes which steps, all of one kind at a time, and what follows from their events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from fairmeter.chain.engine import Engine, Receipts
from fairmeter.contracts.clients import Mandate
from fairmeter.contracts.session import Call, Session
from fairmeter.contracts.trading import TradeSystem
from fairmeter.model import Int64s
from fairmeter.risk.terms import MAX_PERIOD, Conduct, PartState, Payment, Rules, Source
from fairmeter.simulation.clock import Clock
from fairmeter.simulation.record import ChainRecorder
from fairmeter.simulation.result import SET_UP, Listener, Progress
from fairmeter.trade.agenda import Act, Agenda
from fairmeter.trade.people import People, endow, set_up
from fairmeter.trade.plan import INSTALMENTS, MANDATE_DAY, STOCK, Plan, day_time
from fairmeter.trade.scenario import TradeScenario
from fairmeter.trade.tally import Tally, TradeSums
from fairmeter.units import PPM, SECONDS_A_DAY

REPORTS_A_CALL: Final = 40
"""Far below the gas of a transaction."""
CALLS_AT_ONCE: Final = 250
FIRST_ACCOUNT: Final = (1 << 32) | 1
"""The first buyer's, with the first supplier."""
ANYONE: Final = -1
"""The keeper, who does what anyone may."""
ARBITER: Final = -2
REPORTED: Final = {
    Act.REPORT_INSTALMENT: Source.INSTALMENT,
    Act.REPORT_BUYER: Source.BUYER,
    Act.REPORT_SELLER: Source.SELLER,
    Act.REPORT_TRADE: Source.TRADE,
}


class Run:
    """One run on one engine: `set_up`, then `play`, then `sums`."""

    def __init__(
        self, engine: Engine, plan: Plan, scenario: TradeScenario, recorder: ChainRecorder, clock: Clock, tell: Listener
    ) -> None:
        self._engine, self._plan, self._scenario = engine, plan, scenario
        self._recorder, self._clock, self._tell = recorder, clock, tell
        self._session = Session(engine, recorder.sent)
        self._rng = np.random.default_rng([scenario.seed, 1])
        self._agenda = Agenda()
        self._today = 0
        self.people = People(engine, plan, scenario)
        self.trade: TradeSystem
        self.first_block, self.last_block = engine.head() + 1, 0
        self._offer_ids = np.zeros(len(plan.offers.day), np.int64)
        """By the plan's offers; 0 where it was not published."""
        self._parts_of, self._last_of = np.zeros(1, np.int64), np.zeros(1, np.int64)
        """Of each trade: how many, and what the last one comes to."""
        self._row_of = np.zeros(1, np.int64)
        """The planned purchase of each trade, by its id; trades count from 1."""
        self._acts: dict[Act, Callable[[Int64s], None]] = {
            Act.MANDATE: self._mandate,
            Act.PUBLISH: self._publish,
            Act.BUY: self._buy,
            Act.PAY: self._pay,
            Act.INSTALMENT: self._pay_instalment,
            Act.PAY_UP: self._pay_up,
            Act.DELIVER: self._deliver,
            Act.REFUND: self._refund,
            Act.CONFIRM: self._confirm,
            Act.DISPUTE: self._dispute,
            Act.RULE: self._rule,
            Act.EXPIRE: self._expire,
            Act.MARK_OVERDUE: self._mark_overdue,
            **{act: self._reporter(source) for act, source in REPORTED.items()},
            Act.APPEAL: self._appeal,
            Act.JUDGE: self._judge,
        }

    def set_up(self) -> None:
        """Deploy, govern, register, endow."""
        with self._clock.phase(SET_UP):
            self.trade = set_up(self._session, self.people, self._plan, self._scenario)
            self._tally = Tally(self.trade)
            paid_in = endow(self._session, self.people, self._plan, self._scenario, self.trade)
            self._tally.count((), paid_in)

    def play(self) -> None:
        """Every day's steps; at the end everyone takes out what is left."""
        plan, last = self._plan, self._scenario.days
        buyers = np.arange(plan.parties.buyers)
        for day in (MANDATE_DAY, last - 1):
            self._agenda.add(Act.MANDATE, buyers, np.full_like(buyers, day))
        self._agenda.add(Act.PUBLISH, np.arange(len(plan.offers.day)), plan.offers.day)
        self._agenda.add(Act.BUY, np.arange(len(plan.purchases)), plan.purchases.day)
        for self._today in range(1, last + 1):
            for act, do in self._acts.items():
                due = self._agenda.due(self._today, act)
                if len(due):
                    with self._clock.phase(act.name.lower().replace("_", " ")):
                        do(due)
            self._tell(Progress("days", self._today, last))
        with self._clock.phase("withdraw"):
            self._withdraw()
        self.last_block = self._engine.head()

    def sums(self) -> TradeSums:
        """What the run came to."""
        return self._tally.sums(self._recorder.transactions, self._recorder.gas_used)

    @property
    def refusals(self) -> Mapping[str, int]:
        """Transactions that contracts refused, by the error."""
        return self._tally.refusals

    def _mandate(self, buyers: Int64s) -> None:
        """At first what everyone may grant, at the end what only the reward allows."""
        rules = Rules()
        cap = rules.mandate_cap if self._today == MANDATE_DAY else rules.rewarded_cap
        mandate = Mandate(cap, cap, (day_time(self._today) + MAX_PERIOD) // SECONDS_A_DAY)
        accounts = FIRST_ACCOUNT + buyers
        calls = [self.trade.system.ledger.grant_mandate(account, mandate) for account in accounts.tolist()]
        self._all(self._plan.parties.suppliers + buyers, calls)

    # offers and purchases

    def _publish(self, rows: Int64s) -> None:
        offers, desk = self._plan.offers, self.trade.desk
        columns = (offers.category, offers.price, offers.delivery_days, offers.instalments)
        given = zip(*(column[rows].tolist() for column in (offers.supplier, *columns)), strict=True)
        calls = [desk.publish(who + 1, kind, price, STOCK, days, parts) for who, kind, price, days, parts in given]
        for some, receipts in self._try(offers.supplier[rows], calls):
            done = some[receipts.status[some - some[0]]]
            self._offer_ids[rows[done]] = self._tally.desk(receipts, "OfferPublished")["offer"]

    def _buy(self, rows: Int64s) -> None:
        purchases = self._plan.purchases
        rows = rows[self._offer_ids[purchases.offer[rows]] > 0]
        given = zip(self._offer_ids[purchases.offer[rows]].tolist(), purchases.quantity[rows].tolist(), strict=True)
        calls = [self.trade.desk.buy(offer, quantity) for offer, quantity in given]
        for some, receipts in self._try(self._buyer(rows), calls):
            bought = self._tally.desk(receipts, "Bought")
            done = rows[some[receipts.status[some - some[0]]]]
            self._row_of = np.concatenate([self._row_of, done])
            self._parts_of = np.concatenate([self._parts_of, bought["parts"]])
            self._last_of = np.concatenate([self._last_of, bought["last"]])
            paying = np.flatnonzero(~purchases.left[done])
            parts = bought["parts"][paying]
            numbers = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
            self._add(Act.PAY, (np.repeat(bought["trade"][paying], parts) << 16) | numbers, 0)
            self._add(
                Act.REPORT_TRADE, bought["trade"][purchases.left[done]], self._days(self._scenario.terms.pay_period)
            )

    def _pay(self, parts: Int64s) -> None:
        """Parts below the second threshold as their buyers like it, the others into escrow."""
        trades, rows = parts >> 16, self._row(parts)
        last = (parts & 0xFFFF) + 1 == self._parts_of[trades]
        amounts = np.where(last, self._last_of[trades], self._scenario.terms.first)
        wanted, offers = self._plan.purchases.payment[rows], self._plan.offers
        taken = offers.instalments[self._plan.purchases.offer[rows]]
        wanted = np.where((wanted == Payment.INSTALMENTS) & (taken < 2), Payment.DIRECT, wanted)
        wanted = np.where(amounts >= self._scenario.terms.second, Payment.ESCROW, wanted)
        taken = np.where(wanted == Payment.INSTALMENTS, taken, 0)
        given = zip(trades.tolist(), wanted.tolist(), taken.tolist(), strict=True)
        calls = [self.trade.desk.pay(trade, Payment(how), count) for trade, how, count in given]
        for _, receipts in self._try(self._buyer(rows), calls):
            self._follow_paid(receipts)
            self._follow_funded(receipts)

    def _follow_paid(self, receipts: Receipts) -> None:
        begun = self._tally.desk(receipts, "PartInInstalments")["part"]
        paid = self._tally.desk(receipts, "PartPaid")["part"]
        self._add(Act.REPORT_BUYER, np.setdiff1d(paid, begun), 1)
        self._add(Act.REPORT_INSTALMENT, begun << 8, 1)
        period = self._scenario.terms.instalment_period // SECONDS_A_DAY
        buyers = self._plan.purchases.buyer[self._row(begun)]
        failing, late = (column[buyers] for column in (self._plan.parties.failing, self._plan.parties.late))
        self._add(Act.MARK_OVERDUE, begun[failing], period + 1)
        self._add(Act.PAY_UP, begun[failing], (INSTALMENTS + 2) * period)
        for number in range(1, INSTALMENTS):
            due = number * period
            self._add(Act.INSTALMENT, begun[~failing], np.where(late[~failing], due + 2, due - 1))
            self._add(Act.REPORT_INSTALMENT, (begun << 8) | number, due + 2)

    def _follow_funded(self, receipts: Receipts) -> None:
        funded = self._tally.desk(receipts, "PartFunded")["part"]
        rows = self._row(funded)
        offer = self._plan.purchases.offer[rows]
        supplier, days = self._plan.offers.supplier[offer], self._plan.offers.delivery_days[offer]
        farmed = self._plan.purchases.farmed[rows]
        chance = self._rng.random(len(funded))
        never = self._plan.parties.undelivering[supplier] & (chance < 2 / 3)
        back = ~never & ~farmed & (chance > 0.96)
        good = ~never & ~back
        self._add(Act.EXPIRE, funded[never], days[never] + 1)
        self._add(Act.REFUND, funded[back], days[back] // 2)
        self._add(Act.DELIVER, funded[good], np.where(farmed[good], 0, days[good] // 2 + 1))

    # instalments

    def _pay_instalment(self, parts: Int64s) -> None:
        desk = self.trade.desk
        self._all(self._buyer(self._row(parts)), [desk.pay_instalments(part, 1) for part in parts.tolist()])

    def _pay_up(self, parts: Int64s) -> None:
        """All that is left, whatever the buyer's standing by then."""
        calls = [self.trade.desk.pay_instalments(part, INSTALMENTS - 1) for part in parts.tolist()]
        self._all(self._buyer(self._row(parts)), calls)

    def _mark_overdue(self, parts: Int64s) -> None:
        self._all(np.full(len(parts), ANYONE), [self.trade.desk.mark_overdue(part) for part in parts.tolist()])

    # escrow

    def _deliver(self, parts: Int64s) -> None:
        calls = [self.trade.desk.mark_delivered(part) for part in parts.tolist()]
        for _, receipts in self._try(self._supplier(parts), calls):
            delivered = self._tally.desk(receipts, "PartDelivered")["part"]
            farmed = self._plan.purchases.farmed[self._row(delivered)]
            chance, given = self._rng.random(len(delivered)), self._scenario.buyers
            disputed = ~farmed & (chance < given.disputing / PPM)
            silent = ~farmed & ~disputed & (chance < (given.disputing + given.silent) / PPM)
            self._add(Act.DISPUTE, delivered[disputed], 3)
            self._add(Act.EXPIRE, delivered[silent], self._days(self._scenario.terms.confirm_period))
            good = ~disputed & ~silent
            self._add(Act.CONFIRM, delivered[good], np.where(farmed[good], 0, 2))

    def _refund(self, parts: Int64s) -> None:
        self._close(self._supplier(parts), [self.trade.desk.refund(part) for part in parts.tolist()])

    def _confirm(self, parts: Int64s) -> None:
        self._close(self._buyer(self._row(parts)), [self.trade.desk.confirm(part) for part in parts.tolist()])

    def _dispute(self, parts: Int64s) -> None:
        calls = [self.trade.desk.dispute(part) for part in parts.tolist()]
        for _, receipts in self._try(self._buyer(self._row(parts)), calls):
            disputed = self._tally.desk(receipts, "AppealContested")["bill"]
            silent = self._rng.random(len(disputed)) < 0.1
            self._add(Act.RULE, disputed[~silent], 5)
            self._add(Act.EXPIRE, disputed[silent], self._days(self._scenario.terms.ruling_period))

    def _rule(self, parts: Int64s) -> None:
        """Nothing, all or a part of it is the supplier's. What a part comes to the arbiter reads in the papers."""
        chance = self._rng.random(len(parts))
        amounts = np.array([self.trade.desk.part_of(part)["amount"] for part in parts.tolist()], np.int64)
        due = np.where(chance < 0.4, 0, np.where(chance < 0.8, amounts, amounts // 3))
        given = zip(parts.tolist(), due.tolist(), strict=True)
        self._close(np.full(len(parts), ARBITER), [self.trade.desk.rule(part, amount) for part, amount in given])

    def _expire(self, parts: Int64s) -> None:
        self._close(np.full(len(parts), ANYONE), [self.trade.desk.expire(part) for part in parts.tolist()])

    def _close(self, who: Int64s, calls: Sequence[Call]) -> None:
        for _, receipts in self._try(who, calls):
            closed = self._tally.desk(receipts, "PartClosed")
            counts = closed["state"] != PartState.REFUNDED
            self._add(Act.REPORT_BUYER, closed["part"][counts & (closed["state"] != PartState.NOT_DELIVERED)], 1)
            self._add(Act.REPORT_SELLER, closed["part"][counts], 1)

    # standing

    def _reporter(self, source: Source) -> Callable[[Int64s], None]:
        def report(ids: Int64s) -> None:
            groups = [ids[at : at + REPORTS_A_CALL] for at in range(0, len(ids), REPORTS_A_CALL)]
            calls = [self.trade.standing.report(source, group.tolist()) for group in groups]
            for _, receipts in self._try(np.full(len(calls), ANYONE), calls):
                changed = self._tally.standing(receipts, "StandingChanged")
                penalties = changed["change"][changed["conduct"] >= Conduct.PAID_LATE]
                share = self._scenario.buyers.appealing / PPM
                self._add(Act.APPEAL, penalties[self._rng.random(len(penalties)) < share], 2)

        return report

    def _appeal(self, changes: Int64s) -> None:
        standing = self.trade.standing
        places = {address.tobytes(): row for row, address in enumerate(self.people.parties.addresses)}
        who = np.array([places[standing.change_of(change)["party"]] for change in changes.tolist()], np.int64)
        self._all(who, [standing.appeal(change) for change in changes.tolist()])
        self._add(Act.JUDGE, changes, 4)

    def _judge(self, changes: Int64s) -> None:
        """A quarter is undone, a quarter kept in part; the rest nobody rules on."""
        chance = self._rng.random(len(changes))
        given = zip(changes[chance < 0.5].tolist(), np.where(chance[chance < 0.5] < 0.25, 0, 4).tolist(), strict=True)
        calls = [self.trade.standing.rule(change, kept) for change, kept in given]
        self._all(np.full(len(calls), ARBITER), calls)

    def _withdraw(self) -> None:
        parties = self.people.parties
        balances = [self.trade.desk.balance_of(address.tobytes()) for address in parties.addresses]
        rows = np.flatnonzero(np.array(balances, np.int64))
        calls = [self.trade.desk.withdraw(balances[row], parties.addresses[row].tobytes()) for row in rows.tolist()]
        self._all(rows, calls)

    # what steps share

    def _all(self, who: Int64s, calls: Sequence[Call]) -> None:
        for _ in self._try(who, calls):
            pass

    def _try(self, who: Int64s, calls: Sequence[Call]) -> list[tuple[Int64s, Receipts]]:
        """Send steps of parties, or of ANYONE or the ARBITER, some at a time, and count what they did; contracts may
        refuse some. Which steps they were, and their receipts."""
        tried = []
        for at in range(0, len(calls), CALLS_AT_ONCE):
            some = np.arange(at, min(at + CALLS_AT_ONCE, len(calls)))
            sent = calls[at : at + CALLS_AT_ONCE]
            wallet = {ANYONE: self.people.keeper, ARBITER: self.people.arbiter}.get(int(who[at]))
            if wallet is None:
                signed = self.people.parties.sign(who[some], sent)
            else:
                signed = [wallet.sign(call.to, call.data, call.value, gas=call.gas) for call in sent]
            receipts = self._session.attempt(sent, signed, day_time(self._today))
            self._tally.count(sent, receipts)
            tried.append((some, receipts))
        return tried

    def _add(self, act: Act, subjects: Int64s, after: Int64s | int) -> None:
        """Ask for steps so many days from now."""
        self._agenda.add(act, subjects, np.broadcast_to(self._today + np.asarray(after, np.int64), subjects.shape))

    def _row(self, parts: Int64s) -> Int64s:
        """Planned purchases."""
        rows: Int64s = self._row_of[parts >> 16]
        return rows

    def _buyer(self, rows: Int64s) -> Int64s:
        return self._plan.parties.suppliers + self._plan.purchases.buyer[rows]

    def _supplier(self, parts: Int64s) -> Int64s:
        suppliers: Int64s = self._plan.offers.supplier[self._plan.purchases.offer[self._row(parts)]]
        return suppliers

    def _days(self, seconds: int) -> int:
        """The day on which a period from today's steps on is surely over."""
        return -(-seconds // SECONDS_A_DAY) + 1
