"""What a trial teaches: how likely each kind of customer pays, contacted or not.

The customers of the trial are drawn into arms that stay theirs: one is never contacted, each other one in every window
by its channel. Payments in a window are Poisson, the logarithm of the rate a sum over window, standing, segment,
channel by segment, and channel times contacts before (piecewise exponential survival, Holford 1980), fitted by
iteratively reweighted least squares over counts. It is not the law that the customers follow: it knows nothing of those
whom nothing moves, and takes fatigue for a straight line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.arrears.features import Floats, Ints
from fairmeter.arrears.simulator.course import MAX_CONTACTS, NEVER, Course, Customers, Rule, State
from fairmeter.arrears.simulator.world import WINDOW, WINDOWS, World
from fairmeter.arrears.strategy.economics import horizon, return_on_contacts
from fairmeter.model import Bools
from fairmeter.units import PPM

_STEPS: Final = 20
_RIDGE: Final = 1e-6
"""Keeps a kind of customer that never paid from a rate of minus infinity."""


@dataclass(frozen=True, slots=True)
class Curves:
    """What was seen of the trial's arms, of s segments at the end of each window."""

    contacted: Floats
    """(s, WINDOWS) share that has paid, of those who are contacted."""
    natural: Floats
    """(s, WINDOWS) of those who are not."""
    contacts: Floats
    """(s, WINDOWS) mean number so far of who is contacted."""
    mean_debt: int
    """Minor units."""

    def returns(self, unit_cost: int) -> Ints:
        """(s, WINDOWS) return on contacts, ppm of minor units, as the patent says."""
        curves = (np.rint(one * PPM).astype(np.int64) for one in (self.contacted, self.natural, self.contacts))
        rows = zip(*curves, strict=True)
        return np.array(
            [return_on_contacts(with_, without, self.mean_debt, n, unit_cost) for with_, without, n in rows]
        )

    def horizons(self, unit_cost: int) -> Ints:
        """(s,) days after which each segment's contacts return what they cost, as near as may be."""
        return np.array([horizon(TIMES, row) for row in self.returns(unit_cost)])


TIMES: Final[Ints] = np.arange(1, WINDOWS + 1) * WINDOW
"""Days at which the curves are known."""


@dataclass(frozen=True, slots=True)
class Learned:
    """Of g standings, s segments and c channels; all of it estimated."""

    hazard: Floats
    """(WINDOWS, g, s) of each window, without a contact."""
    ratio: Floats
    """(s, c + 1, MAX_CONTACTS + 1) times the hazard, by the contacts before; 1 for channel 0."""
    best: Ints
    """(s,) the channel that works best for each segment."""
    best_of_all: int
    """The one for all alike."""
    trust: float
    """Of the effect on payment until the end that the rates promise for the trial's own arms, the share that came, 0
    to 1: whom nothing moves makes it smaller."""
    curves: Curves

    def expected(self, customers: Customers, state: State) -> tuple[Floats, Floats, Floats]:
        """(n,) each: the coming window's hazard without a contact and with one by the segment's best channel, and the
        hazard after the window until the end without one."""
        standing, segment = customers.standing, customers.segment
        natural = self.hazard[state.window, standing, segment]
        rest = self.hazard[state.window + 1 :].sum(axis=0)[standing, segment]
        return natural, natural * self.ratio[segment, self.best[segment], state.contacts], rest


def arms(arm: Ints) -> Rule:
    """The trial's own rule: arm 0 is not contacted, arm k in every window by channel k."""
    return lambda state: np.where(state.unpaid, arm, 0)


def learn(world: World, customers: Customers, arm: Ints, course: Course) -> Learned:
    """From the `course` of a trial whose customers were drawn into `arm` (n,). Of the `world` only the numbers of its
    standings, segments and channels are looked at."""
    shape = (WINDOWS, len(world.standings), len(world.segments), len(world.ratio[0]) + 1, MAX_CONTACTS + 1)
    paid, exposed = _counts(customers, course, shape)
    seen = np.flatnonzero(exposed)
    rate = _poisson(_design(seen, shape), paid[seen], exposed[seen])
    every = np.arange(int(np.prod(shape)))
    fitted = (_design(every, shape) @ rate).reshape(shape)
    ratio = np.exp(fitted - fitted[:, :, :, :1])[0, 0]
    ratio[:, 0] = 1.0
    hazard = np.exp(fitted[:, :, :, 0, 0]) * WINDOW
    share = np.bincount(customers.segment, minlength=shape[2]) / len(customers)
    first = np.log(ratio[:, 1:, 0])
    return Learned(
        hazard=hazard,
        ratio=ratio,
        best=first.argmax(axis=1) + 1,
        best_of_all=int((share @ first).argmax()) + 1,
        trust=_trust(hazard, ratio, customers, arm, course),
        curves=_curves(customers, arm, course, shape[2]),
    )


