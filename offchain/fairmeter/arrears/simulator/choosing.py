"""Ways of choosing a strategy for those who fall into arrears, fortnight by fortnight, and what each forgoes by what it
does not know yet.

A strategy is a wording, a number of contacts and the time between them. What it earns of a debt is known only some
weeks after the debt was given it. All ways leave the same share of customers untreated. Regret is what the best
strategy for each customer, known beforehand, would have earned more, in expectation over what nobody sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.arrears.features import Floats, Ints
from fairmeter.arrears.quality import Interval
from fairmeter.arrears.simulator.course import Customers
from fairmeter.arrears.simulator.world import DAYS, LEAST, WINDOW, WINDOWS, World
from fairmeter.arrears.strategy.bandit import Batch, Posterior, drawn, off_policy, thompson, together
from fairmeter.arrears.strategy.experiment import CONTROL, needed
from fairmeter.errors import InputError
from fairmeter.units import PPM


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way of reminding."""

    channel: int
    """The wording, 1 to c; 0 for none."""
    contacts: int
    """At most, until the debt is paid."""
    every: int
    """Windows from one to the next; the first is at once."""

    def channels(self) -> Ints:
        """(WINDOWS,) the wording of each window's contact; 0 for none."""
        window = np.arange(WINDOWS)
        return np.where((window % self.every == 0) & (window < self.contacts * self.every), self.channel, 0)


