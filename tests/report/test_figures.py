from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.model import Reason, Utility
from fairmeter.report import figures
from fairmeter.units import MAX_AMOUNT, MAX_INT40, MAX_QUANTITY, MIN_INT40


@given(st.integers(-(2**62), 2**62))
def test_money__any_amount__reads_back_to_the_minor_unit(minor: int) -> None:
    text = figures.money(minor)
    major, rest = text.replace(",", "").removeprefix("-").split(".")
    assert len(rest) == 2
    assert (int(major) * 100 + int(rest)) * (-1 if text.startswith("-") else 1) == minor


@given(st.integers(0, MAX_AMOUNT), st.integers(1, MAX_AMOUNT))
def test_share__part_of_a_whole__rounded_per_cent(part: int, whole: int) -> None:
    assert float(figures.share(part, whole).removesuffix(" %")) == pytest.approx(100 * part / whole, abs=0.051)


def test_share__of_nothing__no_figure() -> None:
    assert figures.share(0, 0) == figures.NOTHING


@pytest.mark.parametrize(
    ("ppm", "text"),
    [
        (None, figures.NOTHING),
        (0, "+0.0 %"),
        (-1, "+0.0 %"),
        (200_000, "+20.0 %"),
        (-1_000_000, "-100.0 %"),
        (99_999_999, "+10,000.0 %"),
        (100_000_000, "\N{MULTIPLICATION SIGN}101"),
    ],
)
def test_growth__ppm__per_cent_or_multiple(ppm: int | None, text: str) -> None:
    assert figures.growth(ppm) == text


@given(st.integers(MIN_INT40, MAX_INT40))
def test_growth__any_figure__reads_back_as_rounded(ppm: int) -> None:
    text = figures.growth(ppm).replace(",", "")
    if text.endswith(" %"):
        assert float(text.removesuffix(" %")) == pytest.approx(ppm / 1e4, abs=0.0501)
    else:
        assert float(text[1:]) == pytest.approx(ppm / 1e6 + 1, abs=0.501)


@pytest.mark.parametrize(
    ("base", "utility", "text"),
    [
        (1_234_567, "electricity", "1,234.6 kWh"),
        (1_234_567, "water", "1,234.6 m³"),
        (1_234_567, "gas", "1,234.6 kWh"),
        (7_200, "phone", "2.0 h"),
    ],
)
def test_quantity__base_units__in_the_units_of_a_bill(base: int, utility: str, text: str) -> None:
    assert figures.quantity(base, utility) == text


@given(st.sampled_from(Utility), st.integers(0, MAX_QUANTITY))
def test_quantity__every_utility__has_a_unit(utility: Utility, base: int) -> None:
    assert figures.quantity(base, utility.label).split(" ")[1]


def test_period__days__as_dates() -> None:
    assert figures.period(0, 30) == "1970-01-01 to 1970-01-31"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.NONE])
def test_reason__every_reason__in_words(reason: Reason) -> None:
    assert "_" not in figures.reason(reason.name)
