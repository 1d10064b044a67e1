"""Bins of a feature in which the risk only rises or only falls, and the weight of evidence of each.

Weight of evidence of a bin: ln(share of the defaults that lie in it / share of the others), of shares that count
PRIOR rows more, at the mean rate; information value: the sum over bins of the difference of shares times that weight.
Numbers are cut at quantiles, neighbouring bins are pooled until the risk is monotone (pool adjacent violators, Ayer et
al. 1955) in the direction that keeps more information, then until each holds LEAST_SHARE of the rows. A category is a
bin of its own; missing is one too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.arrears.features import Features, Floats, Ints
from fairmeter.model import Bools

CUTS: Final = 20
LEAST_SHARE: Final = 0.03
PRIOR: Final = 10.0


@dataclass(frozen=True, slots=True)
class Bins:
    """Of one feature."""

    edges: Floats
    """(b - 1,) a number lies in the bin after the last edge that is below it; of a category 0.5, 1.5 and so on."""
    weight: Floats
    """(b + 1,) of evidence, positive where defaults are frequent; the last one of what is missing."""
    information: float

    def of(self, values: Floats) -> Ints:
        """(n,) the bin of each value; b where it is missing."""
        missing = np.isnan(values)
        return np.where(missing, len(self.edges) + 1, np.searchsorted(self.edges, values)).astype(np.int64)


def bins(features: Features, target: Bools) -> tuple[Bins, ...]:
    """(k,) of each feature."""
    return tuple(
        _bins(column, len(categories), target)
        for column, categories in zip(features.values.T, features.categories, strict=True)
    )


def evidence(features: Features, of: tuple[Bins, ...]) -> Floats:
    """(n, k) the weight of evidence of each customer's bin."""
    columns = [one.weight[one.of(column)] for column, one in zip(features.values.T, of, strict=True)]
    return np.column_stack(columns) if columns else np.empty((len(features), 0))


def _bins(values: Floats, categories: int, target: Bools) -> Bins:
    known = ~np.isnan(values)
    edges: Floats = (
        np.arange(categories - 1, dtype=np.float64) + 0.5 if categories else _monotone(values[known], target[known])
    )
    bin_ = np.where(known, np.searchsorted(edges, values), len(edges) + 1).astype(np.int64)
    rows, events = _counts(bin_, target, len(edges) + 2)
    weight, information = _evidence(rows, events)
    return Bins(edges, weight, information)


def _counts(place: Ints, target: Bools, count: int) -> tuple[Floats, Floats]:
    """(count,) rows, and defaults among them, in each bin."""
    rows = np.bincount(place, minlength=count).astype(np.float64)
    return rows, np.bincount(place[target], minlength=count).astype(np.float64)


def _evidence(rows: Floats, events: Floats) -> tuple[Floats, float]:
    """Of bins with so many rows and defaults, of which there are some and others are left: weights, and information."""
    defaults, total = float(events.sum()), float(rows.sum())
    share = (events + PRIOR * defaults / total) / defaults
    other = (rows - events + PRIOR * (1 - defaults / total)) / (total - defaults)
    weight = np.log(share / other)
    return weight, float((share - other) @ weight)


def _monotone(values: Floats, target: Bools) -> Floats:
    """The edges that are left."""
    if target.all() or not target.any():
        return np.empty(0)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, CUTS + 1)[1:-1], method="lower"))
    edges = edges[edges < values.max()]
    place = np.searchsorted(edges, values).astype(np.int64)
    rows, events = _counts(place, target, len(edges) + 1)
    kept = [_merged(rows, sign * events) for sign in (1.0, -1.0)]
    informations = [_evidence(np.add.reduceat(rows, k), np.add.reduceat(events, k))[1] for k in kept]
    best = kept[int(informations[1] > informations[0])]
    return np.asarray(edges[best[1:] - 1])


def _merged(rows: Floats, events: Floats) -> Ints:
    """First of each pooled bin, such that events to rows, with PRIOR rows more, rise and no bin is too small."""
    least, mean = LEAST_SHARE * float(rows.sum()), float(events.sum() / rows.sum())
    pooled: list[tuple[float, float, int]] = []

    def rate(count: float, event: float, _: int) -> float:
        return (event + PRIOR * mean) / (count + PRIOR)

    def push(one: tuple[float, float, int]) -> None:
        while pooled and (rate(*pooled[-1]) >= rate(*one) or pooled[-1][0] < least):
            count, event, first = pooled.pop()
            one = (count + one[0], event + one[1], first)
        pooled.append(one)

    for first, (count, event) in enumerate(zip(rows.tolist(), events.tolist(), strict=True)):
        push((count, event, first))
    while len(pooled) > 1 and pooled[-1][0] < least:
        small, before = pooled.pop(), pooled.pop()
        push((small[0] + before[0], small[1] + before[1], before[2]))
    return np.array([first for _, _, first in pooled], dtype=np.int64)
