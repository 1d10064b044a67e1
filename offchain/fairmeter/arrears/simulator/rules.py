"""Whom to contact, by rules that are compared on the same customers. None of them sees what a customer keeps hidden."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fairmeter.arrears.features import Floats, Ints
from fairmeter.arrears.simulator.course import MAX_CONTACTS, Customers, Rule, State
from fairmeter.arrears.simulator.learning import Learned
from fairmeter.arrears.simulator.world import WINDOW
from fairmeter.arrears.strategy.budget import plan
from fairmeter.arrears.strategy.economics import Decision, decide
from fairmeter.model import Bools
from fairmeter.units import PPM


def nobody() -> Rule:
    """No contact: the untreated control."""
    return lambda state: np.zeros(len(state.unpaid), np.int64)


def everybody(channel: int) -> Rule:
    """Everybody alike, in every window until the limit."""
    return lambda state: np.where(state.unpaid, channel, 0)


def at_random(customers: Customers, learned: Learned, made: Ints, rng: np.random.Generator) -> Rule:
    """Anybody, as many in each window as `made` (WINDOWS,)."""
    return _ranked(customers, learned, made, lambda state: rng.random(len(state.unpaid)))


def likeliest(customers: Customers, learned: Learned, made: Ints) -> Rule:
    """Who is likeliest to pay if contacted, as many in each window as `made` (WINDOWS,)."""
    return _ranked(customers, learned, made, lambda state: learned.expected(customers, state)[1])


def by_patent(customers: Customers, learned: Learned, unit_cost: int) -> Rule:
    """The collection patent's rule: who is likely enough to pay within the window for the contacts made so far."""
    horizons = learned.curves.horizons(unit_cost)[customers.segment]

    def rule(state: State) -> Ints:
        probability = np.rint(-np.expm1(-learned.expected(customers, state)[1]) * PPM).astype(np.int64)
        cost = unit_cost * np.maximum(state.contacts, 1)
        elapsed = np.full(len(customers), state.window * WINDOW)
        said = decide(probability, cost, customers.debt, elapsed, horizons, state.contacts < MAX_CONTACTS)
        return _by_best(customers, learned, state.unpaid & (said == Decision.REMIND))

    return rule


def by_value(customers: Customers, learned: Learned, unit_cost: int, budget: int) -> Rule:
    """Whom a contact moves by more than it costs: the debt times the probability that the customer pays in half a year
    because of it, of all who would not pay without; at most `budget` contacts in all, those worth most first."""
    left = [budget]

    def rule(state: State) -> Ints:
        natural, contacted, rest = learned.expected(customers, state)
        moved = np.exp(-natural - rest) * -np.expm1(natural - contacted)
        gain = learned.trust * moved * customers.debt
        limit = (state.unpaid & (state.contacts < MAX_CONTACTS)).astype(np.int64)
        chosen = plan(gain[:, None], unit_cost, limit, left[0]) > 0
        left[0] -= int(chosen.sum())
        return _by_best(customers, learned, chosen)

    return rule


def _ranked(customers: Customers, learned: Learned, made: Ints, worth: Callable[[State], Floats]) -> Rule:
    """The contactable by falling `worth` (n,), `made` (WINDOWS,) of them."""

    def rule(state: State) -> Ints:
        open_ = np.flatnonzero(state.unpaid & (state.contacts < MAX_CONTACTS))
        first = open_[np.argsort(-worth(state)[open_], kind="stable")[: made[state.window]]]
        chosen = np.zeros(len(customers), np.bool_)
        chosen[first] = True
        return _by_best(customers, learned, chosen)

    return rule


def _by_best(customers: Customers, learned: Learned, chosen: Bools) -> Ints:
    return np.where(chosen, learned.best[customers.segment], 0)
