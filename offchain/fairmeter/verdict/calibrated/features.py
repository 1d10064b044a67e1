"""What the meter's own past says of a period, from the readings before its first day and nothing else.

A reference is a mean of daily use over some days of the past, in natural logarithms of base units a day: what the
period's daily use might be expected to equal. A shape is a figure without a unit: how much the use varies, whether the
meter idles, how long it is known. Both are NaN where the readings do not reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.model import Bools, Int64s, Utility
from fairmeter.verdict.calibrated.history import Floats, Histories, Meters
from fairmeter.verdict.calibrated.parallel import chunks, in_threads

WINDOWS: Final = (1, 3, 7, 14, 28, 56, 91, 182, 364)
"""Days up to the period's first day of which the mean is taken."""
YEAR: Final = 364
"""Days back to the same days of last year: 52 weeks, so that weekdays meet weekdays."""
_BLOCKS: Final = 13
_BLOCK_DAYS: Final = 28
_RECENT_DAYS: Final = 56
_COVERAGE: Final = 0.5
"""Share of a window's days that need a reading for its mean to be taken."""
_IDLE: Final = 3.0
"""A day or block this far below the largest block (natural logarithm: a twentieth) counts as idle."""
_LONG: Final = 730

REFERENCES: Final = (
    *(f"mean_{days}" for days in WINDOWS),
    "last_year", "last_year_same_dates", "last_year_wide",
    "before_last_year_7", "before_last_year_28", "before_last_year_56",
    "seasonal_28", "seasonal_56", "seasonal_14",
    "block_max", "block_min", "block_median",
    "day_max", "day_max_56", "day_median", "day_median_7", "day_min", "day_80",
)  # fmt: skip
"""Columns of `references`."""
SHAPES: Final = (
    "block_deviation", "block_change", "block_change_max", "block_change_median", "block_deviation_3",
    "day_deviation_28", "day_deviation_7", "week_deviation", "week_change", "week_slope",
    "idle_28", "idle_7", "idle_year", "age", "flat", "days", "water",
)  # fmt: skip
"""Columns of `shapes`."""

_CHUNK_ROWS: Final = 16_384
"""Rows at a time: the days of a chunk are a matrix that need not hold all bills."""


def features(histories: Histories, meters: Meters) -> tuple[Floats, Floats]:
    """`references` (n, len(REFERENCES)), log base units a day, and `shapes` (n, len(SHAPES)) of n periods; NaN where
    the readings before the period do not reach."""
    references = np.full((len(meters), len(REFERENCES)), np.nan)
    shapes = np.full((len(meters), len(SHAPES)), np.nan)
    each = chunks(len(meters), _CHUNK_ROWS)
    for rows, found in zip(each, in_threads(lambda rows: _features(histories, meters.take(rows)), each), strict=True):
        references[rows], shapes[rows] = found
    return references, shapes


def log_use(quantity: Floats, days: Floats) -> Floats:
    """Natural logarithm of base units a day, at least one unit."""
    return np.asarray(np.log(np.maximum(quantity / days, 1.0)))


def _features(histories: Histories, meters: Meters) -> tuple[Floats, Floats]:
    start, days = meters.start, meters.days
    means = _Means(histories, meters)
    windows = {f"mean_{length}": means.of(start - length, start) for length in WINDOWS}
    last_year = {
        "last_year": means.of(start - YEAR, start - YEAR + days),
        "last_year_same_dates": means.of(start - 365, start - 365 + days),
        **{f"before_last_year_{length}": means.of(start - YEAR - length, start - YEAR) for length in (7, 28, 56)},
        "last_year_wide": means.of(start - YEAR - 28, start - YEAR + days + 28),
    }
    seasonal = {
        f"seasonal_{length}": windows[f"mean_{length}"]
        + last_year["last_year"]
        - means.of(start - YEAR - length, start - YEAR)
        for length in (14, 28, 56)
    }
    blocks = np.stack(
        [means.of(start - (k + 1) * _BLOCK_DAYS, start - k * _BLOCK_DAYS) for k in range(_BLOCKS)], axis=1
    )
    ordered = _sorted(blocks)
    block = {"block_max": ordered.at(1.0), "block_min": ordered.at(0.0), "block_median": ordered.at(0.5)}
    recent = means.daily(_RECENT_DAYS)
    day = _day_references(recent)
    named = windows | last_year | seasonal | block | day
    shapes = _block_shapes(blocks, block["block_max"]) | _day_shapes(recent, block["block_max"])
    shapes |= {
        "age": np.minimum(histories.age(meters), _LONG).astype(np.float64),
        "flat": (day["day_max"] == day["day_min"]).astype(np.float64),
        "days": days.astype(np.float64),
        "water": (meters.utility == Utility.WATER).astype(np.float64),
    }
    return np.stack([named[name] for name in REFERENCES], axis=1), np.stack([shapes[name] for name in SHAPES], axis=1)


