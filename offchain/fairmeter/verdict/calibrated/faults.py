"""Meter-reading faults, made on correct quantities so that a model can learn from bills that carry no label.

Each bills more than was used, as the faults that a customer would appeal do. The ranges are broad on purpose: what a
wrong reading does to a register is arithmetic, how high an estimate is or how many days are charged twice is anybody's
guess.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from fairmeter.model import Int64s, UInt8s, Utility
from fairmeter.verdict.calibrated.history import Floats
from fairmeter.verdict.calibrated.movement import extent

KINDS: Final = ("digit", "transposition", "estimate", "multiplier", "overlap", "swap")
"""One digit of the register read too high · two neighbouring digits exchanged · an estimate above the use · the wrong
meter constant · days charged twice · another meter's reading."""
MULTIPLIERS: Final = (2, 5, 10)
ESTIMATES: Final = (1.2, 2.2)
"""An estimate over the true quantity, evenly spread."""
OVERLAP_DAYS: Final = (5, 30)
LEAST: Final = 1.15
"""Times the true quantity: what bills less is no fault that anybody would notice, and is not made."""
MOST: Final = 27.0
"""Times the true quantity: more than this, any rule finds."""
_REGISTER_PERIODS: Final = (3, 60)
"""Periods of the same use that the register has counted before."""


def register_unit(utility: UInt8s) -> Int64s:
    """(n,) base units in the last digit of the meter's register: kWh, m3, s."""
    return np.where(utility == Utility.PHONE, 1, 1000).astype(np.int64)


def inject(
    rng: np.random.Generator, true: Int64s, daily: Floats, utility: UInt8s, group: Int64s
) -> tuple[Int64s, Int64s]:
    """What n bills of the true quantities charge with a fault each, base units, and the fault's kind as an index into
    KINDS; -1, and the true quantity, where no kind of fault lies between LEAST and MOST.

    daily: (n,) base units a day of the days before the period, charged again by an overlap (NaN: none is made);
    group: (n,) bills whose readings may be exchanged. Every possible kind is as likely as another.
    """
    made = _candidates(rng, true, daily, utility, group)
    possible = (made >= LEAST * true) & (made <= MOST * true) & (true > 0)
    kind = np.where(possible, rng.random(made.shape), -1.0).argmax(axis=0)
    any_kind = possible.any(axis=0)
    return np.where(any_kind, made[kind, np.arange(len(true))], true), np.where(any_kind, kind, -1)


def _candidates(rng: np.random.Generator, true: Int64s, daily: Floats, utility: UInt8s, group: Int64s) -> Int64s:
    n = len(true)
    days = rng.integers(OVERLAP_DAYS[0], OVERLAP_DAYS[1] + 1, n)
    return np.stack(
        [
            *_misread(rng, true, register_unit(utility)),
            np.rint(true * rng.uniform(*ESTIMATES, n)).astype(np.int64),
            true * rng.choice(MULTIPLIERS, n),
            true + np.rint(np.nan_to_num(daily) * days).astype(np.int64),
            true[_others(rng, group)],
        ]
    )


def _misread(rng: np.random.Generator, true: Int64s, unit: Int64s) -> tuple[Int64s, Int64s]:
    """What a register misread at the period's end bills: a digit too high, two neighbours exchanged. The digit is one
    that weighs in the period's use."""
    n = len(true)
    register = true * rng.integers(*_REGISTER_PERIODS, n) + rng.integers(0, np.maximum(true, 1))
    begin, end = register // unit, (register + true) // unit
    weighty = np.floor(np.log10(np.maximum(end - begin, 1))).astype(np.int64)
    power = 10 ** np.maximum(weighty - rng.integers(0, 2, n), 0)
    digit, next_digit = end // power % 10, end // (10 * power) % 10
    higher = digit + 1 + np.floor(rng.random(n) * (9 - digit)).astype(np.int64)
    raised = np.where(digit < 9, higher - digit, 0)
    return (end + raised * power - begin) * unit, (end + (digit - next_digit) * 9 * power - begin) * unit


def _others(rng: np.random.Generator, group: Int64s) -> Int64s:
    """(n,) a row of the same group, drawn evenly; it may be the row itself, which makes no fault."""
    order = np.argsort(group, kind="stable")
    begin, size = extent(group[order])
    other = np.empty(len(group), dtype=np.int64)
    other[order] = order[begin + np.floor(rng.random(len(group)) * size).astype(np.int64)]
    return other