STRATEGIES: Final = (
    Strategy(0, 0, 1),
    Strategy(1, 1, 1),
    Strategy(2, 1, 1),
    Strategy(1, 3, 1),
    Strategy(2, 3, 2),
)
"""The untreated control first."""
UNIFORM: Final = "at random"
TEST: Final = "the A/B/n test"
THOMPSON: Final = "Thompson sampling"
BEST_OF_ALL: Final = "the best for all, known"
WAYS: Final = (UNIFORM, TEST, THOMPSON, BEST_OF_ALL)
PERIODS: Final = 52
"""Fortnights: two years."""
UNTREATED: Final = 100_000
"""Share of the customers, ppm, whom no way contacts."""
LEAST_CHANCE: Final = 20_000
"""Of each strategy by Thompson sampling, ppm."""
SOUGHT: Final = 0.1
"""The effect on repayment that the test is planned for: with half of it it would last for two years."""
DELAY: Final = 84
"""Days after which it is read what a strategy earned."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """Of w ways (WAYS) over k seeds."""

    customers: int
    """That fall into arrears in a period."""
    delay: int
    """Days until it is read what a strategy earned."""
    regret: Floats
    """(k, w, PERIODS) mean debts forgone until the end of each period."""
    gained: tuple[Interval, ...]
    """What each strategy but the control earns over it until it is read, as a share of a debt, doubly robust, from what
    Thompson sampling recorded with the first seed."""
    covered: Floats
    """(k, a - 1) 1 where the interval of it, with that seed, holds what is so, else 0."""

    def of(self, way: str) -> tuple[Interval, ...]:
        """(PERIODS,) regret of one way: the mean, and where 95 % of the seeds lie."""
        regret = self.regret[:, WAYS.index(way)]
        return tuple(Interval.of(float(column.mean()), column) for column in regret.T)

    def spared(self) -> Floats:
        """(k,) by how much Thompson sampling's regret is smaller than the test's at the end."""
        return np.asarray(self.regret[:, WAYS.index(TEST), -1] - self.regret[:, WAYS.index(THOMPSON), -1])


def choose(
    world: World,
    seeds: int,
    customers: int,
    first_seed: int = 0,
    *,
    delay: int = DELAY,
    tell: Callable[[float], None] | None = None,
) -> Choosing:
    """`customers` fall into arrears in each half year, for two years, for each of `seeds` seeds, which follow
    `first_seed`; what a strategy earned is read after `delay` days. Raises InputError for a delay that is no number of
    fortnights up to half a year, for fewer than LEAST customers, or no seed."""
    if delay % WINDOW or not WINDOW <= delay <= DAYS:
        raise InputError(f"{delay} days until outcomes are read: fortnights up to {DAYS} days are expected")
    if customers < LEAST or seeds < 1:
        raise InputError(f"{seeds} seeds of {customers:,} customers: at least 1 of {LEAST:,} are needed")
    count, tried = customers // WINDOWS, []
    for seed in range(first_seed, first_seed + seeds):
        tried.append(_try(world, count, delay // WINDOW, seed))
        if tell is not None:
            tell(len(tried) / seeds)
    regret, gained, covered = zip(*tried, strict=True)
    return Choosing(count, delay, np.array(regret), gained[0], np.array(covered))


class Arrivals:
    """PERIODS times `count` customers, and what a strategy earns of each."""

    def __init__(self, world: World, count: int, delay: int, rng: np.random.Generator) -> None:
        """`delay` in windows."""
        self.world, self.count, self.delay = world, count, delay
        self.customers = customers = Customers.draw(world, PERIODS * count, rng)
        self.account = np.arange(len(customers))
        self._channels = np.stack([strategy.channels() for strategy in STRATEGIES])
        self._paths = paths(world, self._channels)
        self.share, self.read = self._share(WINDOWS), self._share(delay)
        """(n, a) each: expected of a debt, net, in half a year, and until it is read."""
        self.natural = float(expected(world, self._paths, self._channels)[0][..., CONTROL].mean())
        known = customers.standing[:, None] == np.arange(1, len(world.standings))
        bought = customers.segment[:, None] == np.arange(1, len(world.segments))
        ones, relative = np.ones(len(customers)), world.mean_debt / customers.debt
        self.context = np.column_stack([ones, known, bought, relative]).astype(np.float64)
        """(n, k) what is known of each when it falls into arrears."""

    def rows(self, period: int) -> slice:
        """Those who fall into arrears in it."""
        return slice(period * self.count, (period + 1) * self.count)

    def earned(self, rows: slice, arm: Ints) -> Floats:
        """(count,) share of each debt of `rows` that came in until it is read, less what the contacts cost."""
        customers = self.customers
        patience, debt = customers.patience[rows, None], customers.debt[rows]
        path = self._paths[customers.standing[rows], customers.segment[rows], arm][:, : self.delay]
        before = np.concatenate((np.zeros((len(debt), 1)), path[:, :-1]), axis=1)
        made = ((self._channels[arm, : self.delay] > 0) & (before < patience)).sum(axis=1)
        return np.asarray((path[:, -1] >= patience[:, 0]) - made * self.world.unit_cost / debt)

    def _share(self, windows: int) -> Floats:
        paid, contacts = expected(self.world, self._paths[..., :windows], self._channels[:, :windows])
        own = self.customers.standing, self.customers.segment
        return np.asarray(paid[own] - contacts[own] * (self.world.unit_cost / self.customers.debt)[:, None])

    def regret(self, chance: Ints) -> Floats:
        """(PERIODS,) mean debts forgone until the end of each by giving strategies with `chance` (n, a)."""
        untreated = UNTREATED / PPM
        best = (1 - untreated) * self.share.max(axis=1) + untreated * self.share[:, CONTROL]
        forgone = (best - (self.share * chance).sum(axis=1) / PPM) * self.customers.debt / self.world.mean_debt
        return np.cumsum(forgone.reshape(PERIODS, self.count).sum(axis=1))


def paths(world: World, channels: Ints) -> Floats:
    """(g, s, a, WINDOWS) cumulated hazard at the end of each window of those who may pay, with the contacts of
    `channels` (a, WINDOWS)."""
    step = np.diff(world.hazard()[:, ::WINDOW], axis=1)
    logarithm = np.concatenate((np.zeros((len(world.segments), 1)), np.log(world.ratio)), axis=1)
    before: Ints = np.cumsum(channels > 0, axis=1) - (channels > 0)
    times = np.exp(logarithm[:, channels] * world.fatigue**before)
    return np.asarray(np.cumsum(step[:, None, None] * times, axis=-1))


def expected(world: World, path: Floats, channels: Ints) -> tuple[Floats, Floats]:
    """(g, s, a) each: the share that has paid at the end of the last window of `path` (g, s, a, t), and the mean number
    of contacts until then, of `channels` (a, t)."""
    never = world.unmoved()[:, None, None, None]
    unpaid = never + (1 - never) * np.exp(-np.concatenate((np.zeros_like(path[..., :1]), path), axis=-1))
    return 1 - unpaid[..., -1], (unpaid[..., :-1] * (channels > 0)).sum(axis=-1)


def _try(world: World, count: int, delay: int, seed: int) -> tuple[Floats, tuple[Interval, ...], Floats]:
    """One seed's: regret (w, PERIODS), gained, and covered (a - 1,)."""
    there = Arrivals(world, count, delay, np.random.Generator(np.random.Philox(seed).jumped()))
    batches = by_thompson(there, seed)
    worth = (there.share * there.customers.debt[:, None]).sum(axis=0)
    known = np.broadcast_to(_given(int(worth.argmax())), there.share.shape)
    even = np.full(there.share.shape, PPM // len(STRATEGIES))
    ways = (even, by_test(there, seed), together(batches).chance, known)
    gained, covered = _told(there, batches)
    return np.stack([there.regret(chance) for chance in ways]), gained, covered


def by_test(there: Arrivals, seed: int) -> Ints:
    """(n, a) chances of each arm by the test: of each segment alike, until each arm has as many as were planned; from
    then on the arm that earned most."""
    arms, segment = len(STRATEGIES), there.customers.segment
    planned = needed(there.natural, SOUGHT, arms)
    table = np.stack([*(_given(arm) for arm in range(arms)), np.full(arms, PPM // arms)])
    count, earned = (np.zeros((int(segment.max()) + 1, arms)) for _ in range(2))
    won = np.full(len(count), arms)  # the last row of the table: none yet
    chances, given = [], []
    for period in range(PERIODS):
        rows = there.rows(period)
        chances.append(table[won[segment[rows]]])
        given.append(drawn(there.account[rows], chances[-1], seed))
        if (read := period - there.delay) >= 0:
            rows, cell = there.rows(read), segment[there.rows(read)] * arms + given[read]
            money = there.earned(rows, given[read]) * there.customers.debt[rows]
            count += np.bincount(cell, minlength=count.size).reshape(count.shape)
            earned += np.bincount(cell, money, count.size).reshape(count.shape)
            ended = (won == arms) & (count.min(axis=1) >= planned)
            won[ended] = (earned[ended] / count[ended]).argmax(axis=1)
    return np.concatenate(chances)


def by_thompson(there: Arrivals, seed: int) -> tuple[Batch, ...]:
    """The batch of each period by Thompson sampling."""
    posterior = Posterior.prior(len(STRATEGIES), there.context.shape[1])
    floor = np.array([UNTREATED, *[LEAST_CHANCE] * (len(STRATEGIES) - 1)])
    batches: list[Batch] = []
    for period in range(PERIODS):
        if (read := period - there.delay) >= 0:
            batch = batches[read]
            posterior = posterior.updated(batch.context, batch.arm, there.earned(there.rows(read), batch.arm))
        rows = there.rows(period)
        batches.append(thompson(posterior, there.account[rows], there.context[rows], floor, seed))
    return tuple(batches)


def _told(there: Arrivals, batches: tuple[Batch, ...]) -> tuple[tuple[Interval, ...], Floats]:
    """What can be told of each strategy but the control from the batches that were read at the end, and whether it is
    so."""
    whole = together(batches[: PERIODS - there.delay])
    rows = slice(0, len(whole.arm))
    reward, against = there.earned(rows, whole.arm), np.eye(len(STRATEGIES))
    target = (np.broadcast_to(one - against[CONTROL], whole.chance.shape) for one in against[1:])
    gained = tuple(off_policy(whole, reward, one)[1] for one in target)
    true = (there.read[rows, 1:] - there.read[rows, :1]).mean(axis=0)
    covered = [float(interval.holds(float(value))) for interval, value in zip(gained, true, strict=True)]
    return gained, np.array(covered)


def _given(arm: int) -> Ints:
    """(a,) chances of giving it to all but the untreated, ppm."""
    chance = np.zeros(len(STRATEGIES), np.int64)
    chance[arm] = PPM - UNTREATED
    chance[CONTROL] += UNTREATED
    return chance
