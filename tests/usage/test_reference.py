from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.model import Bills, Usage
from fairmeter.units import date_of, day_of, reference_date
from fairmeter.usage import load_bills, load_usage, reference_period, reference_readings

DATA = Path(__file__).parents[2].parent / "shared" / "data"

DAYS = st.integers(0, 2**16 - 1)


def _bills(customers: tuple[str, ...], rows: list[tuple[int, int, int, int]]) -> Bills:
    """Rows: customer, utility, start, end."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    ones = np.ones(len(rows), dtype=np.int64)
    return Bills(
        bill_id=np.arange(len(rows)),
        customer=columns[:, 0].astype(np.int32),
        supplier=np.zeros(len(rows), dtype=np.int32),
        utility=columns[:, 1].astype(np.uint8),
        start=columns[:, 2].astype(np.int32),
        end=columns[:, 3].astype(np.int32),
        quantity=ones,
        amount=ones,
        customers=customers,
        suppliers=("grid",),
    )


def _usage(customers: tuple[str, ...], readings: dict[tuple[int, int, int], int]) -> Usage:
    """Readings: quantity by customer, utility, day."""
    keys = np.array(sorted(readings), dtype=np.int64).reshape(-1, 3)
    quantity = np.array([readings[key] for key in sorted(readings)], dtype=np.int64)
    return Usage(
        keys[:, 0].astype(np.int32), keys[:, 1].astype(np.uint8), keys[:, 2].astype(np.int32), quantity, customers
    )


def _agree(usage: Usage, bills: Bills) -> None:
    """Look every day of every reference period up, one at a time."""
    reference = reference_readings(usage, bills)
    rows = zip(usage.customer, usage.utility, usage.day, usage.quantity, strict=True)
    known = {(usage.customers[c], int(u), int(d)): int(q) for c, u, d, q in rows}
    for bill in range(len(bills)):
        name, utility = bills.customers[bills.customer[bill]], int(bills.utility[bill])
        first = day_of(reference_date(date_of(int(bills.start[bill]))))
        last = day_of(reference_date(date_of(int(bills.end[bill]))))
        assert (reference.start[bill], reference.days[bill]) == (first, last - first + 1)
        expected = [known.get((name, utility, day)) for day in range(first, last + 1)]
        expected += [None] * (reference.readings.shape[1] - len(expected))
        assert reference.present[bill].tolist() == [reading is not None for reading in expected]
        assert reference.readings[bill].tolist() == [reading or 0 for reading in expected]


@given(DAYS, st.integers(1, 93))
def test_reference_period__any_period__has_the_same_calendar_bounds_a_year_earlier(start: int, days: int) -> None:
    end = min(start + days - 1, 2**16 - 1)
    first, length = reference_period(np.array([start], dtype=np.int32), np.array([end], dtype=np.int32))
    assert date_of(int(first[0])) == reference_date(date_of(start))
    assert date_of(int(first[0] + length[0] - 1)) == reference_date(date_of(end))
    assert abs(int(length[0]) - (end - start + 1)) <= 1


@pytest.mark.parametrize(
    ("start", "end", "expected_start", "expected_days"),
    [
        (dt.date(2016, 2, 29), dt.date(2016, 2, 29), dt.date(2015, 2, 28), 1),
        (dt.date(2017, 1, 1), dt.date(2017, 4, 3), dt.date(2016, 1, 1), 94),
        (dt.date(2016, 2, 1), dt.date(2016, 2, 29), dt.date(2015, 2, 1), 28),
        (dt.date(1970, 1, 1), dt.date(1970, 1, 31), dt.date(1969, 1, 1), 31),
    ],
)
def test_reference_period__leap_days_and_the_first_year__are_as_stated(
    start: dt.date, end: dt.date, expected_start: dt.date, expected_days: int
) -> None:
    first, days = reference_period(np.array([day_of(start)], dtype=np.int32), np.array([day_of(end)], dtype=np.int32))
    assert (date_of(int(first[0])), int(days[0])) == (expected_start, expected_days)


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2), st.integers(1, 2), st.integers(0, 460)), st.integers(0, 2**40 - 1), max_size=80
    ),
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(0, 800), st.integers(0, 92)), max_size=8),
)
@settings(deadline=None)
def test_reference_readings__any_readings_and_bills__equal_a_lookup_day_by_day(
    readings: dict[tuple[int, int, int], int], rows: list[tuple[int, int, int, int]]
) -> None:
    # The bills name their customers in another order, and one that has no readings.
    bills = _bills(("mill", "school", "stranger", "home"), [(c, u, s, s + d) for c, u, s, d in rows])
    _agree(_usage(("home", "mill", "school"), readings), bills)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(300, 900), st.integers(0, 92)), max_size=8))
@settings(deadline=None)
def test_reference_readings__meters_read_every_day__equal_a_lookup_day_by_day(
    rows: list[tuple[int, int, int, int]],
) -> None:
    readings = {(c, u, day): 1000 * c + 100_000 * u + day for c in range(3) for u in (1, 2) for day in range(400)}
    bills = _bills(("mill", "school", "stranger", "home"), [(c, u, s, s + d) for c, u, s, d in rows])
    _agree(_usage(("home", "mill", "school"), readings), bills)


def test_reference_readings__no_reading_at_all__finds_none() -> None:
    reference = reference_readings(_usage((), {}), _bills(("home",), [(0, 1, 800, 830)]))
    assert not reference.present.any()


def test_reference_readings__real_bills__equal_a_lookup_day_by_day() -> None:
    if not DATA.exists():
        pytest.skip(f"{DATA} is not there: the real bills were not looked up")
    _agree(load_usage(DATA / "usage/daily.open.parquet"), load_bills(DATA / "bills/bills.open.parquet"))
