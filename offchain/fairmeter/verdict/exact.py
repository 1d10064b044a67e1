"""The trend verdict of one bill in Python integers: decides where the floating-point bound cannot.

Cramer's rule on the normal equations gives the coefficients c_k = C_k/D as integers over one denominator. With
P_i = sum over x < n1 of x^i, the sum of f·f' is H/D^2, H = sum over j, k of k·C_j·C_k·P_(j+k-1), so that
e = H·m^2/(D^2·S^2·n2), or H·m/(D^2·S·n2) in the literal reading.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairmeter.units import PPM


def expected_growth(
    days_present: Sequence[int], readings: Sequence[int], days: int, referred: int, degree: int, literal: bool
) -> tuple[int, int]:
    """e as numerator and positive denominator.

    days_present: the m days x that have a reading; readings: theirs, base units, of positive sum; days: n1;
    referred: n2; degree: 1 or 2, m >= degree + 2.
    """
    count, total = len(readings), sum(readings)
    moments = [sum(x**k for x in days_present) for k in range(2 * degree + 1)]
    right = [sum(y * x**k for x, y in zip(days_present, readings, strict=True)) for k in range(degree + 1)]
    coefficients, determinant = _solve(moments, right)
    powers = [sum(x**k for x in range(days)) for k in range(2 * degree)]
    growth = sum(
        k * coefficients[j] * coefficients[k] * powers[j + k - 1]
        for j in range(degree + 1)
        for k in range(1, degree + 1)
    )
    if literal:
        return growth * count, determinant**2 * total * referred
    return growth * count**2, (determinant * total) ** 2 * referred


def _solve(moments: list[int], right: list[int]) -> tuple[list[int], int]:
    """Numerators of the polynomial's coefficients, and the determinant of the normal equations, which is positive."""
    rows = [moments[k : k + len(right)] for k in range(len(right))]
    replaced = (
        [[*row[:k], value, *row[k + 1 :]] for row, value in zip(rows, right, strict=True)] for k in range(len(right))
    )
    return [_determinant(matrix) for matrix in replaced], _determinant(rows)


def _determinant(rows: list[list[int]]) -> int:
    if len(rows) == 1:
        return rows[0][0]
    minors = ([row[:k] + row[k + 1 :] for row in rows[1:]] for k in range(len(rows)))
    return sum((-1) ** k * rows[0][k] * _determinant(minor) for k, minor in enumerate(minors))


def floor_ppm(numerator: int, denominator: int) -> int:
    """floor(numerator/denominator·10^6), towards minus infinity; not saturated."""
    return numerator * PPM // denominator


def exceeds(actual: tuple[int, int], expected: tuple[int, int], first_preset: int) -> bool:
    """Whether a - e >= first_preset/10^6, of growths as numerator and positive denominator."""
    (a, a_den), (e, e_den) = actual, expected
    return (a * e_den - e * a_den) * PPM >= first_preset * a_den * e_den
