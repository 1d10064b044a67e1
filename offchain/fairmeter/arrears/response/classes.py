"""What a contact does on a trial's people and on each class of them, with intervals that hold for all classes at once.

The mean of the corrected effects (`learners.corrected`, out of sample), whose error is that of whole clusters: those
who were treated together err together (Liang and Zeger 1986). Classes are what is known of people beforehand, and the
thirds by the effect that a learner expects of them, having seen none of their cluster (Chernozhukov et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import stdtrit

from fairmeter.arrears.features import Floats, Ints
from fairmeter.arrears.quality import Interval, equal_bins
from fairmeter.arrears.response.trials import Trial

LEVEL: Final = 0.05
THIRDS: Final = ("the third expected to respond least", "the middle third", "the third expected to respond most")


@dataclass(frozen=True, slots=True)
class ClassEffect:
    """Of one class."""

    name: str
    people: int
    clusters: int
    effect: Interval
    """In probability; with 95 % the intervals of all classes of the trial hold."""

    @property
    def works(self) -> bool:
        """Whether an effect is claimed: its interval does not contain zero."""
        return not self.effect.holds(0.0)


def by_class(corrected: Floats, expected: Floats, trial: Trial) -> tuple[ClassEffect, ...]:
    """The trial's own classes, then THIRDS; `corrected` (n,) effects, and those that were `expected` (n,), both of
    models that never saw the person's cluster."""
    own = len(trial.classes)
    names = (*trial.classes, *THIRDS)
    member = np.zeros((len(names), len(corrected)), np.bool_)
    member[trial.kind, np.arange(len(corrected))] = True
    member[own + equal_bins(expected, len(THIRDS)), np.arange(len(corrected))] = True
    return tuple(
        ClassEffect(name, int(rows.sum()), len(np.unique(trial.cluster[rows])), found)
        for name, rows, found in zip(names, member, means(corrected, member, trial.cluster), strict=True)
    )


def means(
    score: Floats, member: np.ndarray[tuple[int, int], np.dtype[np.bool_]], cluster: Ints
) -> tuple[Interval, ...]:
    """The mean `score` (n,) of each of c classes `member` (c, n), with intervals that hold for all at once with 95 %,
    as `mean` gives them."""
    level = LEVEL / len(member)
    return tuple(mean(score[rows], cluster[rows], level) for rows in member)


def mean(score: Floats, cluster: Ints, level: float = LEVEL) -> Interval:
    """The mean `score` (n,), with an interval that fails with `level`, whatever the scores within a `cluster` (n,) have
    in common. Of a single cluster it is unbounded."""
    value = float(score.mean())
    own = np.unique(cluster, return_inverse=True)[1]
    error = np.bincount(own, score - value)
    clusters = len(error)
    if clusters < 2:
        return Interval(value, -np.inf, np.inf)
    deviation = np.sqrt(clusters / (clusters - 1) * float(error @ error)) / len(score)
    half = float(stdtrit(clusters - 1, 1 - level / 2) * deviation)
    return Interval(value, value - half, value + half)
