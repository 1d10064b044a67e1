"""The trend verdict: is a bill's growth over the same days of last year more than the meter's own trend explains?

    a = (Q1 - Q2)/Q2                             actual growth, Q2 = S·n2/m the reference total
    e = (sum over x < n1 of f(x)·g(x))/Q2        expected growth, f the least-squares polynomial of last year's daily
                                                 readings, g = f'/(S/m) its derivative as an index of mean daily use
    APPEAL if a - e >= first_preset/10^6, else PAY

Source: claims 1 and 2 of the automatic-payment patent application (Bank of China, technology number 32336652), with the
points that they leave open settled as VERDICT.md has them.

The verdict is exact. a is computed in integers. e is computed in floating point beside a proven bound of its error
(`floating`); where the bound leaves open the decision or a reported figure, Python integers decide (`exact`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from fairmeter.model import Bools, Decision, Int32s, Int64s, Reference, UInt8s, Verdict, Verdicts
from fairmeter.units import MAX_INT40, MAX_READING, MIN_INT40, PPM
from fairmeter.verdict import bounds, exact, floating
from fairmeter.verdict.floating import Floats
from fairmeter.verdict.sums import X_POWERS, centred_sums

_CHUNK_ROWS = 8192
"""Rows judged at a time: their temporaries stay in the cache, and their memory does not grow with the bills."""

_MAX_MULTIPLE = 2**42
"""Where a is cut off before it is scaled to ppm: the scaled figure still fits int64, and still lies far beyond any
expected growth that floating point may prove (2^46 ppm) with any preset."""


def judge(
    reference: Reference,
    quantity: Int64s,
    days: Int32s,
    *,
    first_preset: Int64s | int,
    second_preset: Int64s | int,
    degree: UInt8s | int,
    literal: bool = False,
) -> Verdicts:
    """The verdicts of n bills, each independent of the others.

    reference: the readings of the same days one year earlier; quantity: (n,) Q1, base units; days: (n,) n1, calendar
    days of the billing period; presets: ppm, one for all or (n,); degree: of the regression, 1 or 2, one for all or
    (n,). `literal` takes the claim's wording g = f', for comparison only.

    Raises OutOfBoundsError for the first value, with its row, outside the bounds of VERDICT.md, and for columns of
    different lengths; InputError for a column that does not hold integers.
    """
    bills = _Bills.checked(reference, quantity, days, first_preset, second_preset, degree)
    n = len(bills.quantity)
    verdicts = Verdicts(
        decision=np.full(n, Decision.INSUFFICIENT, dtype=np.uint8),
        actual_ppm=np.zeros(n, dtype=np.int64),
        expected_ppm=np.zeros(n, dtype=np.int64),
        has_actual=np.zeros(n, dtype=np.bool_),
        has_expected=np.zeros(n, dtype=np.bool_),
        exact=np.zeros(n, dtype=np.bool_),
    )
    for first in range(0, n, _CHUNK_ROWS):
        chunk = slice(first, first + _CHUNK_ROWS)
        part = bills.rows(chunk)
        bounds.readings(part.readings, part.present, part.referred, first)
        _judge_chunk(part, _views(verdicts, chunk), literal)
    return verdicts


def judge_one(
    readings: Sequence[int | None],
    quantity: int,
    days: int,
    *,
    first_preset: int = 200_000,
    second_preset: int = 0,
    degree: int = 2,
    literal: bool = False,
) -> Verdict:
    """The verdict of one bill: `judge` of a batch of one.

    readings: one entry a day of the reference period, base units, None where missing; quantity: Q1, base units;
    days: n1; presets in ppm. Raises as `judge` does, with the row 0, and with the day of a reading out of bounds.
    """
    present = np.array([[value is not None for value in readings]], dtype=np.bool_)
    # as objects until they are known to fit int64
    values = np.array([0 if value is None else value for value in readings], dtype=object)
    bounds.integers("readings", values)
    bounds.within("reading", values, 0, MAX_READING, entry="day")
    reference = Reference(
        start=np.zeros(1, dtype=np.int32),
        days=np.array([len(readings)], dtype=np.int32),
        readings=values.astype(np.int64)[None, :],
        present=present,
    )
    verdicts = judge(
        reference,
        np.array([quantity]),
        np.array([days]),
        first_preset=first_preset,
        second_preset=second_preset,
        degree=degree,
        literal=literal,
    )
    return Verdict(
        Decision(int(verdicts.decision[0])),
        int(verdicts.actual_ppm[0]) if verdicts.has_actual[0] else None,
        int(verdicts.expected_ppm[0]) if verdicts.has_expected[0] else None,
    )


@dataclass(frozen=True, slots=True)
class _Bills:
    """What a verdict is computed from, one row a bill, within bounds."""

    readings: Int64s
    present: Bools
    referred: Int64s
    """n2."""
    quantity: Int64s
    days: Int64s
    """n1."""
    first: Int64s
    second: Int64s
    degree: Int64s

    @classmethod
    def checked(
        cls,
        reference: Reference,
        quantity: npt.ArrayLike,
        days: npt.ArrayLike,
        first: npt.ArrayLike,
        second: npt.ArrayLike,
        degree: npt.ArrayLike,
    ) -> _Bills:
        n = len(reference.readings)
        billed, referred = bounds.periods(reference, days)
        return cls(
            readings=reference.readings,
            present=reference.present,
            referred=referred,
            quantity=bounds.quantities(quantity, n),
            days=billed,
            first=bounds.preset("first preset", first, n),
            second=bounds.preset("second preset", second, n),
            degree=bounds.degrees(degree, n),
        )

    def rows(self, selection: slice | Int64s) -> _Bills:
        return _Bills(*(getattr(self, field.name)[selection] for field in fields(self)))


def _views(verdicts: Verdicts, chunk: slice) -> Verdicts:
    return Verdicts(*(getattr(verdicts, field.name)[chunk] for field in fields(verdicts)))


def _judge_chunk(bills: _Bills, out: Verdicts, literal: bool) -> None:
    moments = bills.readings @ X_POWERS[: bills.readings.shape[1]]
    total = moments[:, 0]
    count = np.count_nonzero(bills.present, axis=1)
    known = np.flatnonzero((total > 0) & (10 * count >= 9 * bills.referred) & (count >= bills.degree + 2))
    actual, fraction = _actual_ppm(bills.quantity[known], total[known], count[known], bills.referred[known])
    out.actual_ppm[known] = np.minimum(actual, MAX_INT40)
    out.has_actual[known] = True
    out.decision[known] = Decision.PAY

    # a < second_preset/10^6 and floor(a·10^6) < second_preset are the same for an integer preset
    growing = np.flatnonzero(actual >= bills.second[known])
    rows = known[growing]
    out.has_expected[rows] = True
    appeal, expected, by_integers = _judge_growth(
        bills.rows(rows), moments[rows], count[rows], actual[growing], fraction[growing], literal
    )
    out.decision[rows[appeal]] = Decision.APPEAL
    out.expected_ppm[rows] = expected
    out.exact[rows] = by_integers


def _actual_ppm(quantity: Int64s, total: Int64s, count: Int64s, referred: Int64s) -> tuple[Int64s, Floats]:
    """floor(a·10^6), cut off above at _MAX_MULTIPLE·10^6, and the fraction that the floor left off, off by 4 units of
    roundoff at most."""
    # a = (Q1·m - S·n2)/(S·n2), both below 2^53.2; a thousandth at a time, the remainders stay below 2^63.1
    scale = total * referred
    multiple, left = np.divmod(quantity * count - scale, scale)
    divisor = scale.astype(np.uint64)
    thousandths, left_u = np.divmod(left.astype(np.uint64) * np.uint64(1000), divisor)
    millionths, left_u = np.divmod(left_u * np.uint64(1000), divisor)
    ppm = np.minimum(multiple, _MAX_MULTIPLE) * PPM + (thousandths * np.uint64(1000) + millionths).astype(np.int64)
    return ppm, left_u / divisor


def _judge_growth(
    bills: _Bills, moments: Int64s, count: Int64s, actual: Int64s, fraction: Floats, literal: bool
) -> tuple[Bools, Int64s, Bools]:
    """Whether each bill is appealed, floor(e·10^6) saturated, and whether Python integers had to say so.

    With A and E the floors of a·10^6 and e·10^6 the comparison is one of integers, A - first_preset against E; where
    they are equal the fractions that the floors left off decide.
    """
    sums = centred_sums(moments, count, bills.present, bills.referred)
    growth, error = floating.expected_growth(sums, bills.days, bills.referred, bills.degree == 2, literal)
    floor = np.floor(growth)
    floor_proven = (np.floor(growth - error) == np.floor(growth + error)) & (error < 0.25)
    # a proven floor lies far within; the others only must not leave int64
    expected = np.clip(floor, -(2.0**46), 2.0**46).astype(np.int64)
    ahead = actual - bills.first - expected
    lead = fraction - (growth - floor)
    appeal = (ahead > 0) | ((ahead == 0) & (lead >= 0.0))
    # the two fractions, their difference and this sum are off by 8 units of roundoff at most; at error 0 e is exactly 0
    lead_proven = (np.abs(lead) > error + 8 * floating.UNIT_ROUNDOFF) | (error == 0.0)
    by_integers = ~(floor_proven & ((ahead != 0) | lead_proven))
    for row in np.flatnonzero(by_integers):
        appeal[row], expected[row] = _judge_by_integers(bills, row, literal)
    return appeal, np.clip(expected, MIN_INT40, MAX_INT40), by_integers


def _judge_by_integers(bills: _Bills, row: np.intp, literal: bool) -> tuple[bool, int]:
    """Whether the bill is appealed, and floor(e·10^6) saturated."""
    days_present = np.flatnonzero(bills.present[row])
    readings = bills.readings[row, days_present].tolist()
    days, referred, degree = int(bills.days[row]), int(bills.referred[row]), int(bills.degree[row])
    expected = exact.expected_growth(days_present.tolist(), readings, days, referred, degree, literal)
    reference_total = sum(readings) * referred
    actual = int(bills.quantity[row]) * len(readings) - reference_total, reference_total
    ppm = exact.floor_ppm(*expected)
    return exact.exceeds(actual, expected, int(bills.first[row])), max(MIN_INT40, min(MAX_INT40, ppm))
