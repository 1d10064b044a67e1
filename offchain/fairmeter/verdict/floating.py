"""Expected growth in floating point, with a proven bound on its error.

With t and the sums of `sums`, and f written in the polynomials p1 = t - T1/m and p2 = t^2 - (B/A)·t + C/A, orthogonal
to one another and to 1 over the days present,

    f = S/m + (N1/A)·p1 + (N2/D)·p2,    A = m·T2 - T1^2,   B = m·T3 - T1·T2,   C = T1·T3 - T2^2,
    D = A·T4 - B·T3 + C·T2,             N1 = m·Z1 - T1·Z0,   N2 = A·Z2 - B·Z1 + C·Z0,

where Tk = sum of t^k, Zk = sum of z·t^k. A, B, C, D and N1 are integers below 2^63, computed exactly. Divided by the
mean S/m, f = alpha + beta·t + gamma·t^2, and because t runs twice as fast as x,

    e = (2/n2) · sum over x < n1 of (alpha + beta·t + gamma·t^2)·(beta + 2·gamma·t)
      = (2/n2) · (alpha·beta·n1 + (2·alpha·gamma + beta^2)·P1 + 3·beta·gamma·P2 + 2·gamma^2·P3),   Pk = sum of t^k.

Error. u = 2^-53. Beside each value v stands a majorant v+ >= |v|, the same expression with absolute values, and the
computed value is off by at most k·u·v+ + O(u^2). A conversion of an integer above 2^53 makes k = 1; a product adds the
two k and 1, a quotient likewise, a sum takes the larger k and adds 1 (Higham, Accuracy and Stability of Numerical
Algorithms, 2nd edition, chapter 3). So

    N1·m/(A·S)        4     N1 converted, two products, one quotient; A < 2^25, S < 2^47 are exact
    N2                4     Z2 converted, a product, two sums; the others are exact
    gamma             8     N2·m, D converted, D·S, a quotient
    beta             11     gamma·(B/A): 10; a sum
    alpha            11     gamma·(C/A): 10; a sum
    e·10^6           30     alpha·beta·n1: 24; (2·alpha·gamma + beta^2)·P1: 25; three sums: 28; times 2·10^6; over n2
    literal          32     times S/m

The bound uses 64·u. What exceeds 32 covers the terms of second order (below 32^2·u of the first), the rounding of the
majorants (relative error below 50·u) and the rounding when the bound is added or subtracted (below 2·u of the
majorant). Where the majorant is zero every term is zero as an integer, and e = 0 is exact: constant series, and series
symmetric about the middle of a complete period of n1 days.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairmeter.model import Bools, Int64s
from fairmeter.units import PPM
from fairmeter.verdict.sums import T_SUMS, Sums

Floats = npt.NDArray[np.float64]

UNIT_ROUNDOFF = 2.0**-53
ERROR_FACTOR = 64 * UNIT_ROUNDOFF


def expected_growth(
    sums: Sums, days: Int64s, referred: Int64s, quadratic: Bools, literal: bool
) -> tuple[Floats, Floats]:
    """e·10^6 and the bound of its error, (n,) ppm each; the error is zero where the bound is.

    days: (n,) n1; referred: (n,) n2; quadratic: (n,) whether the degree is 2 rather than 1. Every row has at least
    degree + 2 readings and a positive total.
    """
    (alpha, beta, gamma), (alpha_max, beta_max, gamma_max) = _coefficients(sums, quadratic)
    p1, p2, p3 = np.ascontiguousarray(T_SUMS[days, referred, 1:4].T).astype(np.float64)
    n1 = days.astype(np.float64)
    scale = 2.0 * PPM / referred if not literal else 2.0 * PPM / referred * (sums.total / sums.count)
    value = _growth(alpha, beta, gamma, n1, p1, p2, p3) * scale
    majorant = _growth(alpha_max, beta_max, gamma_max, n1, np.abs(p1), p2, np.abs(p3)) * scale
    return value, majorant * ERROR_FACTOR


def _growth(alpha: Floats, beta: Floats, gamma: Floats, n1: Floats, p1: Floats, p2: Floats, p3: Floats) -> Floats:
    return (
        alpha * beta * n1
        + (2.0 * alpha * gamma + beta * beta) * p1
        + beta * gamma * (3.0 * p2)
        + gamma * gamma * (2.0 * p3)
    )


def _coefficients(sums: Sums, quadratic: Bools) -> tuple[tuple[Floats, Floats, Floats], tuple[Floats, Floats, Floats]]:
    """alpha, beta, gamma, and their majorants."""
    m = sums.count
    a = m * sums.t2 - sums.t1 * sums.t1
    b = m * sums.t3 - sums.t1 * sums.t2
    c = sums.t1 * sums.t3 - sums.t2 * sums.t2
    d = a * sums.t4 - b * sums.t3 + c * sums.t2
    total = sums.total.astype(np.float64)

    slope = (m * sums.z1 - sums.t1 * sums.z0).astype(np.float64) * m / (total * a)
    by_z2 = sums.z2.astype(np.float64) * a
    by_z1 = sums.z1.astype(np.float64) * b
    by_z0 = sums.z0.astype(np.float64) * c
    per_curve = quadratic * m / (d.astype(np.float64) * total)
    gamma = (by_z2 - by_z1 + by_z0) * per_curve
    gamma_max = (np.abs(by_z2) + np.abs(by_z1) + np.abs(by_z0)) * per_curve

    tilt, lift, shift = b / a, c / a, sums.t1 / m
    alpha = 1.0 - slope * shift + gamma * lift
    alpha_max = 1.0 + np.abs(slope * shift) + gamma_max * np.abs(lift)
    beta = slope - gamma * tilt
    beta_max = np.abs(slope) + gamma_max * np.abs(tilt)
    return (alpha, beta, gamma), (alpha_max, beta_max, gamma_max)
