"""Screening rules: bounds of a bill's amount and of the days since the bill before, by utility and class.

Which bounds: of a grid (`verdict.thresholds`) the pair that misses fewest faulty bills and holds up at most a set share
of the others. Faulty are those that are known to be, where a class has enough of them, else faults made on its bills.
An amount stands in its class by its logarithm, an interval by its days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.model import ANY_AMOUNT, ANY_INTERVAL, Bills, Bools, ClassRules, Decision, Int64s, UInt8s, Utility
from fairmeter.verdict.payments import LEAST_LABELS
from fairmeter.verdict.thresholds import CHOICES, FARTHEST, choose, draw_faults, grid

Floats = npt.NDArray[np.float64]

LEAST_BILLS: Final = 20
"""Of a class and utility; with fewer it has no rules."""
_LEAST_SPREAD: Final = (0.01, 0.5)
"""Of the logarithm of amounts, and of intervals in days."""


@dataclass(frozen=True, slots=True)
class Billed:
    """n bills in the order of their judging."""

    batch: Int64s
    account: Int64s
    start: Int64s
    """Days since 1970-01-01."""
    days: Int64s
    amount: Int64s
    """Minor units."""
    took: Bools
    """Whether it took its days: not cancelled before it was judged, nor refused then."""


@dataclass(frozen=True, slots=True)
class FittedRules:
    """Of one utility and class."""

    utility: Utility
    class_: int
    rules: ClassRules
    bills: int
    found: float
    """Share of the faulty bills that a rule fires on, known or made ones."""
    false: float
    """Share of the others."""
    labelled: bool
    """Whether the faulty ones were known."""


def intervals(bills: Billed) -> Int64s:
    """(n,) days from the last day billed before, in earlier batches or earlier in its own, to each bill's last; 0 of an
    account's first bill and of one that bills days again. As contracts/src/ScreeningRules.sol counts them."""
    found = np.zeros(len(bills.start), np.int64)
    accounts, account = np.unique(bills.account, return_inverse=True)
    through, in_batch, batch = (np.zeros(len(accounts), np.int64) for _ in range(3))
    last = bills.start + bills.days - 1
    for rows in _by_rank(account):
        of = account[rows]
        again = batch[of] == bills.batch[rows]
        before = np.where(again, in_batch[of], through[of])
        ahead = bills.start[rows] > before
        found[rows] = np.where(ahead & (before > 0), last[rows] - before, 0)
        in_batch[of] = np.where(ahead, last[rows], before)
        batch[of] = bills.batch[rows]
        through[of] = np.where(ahead & bills.took[rows], last[rows], through[of])
    return found


def fires(amount: Int64s, interval: Int64s, bounds: tuple[Int64s, Int64s, Int64s]) -> Bools:
    """(n, len(Rule)) which rules fire; `bounds`, (n,) each: largest amount, shortest and longest interval."""
    most, shortest, longest = bounds
    known = interval > 0
    return np.stack([amount > most, known & (interval < shortest), known & (interval > longest)], axis=1)


def decided(decision: UInt8s, fired: Bools, alone: Bools) -> UInt8s:
    """(n,) what becomes of n verdicts' decisions where a rule `fired` (n,), and where rules decide `alone` (n,)."""
    ruled = np.where(alone, np.uint8(Decision.PAY), decision)
    return np.where(fired, np.uint8(Decision.APPEAL), ruled).astype(np.uint8)


def fit_rules(bills: Bills, of: Int64s, rate: float, seed: int) -> tuple[FittedRules, ...]:
    """Of each utility and class from 1 on with LEAST_BILLS bills or more; `of` (n,) the class of each bill, of which as
    they are `rate` may be held up. Labels are used where the bills have them."""
    found = []
    amount, interval = np.log(bills.amount.astype(np.float64)), since_last_bill(bills)
    wrong = np.array([bool(one) for one in bills.fault or [None] * len(bills)])
    pairs = np.unique(np.stack([bills.utility.astype(np.int64), of], axis=1), axis=0)
    for utility, class_ in pairs[pairs[:, 1] > 0].tolist():
        rows = (bills.utility == utility) & (of == class_)
        if rows.sum() >= LEAST_BILLS:
            fitted = _fit(amount[rows], interval[rows], wrong[rows], rate, seed)
            found.append(FittedRules(Utility(utility), class_, fitted[0], int(rows.sum()), *fitted[1:]))
    return tuple(found)


