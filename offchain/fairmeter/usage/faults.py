"""Injects meter-reading faults into true quantities: each bills more than was used, and carries its name as a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.model import Int64s, Utility
from fairmeter.usage.measured import (
    ESTIMATE_RANGE,
    FAULT_COUNTS,
    FAULT_SHARE,
    LEAST_OVERBILLING,
    MOST_OVERBILLING,
    MULTIPLIERS,
    OVERLAP_DAYS,
)

FAULTS: Final = tuple(FAULT_COUNTS)
REGISTER_UNIT: Final = {Utility.ELECTRICITY: 1000, Utility.WATER: 1000, Utility.GAS: 1000, Utility.PHONE: 1}
"""Base units in the last digit of a meter's register: kWh, m3, s."""

_WEIGHTS: Final = np.array([0.98, 1.67, 1.00, 0.88, 0.93, 0.86])
"""Of the kinds in the draw among those possible on a bill, in the order of FAULTS: found by making fleets, such that
the kinds come out in the numbers of FAULT_COUNTS although digits or a neighbour's use often allow no such fault."""


@dataclass(frozen=True, slots=True)
class MonthlyTotals:
    """Monthly totals of n meters of one utility, with what a fault needs to know of them."""

    utility: Utility
    true: Int64s
    """(n, months) base units."""
    register: Int64s
    """(n, months) base units on the meter when the month begins."""
    before: Int64s
    """(n, months, OVERLAP_DAYS[1]) base units of the last 1, 2, … days before the month."""


def inject(totals: MonthlyTotals, rng: np.random.Generator) -> tuple[Int64s, Int64s]:
    """The quantities as billed and each bill's fault as an index into FAULTS, -1 for none. Both (n, months).

    A bill draws a fault with FAULT_SHARE; it stays correct if no kind of fault bills between LEAST_OVERBILLING and
    MOST_OVERBILLING times its true quantity, as with a quantity of nothing.
    """
    billed = totals.true.copy()
    fault = np.full(totals.true.shape, -1, dtype=np.int64)
    meter, month = np.nonzero(rng.random(totals.true.shape) < FAULT_SHARE)
    true = totals.true[meter, month]
    tried = _candidates(totals, meter, month, rng)
    possible = (tried >= LEAST_OVERBILLING * true) & (tried <= MOST_OVERBILLING * true) & (true > 0)
    # The largest of log(weight) + Gumbel noise is a draw in proportion to the weights.
    rank = np.where(possible, np.log(_WEIGHTS)[:, None] + rng.gumbel(size=tried.shape), -np.inf)
    kind = rank.argmax(axis=0)
    made = possible.any(axis=0)
    billed[meter[made], month[made]] = tried[kind, np.arange(len(kind))][made]
    fault[meter[made], month[made]] = kind[made]
    return billed, fault


def _candidates(totals: MonthlyTotals, meter: Int64s, month: Int64s, rng: np.random.Generator) -> Int64s:
    """(len(FAULTS), f) what each kind of fault, in the order of FAULTS, would bill in f months of meters."""
    true = totals.true[meter, month]
    low, high = ESTIMATE_RANGE
    factor = np.array(list(MULTIPLIERS))
    chance = np.array(list(MULTIPLIERS.values())) / sum(MULTIPLIERS.values())
    first, last = OVERLAP_DAYS
    days = rng.integers(first, last + 1, len(true))
    neighbour = rng.integers(0, len(totals.true), len(true))
    made = {
        **_misread(totals, meter, month, rng),
        "estimate": np.rint(true * rng.uniform(low, high, len(true))).astype(np.int64),
        "multiplier": true * rng.choice(factor, len(true), p=chance),
        "overlap": true + totals.before[meter, month, days - 1],
        "swap": totals.true[neighbour, month],
    }
    return np.stack([made[name] for name in FAULTS])


def _misread(totals: MonthlyTotals, meter: Int64s, month: Int64s, rng: np.random.Generator) -> dict[str, Int64s]:
    """What is billed when the register at the month's end is read with one digit too high, or with two neighbouring
    digits exchanged; the digit is one that weighs in the month's use."""
    unit = REGISTER_UNIT[totals.utility]
    begin = totals.register[meter, month] // unit
    end = (totals.register[meter, month] + totals.true[meter, month]) // unit
    weighty = np.floor(np.log10(np.maximum(end - begin, 1))).astype(np.int64)
    power = 10 ** np.maximum(weighty - rng.integers(0, 2, len(end)), 0)
    digit, next_digit = end // power % 10, end // (10 * power) % 10
    higher = np.minimum(digit + rng.integers(1, 10, len(end)), 9)
    return {
        "digit": (end + (higher - digit) * power - begin) * unit,
        "transposition": (end + (digit - next_digit) * 9 * power - begin) * unit,
    }
