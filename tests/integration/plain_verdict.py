"""The auditor's trend verdict: plain rationals, step by step as VERDICT.md has them, one bill a call.

It shares no line with the code that judged the bill (fairmeter.verdict, or the contract): that is what its agreement
is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor, lcm

from fairmeter.model import Decision, Verdict
from fairmeter.units import MAX_INT40, MIN_INT40, PPM


def recompute(
    readings: Sequence[int | None], quantity: int, days: int, first_preset: int, second_preset: int, degree: int
) -> Verdict:
    """The verdict that the evidence of one bill gives.

    readings: one entry a day of the reference period, base units >= 0, None where missing; quantity: Q1, base units;
    days: of the billing period; presets: ppm; degree: of the regression, at least 1. Rationals know no bounds: whether
    the values are within those of VERDICT.md is for the caller to check.
    """
    points = [(x, reading) for x, reading in enumerate(readings) if reading is not None]
    total = sum(reading for _, reading in points)
    if total == 0 or 10 * len(points) < 9 * len(readings) or len(points) < degree + 2:
        return Verdict(Decision.INSUFFICIENT, None, None)
    reference_total = Fraction(total * len(readings), len(points))
    actual = quantity / reference_total - 1
    if actual < Fraction(second_preset, PPM):
        return Verdict(Decision.PAY, _ppm(actual), None)
    growth_total = _growth_total(_least_squares(points, degree), days) / Fraction(total, len(points))
    expected = growth_total / reference_total
    appeals = actual - expected >= Fraction(first_preset, PPM)
    return Verdict(Decision.APPEAL if appeals else Decision.PAY, _ppm(actual), _ppm(expected))


def _ppm(growth: Fraction) -> int:
    return min(max(floor(growth * PPM), MIN_INT40), MAX_INT40)


def _growth_total(fitted: Sequence[Fraction], days: int) -> Fraction:
    """Sum over x = 0 … days - 1 of f(x)·f'(x), over one denominator so that the days are added as integers."""
    common = lcm(*(coefficient.denominator for coefficient in fitted))
    f = [int(coefficient * common) for coefficient in fitted]
    slope = [k * coefficient for k, coefficient in enumerate(f)][1:]
    return Fraction(sum(_at(x, f) * _at(x, slope) for x in range(days)), common * common)


def _at(x: int, coefficients: Sequence[int]) -> int:
    value = 0
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value


def _least_squares(points: Sequence[tuple[int, int]], degree: int) -> list[Fraction]:
    """Coefficients of 1, x, x^2 …: the normal equations by Gauss's elimination. Their matrix is positive definite, so
    every pivot is positive and none is sought."""
    unknowns = range(degree + 1)
    rows = [
        [Fraction(sum(x ** (j + k) for x, _ in points)) for k in unknowns]
        + [Fraction(sum(reading * x**j for x, reading in points))]
        for j in unknowns
    ]
    for pivot in unknowns:
        for row in unknowns[pivot + 1 :]:
            factor = rows[row][pivot] / rows[pivot][pivot]
            rows[row] = [value - factor * above for value, above in zip(rows[row], rows[pivot], strict=True)]
    solved: list[Fraction] = []
    for row in reversed(unknowns):
        known = sum((a * c for a, c in zip(rows[row][row + 1 : -1], solved, strict=True)), Fraction(0))
        solved.insert(0, (rows[row][-1] - known) / rows[row][row])
    return solved