def _fit(
    amount: Floats, interval: Floats, wrong: Bools, rate: float, seed: int
) -> tuple[ClassRules, float, float, bool]:
    known = min(int(wrong.sum()), int((~wrong).sum())) >= LEAST_LABELS
    scales = [_scale(values, least) for values, least in zip((amount, interval), _LEAST_SPREAD, strict=True)]
    figures = (amount, interval) if known else _with_faults(amount, interval, seed)
    faulty = wrong if known else np.arange(2 * len(wrong)) >= len(wrong)
    high, apart = _places(*figures, scales)
    choices = grid(1, CHOICES)
    fires = (high >= choices[:, :1]) | (apart >= choices[:, 1:])
    missed, held = 1 - fires[:, faulty].mean(axis=1), fires[:, ~faulty].mean(axis=1)
    best = choose(choices, np.column_stack([missed, held, held]), rate)
    row = int((choices == best).all(axis=1).argmax())
    return _rules(best, scales), float(1 - missed[row]), float(held[row]), known


def _rules(pair: Floats, scales: list[tuple[float, float]]) -> ClassRules:
    """Whole bounds: what lies at a place or farther breaks them."""
    (middle, spread), (usual, width) = scales
    amount = ANY_AMOUNT if pair[0] >= FARTHEST else int(np.ceil(np.exp(middle + pair[0] * spread))) - 1
    if pair[1] >= FARTHEST:
        return ClassRules(min(max(amount, 0), ANY_AMOUNT))
    shortest = max(int(np.floor(usual - pair[1] * width)) + 1, 0)
    longest = max(int(np.ceil(usual + pair[1] * width)) - 1, shortest)
    return ClassRules(min(max(amount, 0), ANY_AMOUNT), shortest, min(longest, ANY_INTERVAL))


def _with_faults(amount: Floats, interval: Floats, seed: int) -> tuple[Floats, Floats]:
    """(2n,) each: the bills as they are, then with a fault each."""
    raised, late = draw_faults(len(amount), seed)
    return np.concatenate([amount, amount + raised]), np.concatenate([interval, interval + late])


def _places(amount: Floats, interval: Floats, scales: list[tuple[float, float]]) -> tuple[Floats, Floats]:
    """(n,) each: how far above the middle the amount lies, and how far from it the interval, in spreads."""
    (middle, spread), (usual, width) = scales
    below = np.nextafter(FARTHEST, 0)
    high = np.clip((amount - middle) / spread, 0, below)
    return np.asarray(high), np.asarray(np.minimum(np.nan_to_num(np.abs(interval - usual) / width), below))


def _scale(values: Floats, least: float) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0, least
    return float(np.median(known)), max(float(known.std()), least)


def since_last_bill(bills: Bills) -> Floats:
    """(n,) days from the last day of the account's bill before to this one's; NaN of its first."""
    account = (bills.customer.astype(np.int64) * len(bills.suppliers) + bills.supplier) * 8 + bills.utility
    order = np.lexsort((bills.start, account))
    end = bills.end[order].astype(np.float64)
    again = np.concatenate(([False], account[order][1:] == account[order][:-1]))
    since = np.full(len(order), np.nan)
    since[order] = np.where(again, np.diff(end, prepend=end[:1]), np.nan)
    return since


def _by_rank(account: Int64s) -> list[Int64s]:
    """The first rows of all accounts, then the second ones, …, each ascending."""
    order = np.argsort(account, kind="stable")
    begins = np.concatenate(([True], account[order][1:] != account[order][:-1]))[: len(order)]
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - first
    by_rank = np.argsort(rank, kind="stable")
    return [np.asarray(rows) for rows in np.split(by_rank, np.flatnonzero(np.diff(rank[by_rank])) + 1) if len(rows)]
