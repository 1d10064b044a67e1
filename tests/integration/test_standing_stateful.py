"""Standings on chain against the plain rules, through any sequence of bonuses, penalties, appeals, rulings and new
rules, with steps one second before, at and after every boundary: the same events, refusals and values."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from deployed_desk import BUYERS, PURSE, deployed
from fairmeter.chain.engine import Receipt
from fairmeter.chain.wallet import FUNDER_KEY, Wallet, derive_key
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.session import Call, Session
from fairmeter.contracts.trading import TradeSystem
from fairmeter.errors import RevertError
from fairmeter.risk.standing import Event, Fact, Standings
from fairmeter.risk.terms import Conduct, Payment, Rules, Source, Terms

people = st.sampled_from(BUYERS)
offs = st.sampled_from([None, None, -1, 0, 1])
"""Seconds around a boundary."""
FEE = 100


@dataclass
class World:
    """One chain and one book for all examples, each with people of its own."""

    trade: TradeSystem
    plain: Standings = field(default_factory=lambda: Standings(Rules()))
    trades: int = 0
    examples: int = 1


@functools.cache
def world() -> World:
    return World(deployed())


class StandingMachine(RuleBasedStateMachine):
    """Every rule does one thing on the chain and by the plain rules, and compares what followed."""

    @initialize()
    def start(self) -> None:
        self.world = world()
        self.trade, self.plain = self.world.trade, self.world.plain
        self.engine = self.trade.system.engine
        self.session = Session(self.engine)
        self.wallets = {name: Wallet.on(self.engine, derive_key(self.world.examples, name)) for name in BUYERS}
        self.world.examples += 1
        self.governor = Wallet.on(self.engine, FUNDER_KEY)
        self.arbiter = Wallet.on(self.engine, derive_key(0, "arbiter"))
        self.next: int | None = None
        """When the next step is, if it is not a second after the last."""
        self.first = len(self.plain.changes)
        for wallet in self.wallets.values():
            assert self.send(self.governor, self.trade.desk.deposit(wallet.address, PURSE)) is not None
        assert self.send(self.governor, self.trade.standing.set_rules(Rules())) is not None
        self.plain.set_rules(Rules(), self.time)

    @property
    def penalties(self) -> list[int]:
        """The penalties of this example's people, the last few."""
        changes = enumerate(self.plain.changes[self.first :], self.first + 1)
        return [number for number, one in changes if one.conduct.is_penalty][-4:]

    @property
    def appealed(self) -> list[int]:
        """Those of them that were appealed."""
        return [change for change in self.penalties if self.plain.changes[change - 1].appealed_until]

    def send(self, wallet: Wallet, call: Call) -> Receipt | None:
        """None where it is refused."""
        at, self.next = self.next, None
        try:
            return self.session.transact(wallet, call, timestamp=at)[0]
        except RevertError:
            return None

    @property
    def time(self) -> int:
        return self.engine.now()

    def expect(self, receipt: Receipt | None, expected: Callable[[int], list[Event]], others: int = 0) -> None:
        """The standing's events, but for `others` before them."""
        events = expected(self.time)
        assert (receipt is not None) == bool(events)
        if receipt is None:
            return
        own = [log for log in receipt.logs if log.address == self.trade.standing.address][others:]
        decoded = [interface("CreditStanding").decode_log(log) for log in own]
        assert [(one.name, one.arguments) for one in decoded] == [(name, dict(values)) for name, values in events]

    def wait(self, boundary: int, off: int | None) -> None:
        """The next step is so many seconds after a boundary, if that is not over; now, if there is no `off`."""
        if off is not None and boundary + off > self.time + 2:
            self.next = boundary + off
            self.engine.mine(self.next - 1)

    def buy(self, person: str) -> int | None:
        receipt = self.send(self.wallets[person], self.trade.desk.buy(1, 1))
        allowed = self.plain.may_trade(self.wallets[person].address, self.time)
        assert (receipt is not None) == allowed
        if not allowed:
            return None
        self.world.trades += 1
        return self.world.trades

    def report(self, source: Source, id_: int, fact: Fact) -> None:
        receipt = self.send(self.arbiter, self.trade.standing.report(source, [id_]))
        self.expect(receipt, lambda now: self.plain.count(fact if now >= fact.at else None, source, id_, now))

    @rule(person=people, off=offs)
    def earn(self, person: str, off: int | None) -> None:
        """Around the end of a suspension, if there is one."""
        self.wait(self.plain.of(self.wallets[person].address).until, off)
        trade = self.buy(person)
        if trade is not None:
            assert self.send(self.wallets[person], self.trade.desk.pay(trade, Payment.DIRECT)) is not None
            party = self.wallets[person].address
            for _ in range(2):
                self.report(Source.BUYER, trade << 16, Fact(party, Conduct.PAID_IN_TIME, FEE, self.time))

    @rule(person=people, off=st.sampled_from([-1, 0, 0, 1]), count=st.integers(1, 4))
    def fail(self, person: str, off: int, count: int) -> None:
        """Leave purchases, which are reported around the end of the first one's time and later."""
        left: dict[int, Fact] = {}
        for _ in range(count):
            trade = self.buy(person)
            if trade is not None:
                end = self.time + Terms().pay_period
                left[trade] = Fact(self.wallets[person].address, Conduct.ABANDONED, 0, end)
        for trade, fact in left.items():
            self.wait(fact.at, off)
            self.report(Source.TRADE, trade, fact)

    @rule(person=people, off=offs, data=st.data())
    @precondition(lambda self: self.penalties)
    def appeal(self, person: str, off: int | None, data: st.DataObject) -> None:
        change = data.draw(st.sampled_from(self.penalties))
        penalty = self.plain.changes[change - 1]
        self.wait(penalty.at + penalty.rules.appeal_period, off)
        receipt = self.send(self.wallets[person], self.trade.standing.appeal(change))
        deadline = self.plain.appeal(change, self.wallets[person].address, self.time)
        assert (receipt is not None) == (deadline is not None)

    @rule(off=st.sampled_from([None, -1, 0, 1]), kept=st.sampled_from([0, 0, 0, 4, 10, 11]), data=st.data())
    @precondition(lambda self: self.appealed)
    def judge(self, off: int | None, kept: int, data: st.DataObject) -> None:
        change = data.draw(st.sampled_from(self.appealed))
        self.wait(self.plain.changes[change - 1].appealed_until, off)
        receipt = self.send(self.arbiter, self.trade.standing.rule(change, kept))
        self.expect(receipt, lambda now: self.plain.rule(change, kept, now), others=1)

    @rule(
        penalties=st.integers(1, 3), suspensions=st.integers(1, 3), length=st.sampled_from([0, 86_400, 3_000_000]),
        points=st.integers(0, 300), start=st.integers(400, 900),
    )  # fmt: skip
    def set_rules(self, penalties: int, suspensions: int, length: int, points: int, start: int) -> None:
        default = Rules()
        rules = dataclasses.replace(
            default,
            start=start,
            reward=0,
            penalties=penalties,
            suspensions=suspensions,
            suspension=length,
            points=(2, 2, 1, 5, 20, 30, 40, points, 20, 30),
        )
        assert self.send(self.governor, self.trade.standing.set_rules(rules)) is not None
        self.plain.set_rules(rules, self.time)

    @invariant()
    def the_same_standings(self) -> None:
        for name in BUYERS:
            party = self.wallets[name].address
            plain, chain, now = self.plain, self.trade.standing, self.time
            expected = (plain.value(party, now), plain.may_trade(party, now), plain.may_pay_later(party, now))
            assert (chain.value_of(party), chain.may_trade(party), chain.may_pay_later(party)) == expected
            one, told = plain.of(party), chain.standing_of(party)
            names = {"suspendedUntil": one.until, "backed": one.backed, "lost": one.lost, "reward": one.reward}
            names |= {"penalties": one.penalties, "banned": one.banned, "abnormal": one.abnormal}
            assert {name: told[name] for name in names} == names


TestStanding = StandingMachine.TestCase
TestStanding.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