def _counts(customers: Customers, course: Course, shape: tuple[int, ...]) -> tuple[Ints, Ints]:
    """Payments and days of risk of each cell of `shape`, as one row."""
    window = np.broadcast_to(np.arange(WINDOWS), course.channel.shape)
    before: Ints = np.cumsum(course.channel > 0, axis=1) - (course.channel > 0)
    kinds = (np.broadcast_to(kind[:, None], window.shape) for kind in (customers.standing, customers.segment))
    cell = np.ravel_multi_index((window, *kinds, course.channel, before), shape)
    days = np.clip(course.paid[:, None] - window * WINDOW, 0, WINDOW)
    pays = (course.paid[:, None] - 1) // WINDOW == window
    pays &= course.paid[:, None] != NEVER
    size = int(np.prod(shape))
    exposed = np.bincount(cell.ravel(), days.ravel(), size).astype(np.int64)
    return np.bincount(cell[pays], minlength=size), exposed


def _design(cell: Ints, shape: tuple[int, ...]) -> Floats:
    """(m, k) columns of the rate's logarithm for m cells."""
    window, standing, segment, channel, before = np.unravel_index(cell, shape)
    segments, channels = shape[2], shape[3]
    by_channel = channel[:, None] == np.arange(1, channels)
    by_segment = segment[:, None] == np.arange(segments)
    together = (by_channel[:, :, None] & by_segment[:, None, :]).reshape(len(cell), -1)
    columns = (
        window[:, None] == np.arange(WINDOWS),
        standing[:, None] == np.arange(1, shape[1]),
        by_segment[:, 1:],
        together,
        by_channel * before[:, None],
    )
    return np.concatenate(columns, axis=1, dtype=np.float64)


def _poisson(design: Floats, events: Ints, exposed: Ints) -> Floats:
    """(k,) coefficients of the logarithm of events a unit of exposure."""
    found = np.zeros(design.shape[1])
    found[:WINDOWS] = np.log(max(int(events.sum()), 1) / exposed.sum())
    for _ in range(_STEPS):
        mean = exposed * np.exp(np.clip(design @ found, -30, 5))
        normal = design.T @ (design * mean[:, None]) + _RIDGE * np.eye(len(found))
        found += np.linalg.solve(normal, design.T @ (events - mean) - _RIDGE * found)
    return found


def _trust(hazard: Floats, ratio: Floats, customers: Customers, arm: Ints, course: Course) -> float:
    before: Ints = np.minimum(np.arange(WINDOWS), MAX_CONTACTS)
    # (c + 1, WINDOWS, 1, s): an arm's contacts end with the limit.
    times = np.where(np.arange(WINDOWS) < MAX_CONTACTS, ratio[:, :, before], 1.0).transpose(1, 2, 0)[:, :, None]
    pays = -np.expm1(-(hazard * times).sum(axis=1))
    promised, came, treated = pays[arm, customers.standing, customers.segment], course.paid != NEVER, arm > 0
    effects = [values[treated].mean() - values[~treated].mean() for values in (promised, came)]
    return float(np.clip(effects[1] / max(effects[0], 1e-9), 0.0, 1.0))


def _curves(customers: Customers, arm: Ints, course: Course, segments: int) -> Curves:
    segment, treated = customers.segment, arm > 0

    def mean(values: Floats, rows: Bools) -> Floats:
        member = (segment[rows, None] == np.arange(segments)).astype(np.float64)
        return np.asarray(member.T @ values[rows] / member.sum(axis=0)[:, None])

    paid = (course.paid[:, None] <= TIMES).astype(np.float64)
    made = np.cumsum(course.channel > 0, axis=1).astype(np.float64)
    return Curves(mean(paid, treated), mean(paid, ~treated), mean(made, treated), round(float(customers.debt.mean())))
