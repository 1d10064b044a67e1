"""Classes of meters by how they behave, from the readings before the bill: what a false-appeal rate is met within, and
what quality is reported by. Meters too young to show how they behave are a class of their own; the others' are found by
k-means."""

from __future__ import annotations

from typing import Final

import numpy as np

from fairmeter.model import Bools, Int64s
from fairmeter.verdict.calibrated.context import Context
from fairmeter.verdict.calibrated.features import SHAPES, YEAR
from fairmeter.verdict.calibrated.history import Floats
from fairmeter.verdict.clusters import Clusters, cluster

NEW: Final = "new"
"""Known for less than eleven months."""
BEHAVIOUR: Final = (
    "block_change", "day_deviation_28", "block_deviation", "idle_28", "idle_year", "growth", "season", "level",
)  # fmt: skip
"""Columns of `behaviour`: how use changes from one four weeks to the next, from day to day, over the year (natural
logarithm of what `features` calls so); share of idle days of the last 28 and of idle months; growth on last year, step
at this time last year, and level over the utility's usual (natural logarithms)."""
_YEAR_SLACK: Final = 28
_LEAST: Final = 0.02
"""Log: below this, a use that changes less does not change."""
_LARGEST_STEP: Final = 2.0
WORDS: Final = {
    "block_change": ("steady", "erratic"),
    "day_deviation_28": ("even days", "uneven days"),
    "block_deviation": ("same all year", "varying over the year"),
    "idle_28": ("", "idle now"),
    "idle_year": ("", "often idle"),
    "growth": ("shrinking", "growing"),
    "season": ("falling season", "rising season"),
    "level": ("small", "large"),
}
"""Of a class that lies below or above the others."""


def behaviour(context: Context) -> Floats:
    """(n, len(BEHAVIOUR)); NaN where the readings do not reach."""

    def shape(name: str) -> Floats:
        return context.shapes[:, SHAPES.index(name)]

    before_last_year = context.reference("before_last_year_28")
    growth = context.reference("mean_28") - before_last_year
    season = context.reference("last_year") - before_last_year
    return np.column_stack([
        *(np.log(shape(name) + _LEAST) for name in BEHAVIOUR[:3]),
        *(shape(name) for name in BEHAVIOUR[3:5]),
        *(np.clip(step, -_LARGEST_STEP, _LARGEST_STEP) for step in (growth, season)),
        context.reference("mean_182") - context.usual,
    ])  # fmt: skip


def find_classes(context: Context, seed: int) -> Clusters:
    """Of the periods of meters that are not new."""
    return cluster(behaviour(context)[~_new(context)], seed)[0]


def classes(context: Context, clusters: Clusters) -> Int64s:
    """(n,) an index into `names`."""
    return np.where(_new(context), 0, 1 + clusters.of(behaviour(context)))


def names(clusters: Clusters) -> tuple[str, ...]:
    """NEW, and of each class what it has more or less of than others."""
    return (NEW, *clusters.names([WORDS[column] for column in BEHAVIOUR]))


def _new(context: Context) -> Bools:
    unknown = np.isnan(context.shapes[:, SHAPES.index("block_change")])
    return np.asarray((context.age < YEAR - _YEAR_SLACK) | unknown)
