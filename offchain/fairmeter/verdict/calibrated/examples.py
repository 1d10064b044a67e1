"""Past periods whose readings are complete, as correct bills to learn from, and the same with a fault each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.errors import InputError
from fairmeter.model import Int64s, Utility
from fairmeter.verdict.calibrated.context import Context, context
from fairmeter.verdict.calibrated.faults import inject
from fairmeter.verdict.calibrated.features import log_use
from fairmeter.verdict.calibrated.history import Floats, Histories, Meters
from fairmeter.verdict.calibrated.movement import groups

MOST: Final = 60_000
"""Periods drawn where there are more."""
COPIES: Final = 1
"""Faults made on each."""
_SHIFTS: Final = (0, 15)
"""Days by which the periods are shifted against the calendar's months, for more of them."""
_FAULTY_SHARE: Final = 0.075
"""Of the bills that others are compared with: those carry faults too."""
_BEFORE_DAYS: Final = 28
"""Whose mean an overlap charges again."""
_GRID: Final = 4_000_000
"""Meters times periods that are looked at."""


@dataclass(frozen=True, slots=True)
class Examples:
    """n correct periods and COPIES faults on each."""

    context: Context
    usual: Floats
    """(u,) log base units a day: the middle of each utility, by `Utility`."""
    true: Int64s
    """(n,) base units."""
    faulty: tuple[tuple[Int64s, Int64s], ...]
    """COPIES times (n,) base units and (n,) the fault's kind, -1 where none could be made."""


def examples(histories: Histories, rng: np.random.Generator, since: int | None = None) -> Examples:
    """Of periods that begin on day `since` or later (all, if None). Raises InputError where no meter has a month of
    complete readings."""
    meters, true = _periods(histories, rng, since)
    if len(meters) == 0:
        raise InputError(
            "usage: no meter has a reading on each day of a month; the calibrated policy learns from those"
        )
    group = groups(meters)
    before, days = histories.window(meters, meters.start - _BEFORE_DAYS, meters.start)
    daily = np.where(days >= _BEFORE_DAYS // 2, before / np.maximum(days, 1), np.nan)
    faulty = tuple(inject(rng, true, daily, meters.utility, group) for _ in range(COPIES))
    billed = np.where(rng.random(len(true)) < _FAULTY_SHARE, faulty[0][0], true)
    log = log_use(billed.astype(np.float64), meters.days.astype(np.float64))
    usual = usual_of(log, meters)
    return Examples(context(histories, meters, log, usual), usual, true, faulty)


def usual_of(log: Floats, meters: Meters) -> Floats:
    """(u,) the middle of each utility's, by `Utility`; of all where a utility has none."""
    of = [log[meters.utility == utility] for utility in range(len(Utility) + 1)]
    return np.array([np.median(own if len(own) else log) for own in of])


def _periods(histories: Histories, rng: np.random.Generator, since: int | None) -> tuple[Meters, Int64s]:
    """Months, and months shifted, all of whose days have a reading, and what was used; at most MOST, in the order of
    meters."""
    first = int(histories.first.min()) if since is None else since
    last = int((histories.first + histories.days).max())
    month = np.arange(
        np.datetime64(first, "D").astype("datetime64[M]"), np.datetime64(last, "D").astype("datetime64[M]")
    )
    begin = month.astype("datetime64[D]").astype(np.int64)
    length = (month + 1).astype("datetime64[D]").astype(np.int64) - begin
    start = (begin[:, None] + np.array(_SHIFTS)).ravel()
    rows = np.sort(rng.permutation(len(histories.first))[: max(_GRID // max(len(start), 1), 1)])
    meters = Meters(
        np.repeat(rows, len(start)),
        np.repeat(histories.utility[rows], len(start)),
        np.tile(start, len(rows)),
        np.tile(np.repeat(length, len(_SHIFTS)), len(rows)),
    )
    total, count = histories.window(meters, meters.start, meters.start + meters.days)
    complete = np.flatnonzero(count == meters.days)
    drawn = np.sort(rng.permutation(complete)[:MOST])
    return meters.take(drawn), total[drawn]
