"""How well a score finds the faults among labelled bills, and how sure that is.

Recall at a rate of false appeals: the share of faulty bills that score above a threshold which at most that share of
the correct bills reach. Intervals come from resampling customers, not bills: those of one customer err together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.errors import InputError
from fairmeter.model import Bills, Bools, Int64s

Floats = npt.NDArray[np.float64]

RATES: Final = (0.001, 0.01, 0.05)
"""Rates of false appeals at which recall is reported."""
MONEY_RATE: Final = 0.01
"""Rate at which the share of the overbilled money is reported."""
CURVE_RATES: Final = tuple(np.geomspace(0.0005, 0.5, 61).tolist())
"""Rates at which a curve is drawn."""
RESAMPLES: Final = 200
_INTERVAL: Final = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Quality:
    """Of a score on one set of labelled bills."""

    bills: int
    faulty: int
    recall: tuple[float, ...]
    """At RATES."""
    area: float
    """Under the receiver operating characteristic, ties counted half."""
    money: float
    """Share of the overbilled quantity's price that is appealed at MONEY_RATE."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A score's quality with its 95 % intervals, and how it finds each kind of fault."""

    quality: Quality
    low: Quality
    high: Quality
    """Quantiles over RESAMPLES resamples of the customers, each figure on its own."""
    by_fault: dict[str, float]
    """Recall of each kind of fault at MONEY_RATE, the threshold that of all bills."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the bills, at the threshold that of all of them MONEY_RATE gives."""

    bills: int
    faulty: int
    recall: float | None
    """Share of the part's faulty bills; None where it has none."""
    false_appeals: float | None
    """Share of the part's correct bills; None where it has none."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What is true of n bills; never an input to a score."""

    faulty: Bools
    overbilled: Floats
    """(n,) minor units charged too much."""
    customer: Int64s
    """(n,) whose bill it is."""
    fault: tuple[str | None, ...]

    @classmethod
    def of(cls, bills: Bills) -> Labels:
        """Raises InputError for bills without the label columns."""
        if bills.fault is None or bills.true_quantity is None:
            raise InputError("bills: an evaluation needs the label columns true_quantity and fault")
        share = 1 - bills.true_quantity / np.maximum(bills.quantity, 1)
        faulty = np.array([fault is not None for fault in bills.fault], dtype=np.bool_)
        return cls(faulty, bills.amount * share, bills.customer.astype(np.int64), bills.fault)

    def take(self, rows: Bools) -> Labels:
        """The chosen rows."""
        chosen = np.flatnonzero(rows).tolist()
        return Labels(
            self.faulty[rows], self.overbilled[rows], self.customer[rows], tuple(self.fault[row] for row in chosen)
        )


def evaluate(score: Floats, labels: Labels, rng: np.random.Generator, resamples: int = RESAMPLES) -> Evaluation:
    """`score`: (n,) higher is more anomalous; NaN ranks below all else. Raises InputError where no bill is faulty, or
    none is correct."""
    if labels.faulty.all() or not labels.faulty.any():
        raise InputError("bills: an evaluation needs both faulty and correct bills")
    curve = _Curve.of(score, labels)
    quality = curve.quality(np.ones(len(score)))
    customers, own = np.unique(labels.customer, return_inverse=True)
    drawn = [
        curve.quality(
            rng.multinomial(len(customers), np.full(len(customers), 1 / len(customers)))[own].astype(np.float64)
        )
        for _ in range(resamples)
    ]
    low, high = (_quantile(drawn, share, quality) for share in _INTERVAL)
    return Evaluation(quality, low, high, _by_fault(score, labels))


def threshold(score: Floats, correct: Bools, rate: float) -> float:
    """The lowest score above which at most `rate` of the correct bills lie."""
    ranked = np.sort(np.nan_to_num(score[correct], nan=-np.inf))
    return float(ranked[len(ranked) - 1 - int(rate * len(ranked))])


def parts(score: Floats, labels: Labels, names: npt.NDArray[np.str_]) -> dict[str, Part]:
    """Of each name in `names` (n,), in alphabetical order."""
    above = _above(score, labels)
    return {str(name): _part(above[names == name], labels.faulty[names == name]) for name in np.unique(names)}


def curve(score: Floats, labels: Labels) -> tuple[float, ...]:
    """Share of the faulty bills found at each of CURVE_RATES."""
    return tuple(_Curve.of(score, labels).found_at(np.ones(len(score)), CURVE_RATES))


def _part(above: Bools, faulty: Bools) -> Part:
    return Part(len(above), int(faulty.sum()), _share(above[faulty]), _share(above[~faulty]))


def _share(above: Bools) -> float | None:
    return float(above.mean()) if len(above) else None


def _above(score: Floats, labels: Labels) -> Bools:
    return np.asarray(np.nan_to_num(score, nan=-np.inf) > threshold(score, ~labels.faulty, MONEY_RATE))


def _by_fault(score: Floats, labels: Labels) -> dict[str, float]:
    above = _above(score, labels)
    kinds = np.array([fault or "" for fault in labels.fault], dtype=np.str_)
    return {str(kind): float(above[kinds == kind].mean()) for kind in np.unique(kinds[labels.faulty])}


@dataclass(frozen=True, slots=True)
class _Curve:
    """Bills by descending score; equal scores share a step."""

    step: Int64s
    """(n,) which step a bill is on, 0 the highest score."""
    steps: int
    labels: Labels

    @classmethod
    def of(cls, score: Floats, labels: Labels) -> _Curve:
        values, step = np.unique(-np.nan_to_num(score, nan=-np.inf), return_inverse=True)
        return cls(step.astype(np.int64), len(values), labels)

    def quality(self, weight: Floats) -> Quality:
        """With each bill counted `weight` times."""
        faulty, correct = weight * self.labels.faulty, weight * ~self.labels.faulty
        found, false = self._reached(faulty), self._reached(correct)
        money = self._reached(faulty * self.labels.overbilled)
        *recall, caught = [*_at(found, false, RATES), *_at(money, false, (MONEY_RATE,))]
        before = np.concatenate(([0.0], false[:-1]))
        area = float(np.sum(np.diff(found, prepend=0.0) * (1 - (before + false) / 2)))
        return Quality(len(weight), int(self.labels.faulty.sum()), tuple(recall), area, caught)

    def found_at(self, weight: Floats, rates: Sequence[float]) -> list[float]:
        """Share of the faulty bills on the steps down to each rate of false appeals."""
        return _at(self._reached(weight * self.labels.faulty), self._reached(weight * ~self.labels.faulty), rates)

    def _reached(self, weight: Floats) -> Floats:
        """(steps,) share of the weight on this step or a higher one; nothing where there is no weight."""
        total = np.cumsum(np.bincount(self.step, weight, self.steps))
        return np.asarray(total / max(float(total[-1]), np.finfo(np.float64).tiny))


def _at(found: Floats, false: Floats, rates: Sequence[float]) -> list[float]:
    """(len(rates),) what is found where at most each rate of the correct bills is reached; 0 before the first step."""
    places = np.searchsorted(false, rates, side="right")
    return [float(share) for share in np.concatenate(([0.0], found))[places]]


def _quantile(drawn: Sequence[Quality], share: float, of: Quality) -> Quality:
    recall = np.quantile([quality.recall for quality in drawn], share, axis=0)
    area, money = (
        float(np.quantile([getattr(quality, name) for quality in drawn], share)) for name in ("area", "money")
    )
    return Quality(of.bills, of.faulty, tuple(recall.tolist()), area, money)
