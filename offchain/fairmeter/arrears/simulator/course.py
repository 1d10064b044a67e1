"""What becomes of debts when somebody, or nobody, contacts their customers.

A customer pays on the first day on which its cumulated hazard reaches an exponential draw of its own. A contact
multiplies the hazard for a window of days, each further one of the same customer by less. The draw belongs to the
customer, so that the same customers can be met with every rule, and differ by nothing but the rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fairmeter.arrears.features import Floats, Ints
from fairmeter.arrears.simulator.world import DAYS, WINDOW, WINDOWS, World
from fairmeter.model import Bools

MAX_CONTACTS = 6
"""Of a customer: the register's bound when it is deployed."""
NEVER = DAYS + 1
"""The day of a payment that does not come."""


@dataclass(frozen=True, slots=True)
class Customers:
    """n customers, each with one debt. Standing, segment and debt can be seen by all, the rest by nobody."""

    standing: Ints
    segment: Ints
    debt: Ints
    """Minor units."""
    patience: Floats
    """(n,) the hazard at which each pays; infinite for whom nothing moves."""

    @classmethod
    def draw(cls, world: World, count: int, rng: np.random.Generator) -> Customers:
        """`count` of them."""
        standing = rng.choice(len(world.standings), count, p=np.array(world.standings) / sum(world.standings))
        segment = rng.choice(len(world.segments), count, p=np.array(world.segments) / sum(world.segments))
        debt = np.maximum(np.rint(rng.lognormal(*world.debt, count)), 1).astype(np.int64)
        standing = standing.astype(np.int64)
        return cls(standing, segment.astype(np.int64), debt, draw_patience(world, standing, rng))

    def __len__(self) -> int:
        return len(self.debt)


def draw_patience(world: World, standing: Ints, rng: np.random.Generator) -> Floats:
    """(n,) of customers of these standings: the hazard at which each pays."""
    unmoved = rng.random(len(standing)) < world.unmoved()[standing]
    return np.where(unmoved, np.inf, rng.exponential(size=len(standing)))


@dataclass(frozen=True, slots=True)
class State:
    """What can be seen at the beginning of a window, of n customers."""

    window: int
    unpaid: Bools
    contacts: Ints
    """(n,) so far."""


Rule = Callable[[State], Ints]
"""(n,) the channel by which each is contacted now, 1 to c; 0 for none. Who has paid or has had MAX_CONTACTS is not
contacted, whatever it says."""


@dataclass(frozen=True, slots=True)
class Course:
    """What became of n debts."""

    paid: Ints
    """(n,) day of the payment, 1 to DAYS; NEVER."""
    channel: Ints
    """(n, WINDOWS) of the contact at each window's beginning; 0 for none."""

    def recovered(self, debt: Ints) -> int:
        """Minor units that were paid."""
        return int(debt[self.paid <= DAYS].sum())

    @property
    def contacts(self) -> int:
        """In all."""
        return int((self.channel > 0).sum())

    def net(self, debt: Ints, unit_cost: int) -> int:
        """What was paid less what the contacts cost, minor units."""
        return self.recovered(debt) - self.contacts * unit_cost


class Debtors:
    """n customers with a debt each, on their way to paying it or not."""

    def __init__(self, world: World, customers: Customers) -> None:
        hazard = world.hazard()
        windows = np.stack([hazard[:, w * WINDOW : (w + 1) * WINDOW + 1] for w in range(WINDOWS)])
        self._steps = windows[:, :, 1:] - windows[:, :, :1]
        self._logarithm = np.log(np.concatenate((np.ones((len(world.segments), 1)), np.array(world.ratio)), axis=1))
        self._fatigue, self._customers = world.fatigue, customers
        self._reached = np.zeros(len(customers))

    def go_on(self, window: int, rows: Ints, channel: Ints, contacts: Ints) -> Ints:
        """(k,) on which day of `window` each of the customers `rows` (k,) pays, 1 to WINDOW; 0 where none does. At its
        beginning they were contacted by `channel` (k,), 0 for not, after `contacts` (k,) before."""
        standing, segment = self._customers.standing[rows], self._customers.segment[rows]
        ratio = np.exp(self._logarithm[segment, channel] * self._fatigue**contacts)
        path = self._reached[rows, None] + ratio[:, None] * self._steps[window][standing]
        self._reached[rows] = path[:, -1]
        gone = path >= self._customers.patience[rows, None]
        return np.where(gone[:, -1], gone.argmax(axis=1) + 1, 0)


def play(world: World, customers: Customers, rule: Rule) -> Course:
    """Half a year with `rule`."""
    count, debtors = len(customers), Debtors(world, customers)
    contacts, paid = np.zeros(count, np.int64), np.full(count, NEVER)
    made = np.zeros((count, WINDOWS), np.int64)
    for window in range(WINDOWS):
        unpaid = paid == NEVER
        wanted = rule(State(window, unpaid, contacts))
        made[:, window] = channel = np.where(unpaid & (contacts < MAX_CONTACTS), wanted, 0)
        rows = np.flatnonzero(unpaid)
        day = debtors.go_on(window, rows, channel[rows], contacts[rows])
        paid[rows[day > 0]] = window * WINDOW + day[day > 0]
        contacts = contacts + (channel > 0)
    return Course(paid, made)
