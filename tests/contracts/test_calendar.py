"""`Calendar.referencePeriod` against the reference periods that the readings are taken from."""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.errors import RevertError
from fairmeter.units import MAX_DAYS, day_of, reference_date
from fairmeter.usage.reference import reference_period

FIRST, LAST = day_of(dt.date(1971, 1, 1)), day_of(dt.date(2200, 2, 28))
LAST_START = 2**16 - 1
"""A packed bill's first day has 16 bits: 2149-06-06."""


class Harness(Protocol):
    def call(self, function: str, *arguments: Any) -> Any: ...


def periods_off_chain(first: int, count: int, length: int) -> list[list[int]]:
    start = np.arange(first, first + count, dtype=np.int32)
    reference_start, days = reference_period(start, start + np.int32(length - 1))
    return [[int(day), int(n2)] for day, n2 in zip(reference_start, days, strict=True)]


def assert_as_off_chain(harness: Harness, first: int, count: int, length: int) -> None:
    found = harness.call("referencePeriods", first, count, length)
    assert [list(period) for period in found] == periods_off_chain(first, count, length)


@pytest.mark.parametrize("length", [1, 2, 31, MAX_DAYS])
def test_reference_period__an_end_about_the_end_of_february_of_each_year__as_off_chain(
    harness: Harness, length: int
) -> None:
    for year in range(1971, 2150):
        day = day_of(dt.date(year, 2, 27))
        assert_as_off_chain(harness, day, 4, length)
        assert_as_off_chain(harness, max(FIRST, day - length + 1), 4, length)


def test_reference_period__an_eighth_of_all_days__as_off_chain(harness: Harness) -> None:
    for index, first in enumerate(range(FIRST, LAST_START, 800)):
        assert_as_off_chain(harness, first, min(100, LAST_START + 1 - first), 1 + 37 * index % MAX_DAYS)


@given(start=st.dates(dt.date(1971, 1, 1), dt.date(2199, 11, 1)), length=st.integers(1, MAX_DAYS))
def test_reference_period__any__bounds_one_year_earlier(harness: Harness, start: dt.date, length: int) -> None:
    first, last = reference_date(start), reference_date(start + dt.timedelta(days=length - 1))
    found = harness.call("referencePeriod", day_of(start), length)
    assert found == (day_of(first), day_of(last) - day_of(first) + 1)


@pytest.mark.parametrize(("start", "length"), [(FIRST - 1, 31), (0, 1), (LAST, 2), (LAST + 1, 1), (FIRST + 1, 0)])
def test_reference_period__outside_the_years_known__refused(harness: Harness, start: int, length: int) -> None:
    with pytest.raises(RevertError) as refused:
        harness.call("referencePeriod", start, length)
    assert refused.value.error == "Calendar_PeriodOutOfRange"
