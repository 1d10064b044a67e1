"""Scores of bills by models that did not see what they are judged on: other customers, or a later time."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from fairmeter.model import Bills, Bools, Usage
from fairmeter.verdict.calibrated import fit, next_level, recalibrate, score
from fairmeter.verdict.calibrated.classes import classes
from fairmeter.verdict.calibrated.history import Floats
from fairmeter.verdict.policies import Progress

SET_RATES: Final = (0.005, 0.01, 0.02)
"""Rates of false appeals that are set, to see whether they are met."""
WINDOW: Final = 183
"""Days before a month whose correct periods say which score is how rare."""


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """Of n bills."""

    score: Floats
    """(n,) as `Scores.score`; NaN for those that no model judged."""
    appealed: Bools
    """(len(SET_RATES), n) whether it is, at each set rate."""


def by_customer(usage: Usage, bills: Bills, seed: int, progress: Progress) -> Judged:
    """Each bill by trees that never saw a reading of its customer: they are fitted to those of the other parts. How
    rare a score is comes from the correct periods of all, each scored by trees that did not see its customer either."""
    model = fit(usage, seed, progress=lambda done: progress(0.9 * done))
    scores = score(model, usage, bills, lambda done: progress(0.9 + 0.1 * done))
    return Judged(scores.score, np.stack([scores.false_rate <= rate for rate in SET_RATES]))


def by_time(usage: Usage, bills: Bills, correct: Bools, seed: int, before: int, progress: Progress) -> Judged:
    """The bills from day `before` on, by a model fitted to the readings before it, month by month as they are posted: a
    month's rates come from the correct periods of the WINDOW before it, and each level, of all and of each class, from
    how the last month's was met. `correct`: (n,) what is known of a bill once its period's readings are, used for later
    months alone."""
    model = fit(usage, seed, before, lambda done: progress(0.7 * done))
    scored = np.full(len(bills), np.nan)
    appealed = np.zeros((len(SET_RATES), len(bills)), dtype=np.bool_)
    number_of = len(model.classes) + 1
    level, own = list(SET_RATES), [[rate] * number_of for rate in SET_RATES]
    months = np.unique(bills.start[bills.start >= before]).tolist()
    for number, start in enumerate(months):
        rows = bills.start == start
        scores = score(recalibrate(model, usage, seed, start, WINDOW), usage, bills)
        scored[rows] = scores.score[rows]
        of = classes(scores.context, model.classes)
        for which, rate in enumerate(SET_RATES):
            # what all classes are off by, and what each is besides
            appealed[which, rows] = (scores.false_rate <= level[which] + np.array(own[which])[of] - rate)[rows]
            known = appealed[which, rows & correct]
            level[which] = next_level(level[which], rate, int(known.sum()), len(known))
            for class_ in range(number_of):
                known = appealed[which, rows & correct & (of == class_)]
                own[which][class_] = next_level(own[which][class_], rate, int(known.sum()), len(known), number_of)
        progress(0.7 + 0.3 * (number + 1) / len(months))
    return Judged(scored, appealed)
