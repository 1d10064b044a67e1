from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.model import Usage
from fairmeter.units import MAX_READING
from fairmeter.verdict.calibrated.history import Histories, Meters

Readings = dict[int, dict[int, int]]
READINGS = st.dictionaries(
    st.integers(0, 3), st.dictionaries(st.integers(0, 40), st.integers(0, MAX_READING), min_size=1), min_size=1
)


def _usage(readings: Readings) -> Usage:
    rows = [(c, day, quantity) for c in sorted(readings) for day, quantity in sorted(readings[c].items())]
    customer, day, quantity = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    water = np.full(len(rows), 2, dtype=np.uint8)
    return Usage(customer.astype(np.int32), water, day.astype(np.int32), quantity, ("a", "b", "c", "d"))


@given(readings=READINGS, begin=st.integers(-5, 45), days=st.integers(0, 50))
def test_window__any_days__sum_and_count_of_the_readings_in_it(readings: Readings, begin: int, days: int) -> None:
    meters = np.arange(len(readings))
    zero = np.zeros(len(readings), dtype=np.int64)
    at = Meters(meters, zero.astype(np.uint8), zero, zero)
    total, count = Histories.of(_usage(readings)).window(at, zero + begin, zero + begin + days)
    inside = [
        [quantity for day, quantity in readings[customer].items() if begin <= day < begin + days]
        for customer in sorted(readings)
    ]
    assert total.tolist() == [sum(quantities) for quantities in inside]
    assert count.tolist() == [len(quantities) for quantities in inside]


def test_window__meter_without_readings__nothing() -> None:
    one = np.ones(1, dtype=np.int64)
    unknown = Meters(-one, one.astype(np.uint8), one, one)
    total, count = Histories.of(_usage({0: {3: 5}})).window(unknown, one, one * 9)
    assert (total.tolist(), count.tolist()) == ([0], [0])
