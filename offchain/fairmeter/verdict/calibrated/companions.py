"""How the bills of those meters moved that have gone up and down together with a bill's own: the same trade, the same
weather, the same holidays.

Two meters are alike as far as their daily use, freed of its level and of what all of the group have in common, is
correlated over the half year before the period (the neighbourhoods of collaborative filtering: Resnick et al.,
GroupLens, 1994). The bills are compared as they were posted; a bill never with its own meter's.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.model import Bools, Int64s
from fairmeter.verdict.calibrated.features import REFERENCES
from fairmeter.verdict.calibrated.history import Floats, Histories, Meters
from fairmeter.verdict.calibrated.parallel import chunks, in_threads

AGAINST: Final = ("mean_28", "mean_14", "seasonal_28")
"""References against which the companions' bills are taken."""
COLUMNS: Final = (*(f"companions_{name}" for name in AGAINST), "opposites_seasonal_28")
"""Columns of `companions`."""
_DAYS: Final = 182
_LEAST_DAYS: Final = 28
_LEAST_GROUP: Final = 20
"""Bills below which a group has too few meters for any to be alike but by chance."""
_PANEL: Final = 512
"""Meters of a group that the others are compared with, if there are more."""
_FARTHEST: Final = 2.5
"""Log: a day farther from the meter's level counts as this far."""
_LARGEST_STEP: Final = 1.0
"""Log: a bill that moved more counts as this much; faults are among them."""
_SHRINK: Final = 0.05
"""Weight of no movement at all."""
_CHUNK_ROWS: Final = 4096

Singles = npt.NDArray[np.float32]


def companions(histories: Histories, meters: Meters, billed: Floats, references: Floats, group: Int64s) -> Floats:
    """(n, len(COLUMNS)) log: how far companions' bills lie above their references, less the middle of the group; 0
    where no meter is alike.

    billed: (n,) log base units a day, as billed; references: as `features` gives them; group: (n,) `movement.groups`.
    """
    result = np.zeros((len(meters), len(COLUMNS)))
    above = billed[:, None] - references[:, [REFERENCES.index(name) for name in AGAINST]]
    # By meter within a group, so that the panel does not depend on the order of the bills.
    order = np.lexsort((meters.row, group))
    ends = np.cumsum(np.bincount(group))
    for begin, end in zip(np.append(0, ends[:-1]).tolist(), ends.tolist(), strict=True):
        if end - begin >= _LEAST_GROUP:
            rows = order[begin:end]
            result[rows] = _in_group(histories, meters.take(rows), above[rows])
    return result


def _in_group(histories: Histories, meters: Meters, above: Floats) -> Floats:
    spaced = np.linspace(0, len(meters) - 1, min(_PANEL, len(meters))).astype(np.int64)
    panel = meters.take(spaced)
    common, quantity = _days(histories, panel)
    use = _unit(quantity - common)
    known = ~np.isnan(above[spaced])
    middle = np.nanmedian(np.where(known.any(axis=0), above[spaced], 0.0), axis=0)
    step = np.where(known, np.clip(above[spaced] - middle, -_LARGEST_STEP, _LARGEST_STEP), 0.0).astype(np.float32)

    def moved(rows: slice) -> Floats:
        own = meters.take(rows)
        alike = _unit(_days(histories, own)[1] - common) @ use.T
        alike[own.row[:, None] == panel.row] = 0.0
        opposite = _weighed(np.maximum(-alike, 0.0), step[:, -1:], known[:, -1:])
        return np.column_stack([_weighed(np.maximum(alike, 0.0), step, known), opposite])

    return np.concatenate(list(in_threads(moved, chunks(len(meters), _CHUNK_ROWS))))


def _days(histories: Histories, meters: Meters) -> tuple[Singles, Singles]:
    """(days,) what the meters have in common, and (n, days) log daily use less the meter's own mean; NaN as there."""
    quantity, present = histories.days_before(meters, _DAYS)
    enough = present & (present.sum(axis=1) >= _LEAST_DAYS)[:, None]
    use = np.log(np.maximum(quantity, 1).astype(np.float32))
    level = _mean(use, enough, axis=1)[:, None]
    freed = np.where(enough, np.clip(use - level, -_FARTHEST, _FARTHEST), np.float32(np.nan))
    return _mean(freed, enough, axis=0), freed


def _mean(values: Singles, present: Bools, axis: int) -> Singles:
    total = np.where(present, values, np.float32(0)).sum(axis=axis)
    mean: Singles = (total / np.maximum(present.sum(axis=axis), 1)).astype(np.float32)
    return mean


def _unit(values: Singles) -> Singles:
    """Rows of length 1; those of NaN or without any movement of length 0."""
    filled = np.nan_to_num(values)
    length = np.sqrt((filled * filled).sum(axis=1, keepdims=True))
    unit: Singles = np.where(length > 1e-6, filled / np.maximum(length, np.float32(1e-6)), np.float32(0))
    return unit


def _weighed(alike: Singles, step: Singles, known: Bools) -> Floats:
    weight = alike * alike * alike  # a correlation of 0.6 weighs as 27 of 0.2
    return np.asarray((weight @ step) / (weight @ known.astype(np.float32) + _SHRINK), dtype=np.float64)
