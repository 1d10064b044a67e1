"""Scores of bills by models that did not see what they are judged on: other customers, or a later time."""

from __future__ import annotations

import dataclasses

import numpy as np

from fairmeter.model import Bills, Bools, Usage
from fairmeter.verdict.calibrated import Scores, fit, recalibrate, score
from fairmeter.verdict.calibrated.history import Floats


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """Of n bills, NaN for those that no model judged."""

    score: Floats
    """(n,) log odds of a fault."""
    false_rate: Floats
    """(n,) as `Scores.false_rate`."""


def by_customer(usage: Usage, bills: Bills, seed: int, folds: int = 3) -> Judged:
    """Each customer's bills by a model fitted to the readings of the customers of the other folds alone."""
    fold = np.random.default_rng(seed).integers(0, folds, len(usage.customers))
    fold_of = dict(zip(usage.customers, fold.tolist(), strict=True))
    own = np.array([fold_of.get(customer, 0) for customer in bills.customers])[bills.customer]
    judged = _nothing(bills)
    for held_out in range(folds):
        model = fit(_rows(usage, fold[usage.customer] != held_out), seed)
        _keep(judged, score(model, usage, bills), own == held_out)
    return judged


def by_time(usage: Usage, bills: Bills, seed: int, before: int, window: int) -> Judged:
    """The bills from day `before` on, by a model fitted to the readings before it; the false-appeal rates of each month
    by the correct periods of the `window` days before it."""
    model = fit(usage, seed, before)
    judged = _nothing(bills)
    later = np.unique(bills.start[bills.start >= before])
    for start in later.tolist():
        current = recalibrate(model, usage, seed, start, window)
        _keep(judged, score(current, usage, bills), bills.start == start)
    return judged


def _nothing(bills: Bills) -> Judged:
    return Judged(np.full(len(bills), np.nan), np.full(len(bills), np.nan))


def _keep(judged: Judged, scores: Scores, rows: Bools) -> None:
    judged.score[rows], judged.false_rate[rows] = scores.score[rows], scores.false_rate[rows]


def _rows(usage: Usage, rows: Bools) -> Usage:
    return Usage(usage.customer[rows], usage.utility[rows], usage.day[rows], usage.quantity[rows], usage.customers)
