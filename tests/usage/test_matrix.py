from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.model import Bills, Usage
from fairmeter.usage import ReadingMatrix, reference_readings
from fairmeter.usage.keys import meter_keys

DAY = 18_000
READINGS = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(DAY - 400, DAY - 300)), st.integers(0, 2**40 - 1)
)
BILLS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(DAY - 40, DAY + 40), st.integers(1, 93)), min_size=1
)


def usage_of(readings: dict[tuple[int, int, int], int]) -> Usage:
    rows = sorted(readings)
    customer, utility, day = (np.array([row[column] for row in rows], np.int64) for column in range(3))
    return Usage(
        customer.astype(np.int32),
        utility.astype(np.uint8),
        day.astype(np.int32),
        np.array([readings[row] for row in rows], np.int64),
        tuple("abcd"),
    )


def bills_of(rows: list[tuple[int, int, int, int]]) -> Bills:
    customer, utility, start, days = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    n = len(rows)
    return Bills(
        bill_id=np.arange(n),
        customer=customer.astype(np.int32),
        supplier=np.zeros(n, np.int32),
        utility=utility.astype(np.uint8),
        start=start.astype(np.int32),
        end=(start + days - 1).astype(np.int32),
        quantity=np.ones(n, np.int64),
        amount=np.ones(n, np.int64),
        customers=tuple("abcd"),
        suppliers=("grid",),
    )


@given(READINGS, BILLS, st.integers(DAY - 420, DAY - 280), st.integers(1, 120))
def test_reference__any_stretch__the_readings_within_it(
    readings: dict[tuple[int, int, int], int], rows: list[tuple[int, int, int, int]], first: int, days: int
) -> None:
    usage, bills = usage_of(readings), bills_of(rows)
    meters = np.unique(meter_keys(bills.customer, bills.utility))
    matrix = ReadingMatrix(meters, first, days)
    assert matrix.fill(meter_keys(usage.customer, usage.utility), usage.day, usage.quantity) is None
    inside = {key: value for key, value in readings.items() if first <= key[2] < first + days}
    expected = reference_readings(usage_of(inside), bills)
    found = matrix.reference(bills.customer, bills.utility, bills.start, bills.end)
    for name in ("start", "days", "readings", "present"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    silent = set(meters.tolist()) - {(customer << 3) | utility for customer, utility, _ in inside}
    assert set(matrix.empty_meters().tolist()) == silent


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=15), st.integers(0, 15))
def test_fill__a_day_twice__one_of_them_named(places: list[tuple[int, int]], cut: int) -> None:
    meters = np.array([8, 16, 24])
    matrix = ReadingMatrix(meters, 100, 5)
    meter, day = (np.array([place[column] for place in places], np.int64) for column in range(2))
    halves = [
        matrix.fill(meters[meter[half]], (100 + day[half]).astype(np.int32), day[half])
        for half in (slice(0, cut), slice(cut, None))
    ]
    twice = {place for place in places if places.count(place) > 1}
    named = [(found[0] // 8 - 1, found[1] - 100) for found in halves if found is not None]
    assert set(named) <= twice
    assert bool(named) == bool(twice)
