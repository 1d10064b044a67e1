"""The trend verdict as a peer would compute it: one customer after another, in floating point, with NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

from benchmarks.work import APPEAL, INSUFFICIENT, PAY, Array, Work

DEGREE = 2
FIRST_PRESET = 0.2
SECOND_PRESET = 0.0
PPM = 1_000_000

Fit = Callable[[Array, Array], Array]
"""From days and readings to the DEGREE + 1 coefficients of their least-squares polynomial, the constant first."""


class LoopVerdict(NamedTuple):
    """One bill's; growth in ppm, 0 where not computed."""

    decision: int
    actual_ppm: int
    expected_ppm: int


def fit(x: Array, y: Array) -> Array:
    """By a pseudo-inverse that is kept as long as no day is missing."""
    if len(x) == x[-1] + 1:
        return _inverse(len(x)) @ y
    return np.linalg.lstsq(np.vander(x.astype(float), DEGREE + 1, increasing=True), y, rcond=None)[0]


@cache
def _inverse(days: int) -> Array:
    return np.linalg.pinv(np.vander(np.arange(days, dtype=float), DEGREE + 1, increasing=True))


def verdicts(work: Work, fitted: Fit = fit) -> Iterator[LoopVerdict]:
    """Every bill's verdict, one at a time."""
    for row, referred in enumerate(work.referred.tolist()):
        x = np.flatnonzero(work.present[row, :referred])
        y = work.readings[row, x].astype(float)
        yield verdict(x, y, referred, int(work.quantity[row]), int(work.days[row]), fitted)


def verdict(x: Array, y: Array, referred: int, quantity: int, days: int, fitted: Fit) -> LoopVerdict:
    """`x` the days that have a reading, `y` the readings, `referred` the days of the reference period."""
    total = float(y.sum())
    if total == 0 or 10 * len(x) < 9 * referred or len(x) < DEGREE + 2:
        return LoopVerdict(INSUFFICIENT, 0, 0)
    reference = total * referred / len(x)
    actual = (quantity - reference) / reference
    if actual < SECOND_PRESET:
        return LoopVerdict(PAY, int(np.floor(actual * PPM)), 0)
    c0, c1, c2 = fitted(x, y)
    t = np.arange(days, dtype=float)
    growth = float(((c0 + t * (c1 + t * c2)) * (c1 + 2 * c2 * t)).sum()) / (total / len(x))
    awaited = growth / reference
    decision = APPEAL if actual - awaited >= FIRST_PRESET else PAY
    return LoopVerdict(decision, int(np.floor(actual * PPM)), int(np.floor(awaited * PPM)))
