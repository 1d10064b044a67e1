from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.verdict.floating import expected_growth
from fairmeter.verdict.sums import X_POWERS, Sums, centred_sums


def sums_of(readings: list[int | None]) -> Sums:
    values = np.array([[reading or 0 for reading in readings]], dtype=np.int64)
    present = np.array([[reading is not None for reading in readings]])
    moments = values @ X_POWERS[: len(readings)]
    return centred_sums(moments, present.sum(axis=1), present, np.array([len(readings)]))


@st.composite
def periods(draw: st.DrawFn) -> tuple[list[int | None], int]:
    days = draw(st.integers(4, 93))
    bits = draw(st.sampled_from([1, 4, 16, 40]))
    low = draw(st.integers(0, 2**40 - 2**bits))
    readings: list[int | None] = list(draw(st.lists(st.integers(low, low + 2**bits - 1), min_size=days, max_size=days)))
    if sum(reading or 0 for reading in readings) == 0:
        readings[0] = 1
    if days >= 40:
        readings[draw(st.integers(1, days - 1))] = None
    return readings, days + draw(st.sampled_from([-1, 0, 1 if days < 93 else 0]))


@settings(max_examples=300, deadline=None)
@given(period=periods(), degree=st.sampled_from([1, 2]), literal=st.booleans())
def test_expected_growth__any_series__true_value_within_the_bound(
    growths_by_the_book: Callable[..., tuple[Fraction, Fraction]],
    period: tuple[list[int | None], int],
    degree: int,
    literal: bool,
) -> None:
    readings, days = period
    value, bound = expected_growth(
        sums_of(readings), np.array([days]), np.array([len(readings)]), np.array([degree == 2]), literal
    )
    true = growths_by_the_book(readings, 0, days, degree, literal)[1] * 10**6
    assert abs(Fraction(float(value[0])) - true) <= Fraction(float(bound[0]))


def test_expected_growth__month_of_a_home__bound_is_a_billionth_of_a_ppm() -> None:
    generator = np.random.default_rng(7)
    readings: list[int | None] = generator.integers(5_000, 20_000, 31).tolist()
    _, bound = expected_growth(sums_of(readings), np.array([31]), np.array([31]), np.array([True]), False)
    assert 0 < bound[0] < 2e-8


def test_expected_growth__symmetric_series__exactly_zero_with_bound_zero() -> None:
    readings: list[int | None] = [9, 1, 4, 1, 9]
    value, bound = expected_growth(sums_of(readings), np.array([5]), np.array([5]), np.array([True]), False)
    assert (value[0], bound[0]) == (0.0, 0.0)
