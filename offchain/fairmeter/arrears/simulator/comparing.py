"""What rules of whom to contact recover from the same customers, net of what contacts cost, beside no contact at all.

For each seed a trial is run on some customers, the rules learn from it, and each is then tried on others. All that is
drawn is Philox's, of a seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from fairmeter.arrears.features import Floats, Ints
from fairmeter.arrears.simulator import rules
from fairmeter.arrears.simulator.course import Course, Customers, Rule, play
from fairmeter.arrears.simulator.learning import TIMES, Learned, arms, learn
from fairmeter.arrears.simulator.world import LEAST, World
from fairmeter.errors import InputError
from fairmeter.units import PPM

NOBODY: Final = "nobody"
EVERYBODY: Final = "everybody"
PATENT: Final = "the patent's rule"
VALUE: Final = "the value rule"
RULES: Final = (NOBODY, EVERYBODY, "at random", "likeliest to pay", PATENT, VALUE)
"""`nobody` is the untreated control; `at random` and `likeliest to pay` make the value rule's number of contacts."""
COSTS: Final = (0.01, 0.02, 0.03, 0.04, 0.05, 0.10)
"""Of a contact, against the mean debt, at which the value rule is compared with others."""
COMPARED: Final = (NOBODY, EVERYBODY, PATENT)
TRIAL: Final = 20_000
"""Customers of each trial."""
BUDGET: Final = 2
"""Contacts a customer that the value rule may make, on average."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Of r rules (RULES) over k seeds, t days; money against what was owed."""

    world: World
    customers: int
    """Of each seed."""
    recovered: Floats
    """(k, r) share of the debts that was paid."""
    contacts: Floats
    """(k, r) a customer."""
    net: Floats
    """(k, r) recovered less what the contacts cost."""
    over_time: Floats
    """(r, t) net of each rule less the control's until each day of TIMES, mean over the seeds."""
    returns: Floats
    """(s, t) the patent's ROI of contacting each segment until each of TIMES, mean over the seeds' trials, against the
    mean debt."""
    horizons: Ints
    """(k, s) days."""
    ahead_by_cost: Floats
    """(k, COSTS, COMPARED) `ahead` were a contact to cost so much, on the same customers."""

    def ahead(self, of: str) -> Floats:
        """(k,) by how much the value rule's net is more than that `of` another rule, as a share of the other's."""
        return np.asarray(self.net[:, RULES.index(VALUE)] / self.net[:, RULES.index(of)] - 1)


def compare(
    world: World, seeds: int, customers: int, first_seed: int = 0, tell: Callable[[float], None] | None = None
) -> Recovery:
    """`customers` for each of `seeds` seeds, which follow `first_seed`. Raises InputError for fewer than LEAST
    customers, or no seed."""
    if customers < LEAST or seeds < 1:
        raise InputError(f"{seeds} seeds of {customers:,} customers: at least 1 of {LEAST:,} are needed")
    tried = []
    for seed in range(first_seed, first_seed + seeds):
        tried.append(_try(world, customers, np.random.Generator(np.random.Philox(seed))))
        if tell is not None:
            tell(len(tried) / seeds)
    columns = (np.array(column) for column in zip(*tried, strict=True))
    recovered, contacts, net, over_time, returns, horizons, ahead = columns
    late = over_time.mean(axis=0)
    over_time = late - late[RULES.index(NOBODY)]
    return Recovery(world, customers, recovered, contacts, net, over_time, returns.mean(axis=0), horizons, ahead)


def _try(world: World, count: int, rng: np.random.Generator) -> tuple[Floats | Ints, ...]:
    """One seed's row of each of Recovery's columns."""
    learned = _trial(world, rng)
    customers, cost = Customers.draw(world, count, rng), world.unit_cost
    debt, courses = customers.debt, _play_all(world, customers, learned, rng)
    owed = float(debt.sum())
    until = np.stack([_until(course, debt, cost) / owed for course in courses])
    curves = learned.curves
    return (
        np.array([course.recovered(debt) / owed for course in courses]),
        np.array([course.contacts / count for course in courses]),
        np.array([course.net(debt, cost) / owed for course in courses]),
        until,
        curves.returns(cost) / (curves.mean_debt * PPM),
        curves.horizons(cost),
        _by_cost(world, customers, learned, courses[RULES.index(NOBODY)], courses[RULES.index(EVERYBODY)]),
    )


def _by_cost(world: World, customers: Customers, learned: Learned, nobody: Course, everybody: Course) -> Floats:
    """(COSTS, COMPARED) by how much the value rule's net is more than that of others, whose cost decides nothing of
    whom `nobody` and `everybody` contact."""
    debt, budget, rows = customers.debt, BUDGET * len(customers), []
    for contact in COSTS:
        cost = replace(world, contact=contact).unit_cost
        value = play(world, customers, rules.by_value(customers, learned, cost, budget)).net(debt, cost)
        patent = play(world, customers, rules.by_patent(customers, learned, cost))
        rows.append([value / course.net(debt, cost) - 1 for course in (nobody, everybody, patent)])
    return np.array(rows)


def _trial(world: World, rng: np.random.Generator) -> Learned:
    channels = len(world.ratio[0])
    customers, arm = Customers.draw(world, TRIAL, rng), rng.integers(0, channels + 1, TRIAL)
    return learn(world, customers, arm, play(world, customers, arms(arm)))


def _play_all(world: World, customers: Customers, learned: Learned, rng: np.random.Generator) -> list[Course]:
    """In the order of RULES."""
    cost = world.unit_cost

    def tried(rule: Rule) -> Course:
        return play(world, customers, rule)

    value = tried(rules.by_value(customers, learned, cost, BUDGET * len(customers)))
    made = (value.channel > 0).sum(axis=0)
    return [
        tried(rules.nobody()),
        tried(rules.everybody(learned.best_of_all)),
        tried(rules.at_random(customers, learned, made, rng)),
        tried(rules.likeliest(customers, learned, made)),
        tried(rules.by_patent(customers, learned, cost)),
        value,
    ]


def _until(course: Course, debt: Ints, unit_cost: int) -> Floats:
    """(t,) net, in minor units, until each of TIMES."""
    paid = debt @ (course.paid[:, None] <= TIMES)
    made = np.cumsum((course.channel > 0).sum(axis=0))
    return np.asarray(paid - made * unit_cost, dtype=np.float64)
