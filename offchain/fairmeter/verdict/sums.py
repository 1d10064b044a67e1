"""Sums over the days of a reference period, exact in int64.

Days are counted from the middle of the period, t = 2x - (n2 - 1) (twice the distance, to stay an integer): around it
the normal equations are well conditioned, and of a complete period the odd moments vanish. Readings are counted from
their own floored mean, z = reading - floor(S/m): the fit changes by a constant only, nothing cancels afterwards, and
a constant series has z = 0 everywhere, so that its expected growth comes out as an integer zero.

Ranges, with readings < 2^40, n2 <= 94 and |t| <= 93: sum of reading·x^2 < 2^58.1, its expansion in t < 2^61.2, moments
sum t^4 < 2^30.5, |sum z·t| < 2^52.2, |sum z·t^2| < 2^58.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairmeter.model import Bools, Int64s
from fairmeter.units import MAX_REFERENCE_DAYS

_X = np.arange(MAX_REFERENCE_DAYS, dtype=np.int64)
X_POWERS = _X[:, None] ** np.arange(3)
"""(94, 3): x^0, x^1, x^2."""


def _tabulate() -> Int64s:
    referred = np.arange(MAX_REFERENCE_DAYS + 1)
    t = 2 * _X[:, None] - (referred - 1)
    sums = np.zeros((MAX_REFERENCE_DAYS + 1, len(referred), 5), dtype=np.int64)
    np.cumsum(t[:, :, None] ** np.arange(5), axis=0, out=sums[1:])
    return sums


T_SUMS = _tabulate()
"""(95, 95, 5): T_SUMS[n, n2, k] = sum over x = 0 … n - 1 of t^k."""


@dataclass(frozen=True, slots=True)
class Sums:
    """n reference periods, each field (n,) int64; sums run over the days that have a reading."""

    count: Int64s
    """m."""
    total: Int64s
    """S, base units."""
    t1: Int64s
    t2: Int64s
    t3: Int64s
    t4: Int64s
    """Sum of t^k."""
    z0: Int64s
    z1: Int64s
    z2: Int64s
    """Sum of z·t^k, base units."""


def centred_sums(moments: Int64s, count: Int64s, present: Bools, referred: Int64s) -> Sums:
    """The sums that a regression of degree 2 needs.

    moments: (n, 3) sum of reading·x^k; count: (n,) m > 0; present: (n, w), false beyond the period; referred: (n,) n2.
    """
    t = T_SUMS[referred, referred]
    gaps = np.flatnonzero(count < referred)
    if len(gaps):
        t[gaps] -= _missing_sums(present[gaps], referred[gaps])
    t1, t2, t3, t4 = np.ascontiguousarray(t[:, 1:].T)
    total, by_x, by_x2 = np.ascontiguousarray(moments.T)
    middle = referred - 1
    mean = total // count
    return Sums(
        count=count,
        total=total,
        t1=t1,
        t2=t2,
        t3=t3,
        t4=t4,
        z0=total - mean * count,
        z1=2 * by_x - middle * total - mean * t1,
        z2=4 * by_x2 - 4 * middle * by_x + middle * middle * total - mean * t2,
    )


def _missing_sums(present: Bools, referred: Int64s) -> Int64s:
    """(n, 5) sum of t^k over the days of the period without a reading."""
    absent = ~present & (np.arange(present.shape[1]) < referred[:, None])
    row, x = np.nonzero(absent)
    t = (2 * x - (referred[row] - 1)).astype(np.float64)
    # bincount adds in floating point: exact, the sums stay below 2^31
    by_power = [np.bincount(row, weights=t**k, minlength=len(referred)) for k in range(5)]
    return np.column_stack(by_power).astype(np.int64)
