"""How the bills of the same utility and the same days move: the middle of what the others bill, against their own past.

Bills are compared as they were posted, faults and all, so nothing is used that was not known on that day. A median of
the others, never of the bill itself, is moved little by the few that carry a fault. Others alike in one respect (their
step at this time last year, their recent trend, their size …) are a finer comparison than all of them.
"""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np

from fairmeter.model import Int64s
from fairmeter.verdict.calibrated.features import REFERENCES, SHAPES
from fairmeter.verdict.calibrated.history import Floats, Meters
from fairmeter.verdict.calibrated.parallel import in_threads

OVERALL: Final = ("mean_7", "mean_14", "mean_28", "mean_56", "seasonal_28", "seasonal_14", "last_year")
"""References against which all others' movement is taken."""
ALIKE: Final = ("mean_28", "mean_14")
"""References against which the movement of those alike is taken."""
RESPECTS: Final = ("step", "trend", "size", "change", "growth", "variation")
COLUMNS: Final = (
    *(f"movement_{name}" for name in OVERALL),
    *(f"movement_{name}_{respect}" for name in ALIKE for respect in RESPECTS),
)
"""Columns of `movement`."""
_MOST_BINS: Final = 10
_BIN_BILLS: Final = 15
"""Bills that a bin should hold at least."""
_SHRINK: Final = 6.0
"""Others that weigh as much as what they are shrunk to: no movement overall, the overall one for those alike."""


def groups(meters: Meters) -> Int64s:
    """(n,) a number for each utility, first day and length of period; dense."""
    key = (meters.start * 256 + meters.days) * 8 + meters.utility
    dense: Int64s = np.unique(key, return_inverse=True)[1].astype(np.int64)
    return dense


def movement(billed: Floats, references: Floats, shapes: Floats, group: Int64s) -> Floats:
    """(n, len(COLUMNS)) log: how far the others' bills of each bill's group lie above their references.

    billed: (n,) log base units a day, as billed; references, shapes: as `features` gives them; group: (n,) `groups`.
    """
    above = {name: billed - references[:, REFERENCES.index(name)] for name in {*OVERALL, *ALIKE}}
    medians = in_threads(lambda values: _shrunk(*others_median(values, group), 0.0), list(above.values()))
    overall = dict(zip(above, medians, strict=True))
    bins = in_threads(lambda values: group * _MOST_BINS + _bins(values, group), list(_respects(references, shapes)))
    alike = in_threads(
        lambda of: _shrunk(*others_median(above[of[0]], of[1]), overall[of[0]]), list(product(ALIKE, bins))
    )
    return np.stack([*(overall[name] for name in OVERALL), *alike], axis=1)


def others_median(values: Floats, group: Int64s) -> tuple[Floats, Int64s]:
    """(n,) the median of the other values of a value's group, and (n,) of how many; NaN where there is none. NaN does
    not count; for a NaN it is the median of all but the largest of its group."""
    order = np.lexsort((values, group))
    begin, size = extent(group[order])
    present = np.concatenate(([0], np.cumsum(~np.isnan(values[order]))))
    count = present[begin + size] - present[begin]
    others = np.maximum(count - 1, 0)
    rank = np.minimum(np.arange(len(values)) - begin, others)
    below, above = np.maximum(others - 1, 0) // 2, others // 2
    ranked = values[order]
    last = begin + np.maximum(count - 1, 0)
    low = ranked[np.minimum(begin + below + (rank <= below), last)]
    high = ranked[np.minimum(begin + above + (rank <= above), last)]
    median, number = np.empty(len(values)), np.empty(len(values), dtype=np.int64)
    median[order], number[order] = np.where(others > 0, (low + high) / 2, np.nan), others
    return median, number


def _shrunk(median: Floats, count: Int64s, towards: Floats | float) -> Floats:
    weighted = np.where(count > 0, median, 0.0) * count
    return np.asarray((weighted + towards * _SHRINK) / (count + _SHRINK))


def _respects(references: Floats, shapes: Floats) -> list[Floats]:
    """In the order of RESPECTS."""
    of = {name: references[:, column] for column, name in enumerate(REFERENCES)}
    shape = {name: shapes[:, column] for column, name in enumerate(SHAPES)}
    return [
        of["last_year"] - of["before_last_year_28"],
        of["mean_7"] - of["mean_28"],
        of["mean_182"],
        shape["block_change"],
        of["mean_28"] - of["before_last_year_28"],
        shape["day_deviation_28"],
    ]


def _bins(values: Floats, group: Int64s) -> Int64s:
    """(n,) the part of its group, in equal parts by rank of the value, in which a value lies; NaN ranks highest."""
    order = np.lexsort((values, group))
    begin, size = extent(group[order])
    parts = np.clip(size // _BIN_BILLS, 1, _MOST_BINS)
    result = np.empty(len(values), dtype=np.int64)
    result[order] = (np.arange(len(values)) - begin) * parts // size
    return result


def extent(group: Int64s) -> tuple[Int64s, Int64s]:
    """(n,) where each row's group begins and how many rows it has; `group` ascending."""
    begins = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
    sizes = np.diff(np.append(begins, len(group)))
    return np.repeat(begins, sizes), np.repeat(sizes, sizes)
