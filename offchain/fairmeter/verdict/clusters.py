"""Classes by k-means over what is known of how each behaves; the same whatever the order of the rows.

How many: as many as are stable. Each number of classes is fitted to all rows and to random halves of them, and the
halves' classes are compared with those of all by the adjusted Rand index; the largest number whose median over the
halves is at least STABLE is taken (Ben-Hur, Elisseeff and Guyon, A stability based method for discovering structure in
clustered data, 2002). The silhouette stands beside it, for whoever wants fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

from fairmeter.model import Int64s

Floats = npt.NDArray[np.float64]

NUMBERS: Final = range(2, 9)
"""Of classes that are tried."""
STABLE: Final = 0.95
_HALVES: Final = 8
_STARTS: Final = 10
_FARTHEST: Final = 4.0
"""Standard deviations from the mean: a row farther out counts as this far, and makes no class of its own."""
_ROWS: Final = 8000
"""Rows drawn to choose the number by, where there are more; of the silhouette, half as many."""
_OUTSTANDING: Final = 0.7
"""Standard deviations from the mean from which a class is named by a column."""
_LEAST_SPREAD: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Trial:
    """One number of classes."""

    classes: int
    silhouette: float
    """Mean over the rows, -1 to 1."""
    stability: float
    """Median adjusted Rand index of halves' classes with those of all rows."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """k classes over c columns."""

    unknown: Floats
    """(c,) what stands for a figure that is not known: the column's median."""
    middle: Floats
    """(c,) mean."""
    spread: Floats
    """(c,) standard deviation."""
    centres: Floats
    """(k, c) in standard deviations from the mean; ascending by the first column, then the next."""

    def __len__(self) -> int:
        return len(self.centres)

    def of(self, figures: Floats) -> Int64s:
        """(n,) the nearest class of n rows (n, c); NaN is what is not known."""
        rows = self.standard(figures)
        distance = (self.centres**2).sum(axis=1) - 2 * (rows @ self.centres.T)
        nearest: Int64s = distance.argmin(axis=1).astype(np.int64)
        return nearest

    def standard(self, figures: Floats) -> Floats:
        """(n, c) in standard deviations from the mean, at most _FARTHEST."""
        known = np.where(np.isnan(figures), self.unknown, figures)
        return np.clip((known - self.middle) / self.spread, -_FARTHEST, _FARTHEST)

    def names(self, words: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        """Of each class its number and up to two of the words, the most outstanding first; `words` has for each column
        that of a class below and of one above the others."""
        return tuple(f"{number} {_name(centre, words)}" for number, centre in enumerate(self.centres, start=1))


def cluster(figures: Floats, seed: int) -> tuple[Clusters, tuple[Trial, ...]]:
    """Classes of n rows (n, c), NaN where a figure is not known, and the numbers of classes that were tried, none where
    the rows are all alike or there is none: then there is one class."""
    if len(figures) == 0:
        nothing = np.zeros(figures.shape[1])
        return Clusters(nothing, nothing, nothing + 1, nothing[None]), ()
    plain = _scaled(figures[np.lexsort(figures.T)])
    rows = plain.standard(figures)
    rows = rows[np.lexsort(rows.T)]
    distinct = len(np.unique(rows, axis=0))
    drawn = rows[np.sort(np.random.default_rng(seed).permutation(len(rows))[:_ROWS])]
    with threadpool_limits(1, user_api="openmp"):
        numbers = [number for number in NUMBERS if 2 * number <= min(distinct, len(drawn))]
        trials = tuple(_trial(drawn, number, seed) for number in numbers)
        stable = [trial.classes for trial in trials if trial.stability >= STABLE]
        centres = _fitted(rows, max(stable, default=1), seed).cluster_centers_
    order = np.lexsort(centres.T[::-1])
    return Clusters(plain.unknown, plain.middle, plain.spread, np.ascontiguousarray(centres[order])), trials


def _name(centre: Floats, words: Sequence[tuple[str, str]]) -> str:
    outstanding = [column for column in np.argsort(-np.abs(centre)).tolist() if abs(centre[column]) >= _OUTSTANDING]
    found = [word for column in outstanding if (word := words[column][int(centre[column] > 0)])]
    return ", ".join(found[:2]) or "usual"


def _scaled(figures: Floats) -> Clusters:
    """Without classes yet."""
    any_known = np.where(np.isnan(figures).all(axis=0), 0.0, figures)
    unknown = np.nanmedian(any_known, axis=0)
    known = np.where(np.isnan(any_known), unknown, any_known)
    spread = np.maximum(known.std(axis=0), _LEAST_SPREAD)
    return Clusters(unknown, known.mean(axis=0), spread, np.zeros((0, figures.shape[1])))


def _fitted(rows: Floats, number: int, seed: int) -> KMeans:
    return KMeans(number, n_init=_STARTS, random_state=seed).fit(rows)


def _trial(rows: Floats, number: int, seed: int) -> Trial:
    every = _fitted(rows, number, seed).labels_
    rng = np.random.default_rng(seed)
    halves = [np.sort(rng.permutation(len(rows))[: (len(rows) + 1) // 2]) for _ in range(_HALVES)]
    again = [_fitted(rows[half], number, seed).predict(rows) for half in halves]
    stability = float(np.median([adjusted_rand_score(every, labels) for labels in again]))
    silhouette = silhouette_score(rows, every, sample_size=min(len(rows), _ROWS // 2), random_state=seed)
    return Trial(number, float(silhouette), stability)
