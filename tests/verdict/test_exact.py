from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.verdict.exact import exceeds, expected_growth, floor_ppm


@settings(max_examples=150, deadline=None)
@given(
    readings=st.lists(st.integers(1, 2**40 - 1), min_size=4, max_size=94),
    more=st.sampled_from([-1, 0, 1]),
    degree=st.sampled_from([1, 2]),
    literal=st.booleans(),
    missing=st.booleans(),
)
def test_expected_growth__any_series__equals_the_book(
    growths_by_the_book: Callable[..., tuple[Fraction, Fraction]],
    readings: list[int],
    more: int,
    degree: int,
    literal: bool,
    missing: bool,
) -> None:
    days: list[int | None] = list(readings)
    if missing and len(days) >= 10:
        days[len(days) // 3] = None
    present = [x for x, reading in enumerate(days) if reading is not None]

    numerator, denominator = expected_growth(
        present, [readings[x] for x in present], len(days) + more, len(days), degree, literal
    )

    assert denominator > 0
    assert Fraction(numerator, denominator) == growths_by_the_book(days, 0, len(days) + more, degree, literal)[1]


@pytest.mark.parametrize(("numerator", "ppm"), [(1, 0), (-1, -1), (2, 1), (-2, -1), (-3, -2)])
def test_floor_ppm__half_ppm_steps__towards_minus_infinity(numerator: int, ppm: int) -> None:
    assert floor_ppm(numerator, 2 * 10**6) == ppm


@pytest.mark.parametrize(("numerator", "exceeding"), [(299_999, False), (300_000, True), (300_001, True)])
def test_exceeds__around_the_preset__from_equality_on(numerator: int, exceeding: bool) -> None:
    assert exceeds((numerator, 10**6), (1, 10), 200_000) is exceeding
