"""How good probabilities are: whether they rank, and whether they are met; with intervals over resampled customers.

Area under the receiver operating characteristic; KS, the largest distance between the two outcomes' distributions;
Brier score, the mean squared error; expected calibration error over ten bins of as many customers each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.arrears.features import Floats, Ints
from fairmeter.model import Bools

RESAMPLES: Final = 200
INTERVAL: Final = (0.025, 0.975)
BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and where it lies in 95 % of the resamples."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, drawn: Floats) -> Interval:
        """`drawn`: (resamples,) the figure on each."""
        low, high = np.quantile(drawn, INTERVAL)
        return cls(value, float(low), float(high))

    def holds(self, value: float) -> bool:
        """Whether the interval contains `value`."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Quality:
    """Of probabilities, on customers whose outcome is known."""

    area: Interval
    ks: Interval
    brier: Interval
    calibration_error: Interval
    areas: Floats
    """(resamples,) drawn with the generator that was passed: of two models with equal generators, pairs."""


def area(score: Floats, target: Bools) -> float:
    """Under the curve, ties counted half; 0.5 where an outcome is absent."""
    return _Ranked.of(score, target).area(np.ones(len(score)))


def quality(probability: Floats, target: Bools, rng: np.random.Generator, resamples: int = RESAMPLES) -> Quality:
    """`probability` (n,) of `target` (n,)."""
    ranked, bins = _Ranked.of(probability, target), equal_bins(probability, BINS)
    error = probability - target

    def figures(weight: Floats) -> tuple[float, float, float, float]:
        apart = np.bincount(bins, weight * error, BINS)
        total = float(weight.sum())
        return (
            ranked.area(weight),
            ranked.ks(weight),
            float(weight @ error**2) / total,
            float(np.abs(apart).sum()) / total,
        )

    drawn = np.array([figures(weight) for weight in weights(len(target), rng, resamples)])
    whole = figures(np.ones(len(target)))
    curve, ks, brier, calibration = (Interval.of(value, drawn[:, k]) for k, value in enumerate(whole))
    return Quality(curve, ks, brier, calibration, drawn[:, 0])


def weights(count: int, rng: np.random.Generator, resamples: int = RESAMPLES) -> Iterator[Floats]:
    """(count,) how often each of `count` units is in a resample with replacement, resample by resample."""
    shares = np.full(count, 1 / count)
    for _ in range(resamples):
        yield rng.multinomial(count, shares).astype(np.float64)


def equal_bins(score: Floats, bins: int) -> Ints:
    """(n,) the bin of each row, 0 the lowest scores, as many rows in each; equal scores in the order of the rows."""
    place = np.empty(len(score), dtype=np.int64)
    place[np.argsort(score, kind="stable")] = np.arange(len(score))
    return place * bins // max(len(score), 1)


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Rows by ascending score; equal scores share a step."""

    step: Ints
    target: Bools
    steps: int

    @classmethod
    def of(cls, score: Floats, target: Bools) -> _Ranked:
        values, step = np.unique(score, return_inverse=True)
        return cls(step.astype(np.int64), target, len(values))

    def _shares(self, weight: Floats) -> tuple[Floats, Floats]:
        """(steps,) cumulated weight of either outcome, as shares."""
        events = np.cumsum(np.bincount(self.step, weight * self.target, self.steps))
        others = np.cumsum(np.bincount(self.step, weight * ~self.target, self.steps))
        return events / max(float(events[-1]), 1e-300), others / max(float(others[-1]), 1e-300)

    def area(self, weight: Floats) -> float:
        events, others = self._shares(weight)
        if events[-1] == 0 or others[-1] == 0:
            return 0.5
        before = np.concatenate(([0.0], others[:-1]))
        return float(np.sum(np.diff(events, prepend=0.0) * (before + others) / 2))

    def ks(self, weight: Floats) -> float:
        events, others = self._shares(weight)
        return float(np.abs(others - events).max())
