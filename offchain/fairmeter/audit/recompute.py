"""The auditor's trend verdict: exact integers, of another form than the code that judges, which it shares no line with.

The normal equations N·c = v of the regression are solved by the adjugate, w = adj(N)·v = det(N)·c, so that nothing is
divided before the end: with g = det(N)²·(sum of f·f') a quadratic form of w, expected growth is g·m²/(det(N)²·S²·n2),
and actual growth (Q1·m - S·n2)/(S·n2). Arrays of int64 where VERDICT.md's bounds allow it, of Python's integers
elsewhere.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fairmeter.model import Bools, Decision, Int64s, Reference, UInt8s, Verdicts
from fairmeter.units import MAX_INT40, MAX_REFERENCE_DAYS, MIN_INT40, PPM

Integers = npt.NDArray[Any]
"""Python's, in an array of objects: they do not overflow."""

_X: Final = np.arange(MAX_REFERENCE_DAYS, dtype=np.int64)
_POWERS: Final = _X[:, None] ** np.arange(5)
"""(94, 5) x^0 to x^4."""
_SUMS: Final = np.vstack([np.zeros(4, np.int64), np.cumsum(_POWERS[:, :4], axis=0)])
"""(95, 4) the sums of x^0 to x^3 over x = 0 … n - 1."""


def recompute(
    reference: Reference, quantity: Int64s, days: Int64s, first: Int64s, second: Int64s, degree: UInt8s
) -> Verdicts:
    """The verdicts that the evidence of n bills gives.

    quantity: (n,) Q1, base units; days: (n,) of the billing period; presets: (n,) ppm; degree: (n,) 1 or 2. Values must
    be within the bounds of VERDICT.md, which the layouts of words and evidence see to.
    """
    n = len(quantity)
    readings = np.where(reference.present, reference.readings, 0)
    count, total = reference.present.sum(axis=1, dtype=np.int64), readings.sum(axis=1)
    referred = reference.days.astype(np.int64)
    known = (total > 0) & (10 * count >= 9 * referred) & (count >= degree.astype(np.int64) + 2)
    # of Q1·m and S·n2, below 2^55
    surplus, base = quantity * count - total * referred, np.where(known, total * referred, 1)
    scaled = surplus.astype(object) * PPM
    judged = np.flatnonzero(known & (scaled >= second.astype(object) * base))
    growth, scale = _growth(reference.present[judged], readings[judged], days[judged], degree[judged])
    count, total = count[judged].astype(object), total[judged].astype(object)
    scale = scale * total
    whole = scale * base[judged]
    awaited = growth * count * count * PPM
    appeals = scaled[judged] * scale - awaited >= first[judged] * whole
    decision = np.where(known, Decision.PAY, Decision.INSUFFICIENT).astype(np.uint8)
    decision[judged[appeals.astype(np.bool_)]] = Decision.APPEAL
    expected = np.zeros(n, np.int64)
    expected[judged] = _ppm(awaited, whole)
    return Verdicts(
        decision=decision,
        actual_ppm=np.where(known, _ppm(scaled, base), 0),
        expected_ppm=expected,
        has_actual=known,
        has_expected=_rows(n, judged),
        exact=np.ones(n, np.bool_),
    )


def follow(score: Int64s, expected: Int64s, highest: Int64s, quantity: Int64s, rate: Int64s) -> Verdicts:
    """The verdicts that a model's statements give of k bills: `score` and `rate` (k,) ppm; what it expects, what is at
    most no surprise, and what is billed (k,), base units."""
    base = np.maximum(highest, 1).astype(object)
    actual, awaited = (_ppm((one.astype(object) - base) * PPM, base) for one in (quantity, expected))
    appeals = score <= rate
    every = np.ones(len(quantity), np.bool_)
    return Verdicts(
        np.where(appeals, Decision.APPEAL, Decision.PAY).astype(np.uint8), actual, awaited, every, every, every
    )


def _growth(present: Bools, readings: Int64s, days: Int64s, degree: UInt8s) -> tuple[Integers, Integers]:
    """(k,) the sum over x = 0 … days - 1 of f(x)·f'(x) times det(N)², and det(N)²."""
    powers = _POWERS[: present.shape[1]]
    x0, x1, x2, x3, x4 = (present.astype(np.int64) @ powers).T
    v0, v1, v2 = (readings @ powers[:, :3]).astype(object).T
    line = degree == 1
    # of N's adjugate; a line's has two rows and columns
    c00 = np.where(line, x2, x2 * x4 - x3 * x3)
    c01 = np.where(line, -x1, x2 * x3 - x1 * x4)
    c11 = np.where(line, x0, x0 * x4 - x2 * x2)
    c02 = np.where(line, 0, x1 * x3 - x2 * x2)
    c12 = np.where(line, 0, x1 * x2 - x0 * x3)
    c22 = np.where(line, 0, x0 * x2 - x1 * x1)
    determinant = (x0 * c00 + x1 * c01 + x2 * c02).astype(object)
    w0 = c00 * v0 + c01 * v1 + c02 * v2
    w1 = c01 * v0 + c11 * v1 + c12 * v2
    w2 = c02 * v0 + c12 * v1 + c22 * v2
    p0, p1, p2, p3 = _SUMS[days].T
    growth = w0 * w1 * p0 + (w1 * w1 + 2 * w0 * w2) * p1 + 3 * w1 * w2 * p2 + 2 * w2 * w2 * p3
    return growth, determinant * determinant


def _ppm(numerator: Integers, denominator: Integers | Int64s) -> Int64s:
    """Rounded towards minus infinity, within 40 bits."""
    ppm: Int64s = np.minimum(np.maximum(numerator // denominator, MIN_INT40), MAX_INT40).astype(np.int64)
    return ppm


def _rows(count: int, rows: Int64s) -> Bools:
    chosen = np.zeros(count, np.bool_)
    chosen[rows] = True
    return chosen