def _day_references(recent: Floats) -> dict[str, Floats]:
    four_weeks, all_days, week = _sorted(recent[:, :28]), _sorted(recent), _sorted(recent[:, :7])
    return {
        "day_max": four_weeks.at(1.0),
        "day_max_56": all_days.at(1.0),
        "day_median": four_weeks.at(0.5),
        "day_median_7": week.at(0.5),
        "day_min": four_weeks.at(0.0),
        "day_80": all_days.at(0.8),
    }


def _block_shapes(blocks: Floats, largest: Floats) -> dict[str, Floats]:
    change = np.abs(blocks[:, :-1] - blocks[:, 1:])
    ordered = _sorted(change)
    return {
        "block_deviation": _deviation(blocks),
        "block_change": np.sqrt(_mean(change**2)),
        "block_change_max": ordered.at(1.0),
        "block_change_median": ordered.at(0.5),
        "block_deviation_3": _deviation(blocks[:, :4]),
        "idle_year": _share(blocks < largest[:, None] - _IDLE, blocks),
    }


def _day_shapes(recent: Floats, largest: Floats) -> dict[str, Floats]:
    weeks = np.stack([_mean(recent[:, first : first + 7]) for first in range(0, _RECENT_DAYS, 7)], axis=1)
    past = np.arange(weeks.shape[1]) - (weeks.shape[1] - 1) / 2
    return {
        "day_deviation_28": _deviation(recent[:, :28]),
        "day_deviation_7": _deviation(recent[:, :7]),
        "week_deviation": _deviation(weeks),
        "week_change": _mean(np.abs(np.diff(weeks, axis=1))),
        "week_slope": -(weeks @ past) / (past @ past),
        "idle_28": _share(recent[:, :28] < largest[:, None] - _IDLE, recent[:, :28]),
        "idle_7": _share(recent[:, :7] < largest[:, None] - _IDLE, recent[:, :7]),
    }


@dataclass(frozen=True, slots=True)
class _Means:
    histories: Histories
    meters: Meters

    def of(self, begin: Int64s, end: Int64s) -> Floats:
        """(n,) log of the mean reading from `begin` to the day before `end`; NaN where too few days have one."""
        total, count = self.histories.window(self.meters, begin, end)
        enough = count >= np.maximum(_COVERAGE * (end - begin), 1)
        return np.where(enough, log_use(total.astype(np.float64), np.maximum(count, 1).astype(np.float64)), np.nan)

    def daily(self, days: int) -> Floats:
        """(n, days) log of each reading before the period, the last day first; NaN where there is none."""
        quantity, present = self.histories.days_before(self.meters, days)
        return np.where(present, log_use(quantity.astype(np.float64), np.ones(1)), np.nan)[:, ::-1]


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Rows in ascending order, NaN last, and how many of each are not NaN."""

    values: Floats
    count: Int64s

    def at(self, share: float) -> Floats:
        """(n,) the quantile, between two values in proportion; NaN for a row of NaN."""
        last = np.maximum(self.count - 1, 0)
        below = np.floor(share * last).astype(np.int64)
        above = np.minimum(below + 1, last)
        row = np.arange(len(self.values))
        low, high = self.values[row, below], self.values[row, above]
        return np.asarray(low + (share * last - below) * (high - low))


def _sorted(values: Floats) -> _Sorted:
    return _Sorted(np.sort(values, axis=1), np.count_nonzero(~np.isnan(values), axis=1))


def _mean(values: Floats) -> Floats:
    """(n,) mean of a row's values that are not NaN; NaN where there is none."""
    present = ~np.isnan(values)
    count = present.sum(axis=1)
    total = np.where(present, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _deviation(values: Floats) -> Floats:
    return np.sqrt(_mean((values - _mean(values)[:, None]) ** 2))


def _share(marked: Bools, values: Floats) -> Floats:
    """(n,) share of the marked among a row's values that are not NaN."""
    return _mean(np.where(np.isnan(values), np.nan, marked.astype(np.float64)))
