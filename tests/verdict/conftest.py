"""What the verdict is compared with: the shared vectors, and VERDICT.md written out in rationals without any haste."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fairmeter.model import Decision, Verdict

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "verdict" / "vectors.json"

Growths = tuple[Fraction, Fraction] | None
"""a and e; None where too little is known."""


@pytest.fixture(scope="session")
def vectors() -> list[dict[str, Any]]:
    if not VECTORS.exists():
        pytest.skip("NOT TESTED: ../shared/verdict/vectors.json is absent")
    cases: list[dict[str, Any]] = json.loads(VECTORS.read_text())["cases"]
    return cases


@pytest.fixture(scope="session")
def growths_by_the_book() -> Callable[..., Growths]:
    return _growths


@pytest.fixture(scope="session")
def verdict_by_the_book() -> Callable[..., Verdict]:
    return _verdict


def _verdict(
    readings: Sequence[int | None],
    quantity: int,
    days: int,
    first_preset: int,
    second_preset: int,
    degree: int,
    literal: bool,
) -> Verdict:
    growths = _growths(readings, quantity, days, degree, literal)
    if growths is None:
        return Verdict(Decision.INSUFFICIENT, None, None)
    a, e = growths
    if a < Fraction(second_preset, 10**6):
        return Verdict(Decision.PAY, _int40_ppm(a), None)
    decision = Decision.APPEAL if a - e >= Fraction(first_preset, 10**6) else Decision.PAY
    return Verdict(decision, _int40_ppm(a), _int40_ppm(e))


def _growths(readings: Sequence[int | None], quantity: int, days: int, degree: int, literal: bool) -> Growths:
    xs = [x for x, reading in enumerate(readings) if reading is not None]
    ys = [reading for reading in readings if reading is not None]
    m, n2, s = len(ys), len(readings), sum(ys)
    if s == 0 or 10 * m < 9 * n2 or m < degree + 2:
        return None
    q2 = Fraction(s * n2, m)
    c = _fit(xs, ys, degree)
    mean = Fraction(1) if literal else Fraction(s, m)
    f = [sum(c[k] * x**k for k in range(degree + 1)) for x in range(days)]
    g = [sum(k * c[k] * x ** (k - 1) for k in range(1, degree + 1)) / mean for x in range(days)]
    return (quantity - q2) / q2, sum((u * v for u, v in zip(f, g, strict=True)), Fraction(0)) / q2


def _fit(xs: Sequence[int], ys: Sequence[int], degree: int) -> list[Fraction]:
    """Least squares by Gauss and Jordan's elimination of the normal equations."""
    size = degree + 1
    matrix = [
        [Fraction(sum(x ** (j + k) for x in xs)) for k in range(size)]
        + [Fraction(sum(y * x**j for x, y in zip(xs, ys, strict=True)))]
        for j in range(size)
    ]
    for i in range(size):
        matrix[i] = [value / matrix[i][i] for value in matrix[i]]
        for j in range(size):
            if j != i:
                factor = matrix[j][i]
                matrix[j] = [value - factor * pivot for value, pivot in zip(matrix[j], matrix[i], strict=True)]
    return [row[-1] for row in matrix]


def _int40_ppm(growth: Fraction) -> int:
    return max(-(2**39), min(2**39 - 1, (growth * 10**6).__floor__()))
