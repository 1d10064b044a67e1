"""The reference period of a bill and its readings (VERDICT.md, Inputs): the same calendar bounds one year earlier,
29 February becoming 28 February at either end."""

from __future__ import annotations

from typing import Final

import numpy as np

from fairmeter.model import Bills, Int32s, Int64s, Reference, Usage
from fairmeter.usage.keys import day_keys, index_in

_SLICE: Final = 1 << 16
"""Bills searched at a time: bounds the memory of the gathered positions."""


def reference_period(start: Int32s, end: Int32s) -> tuple[Int32s, Int32s]:
    """The reference periods of the billing periods from `start` to `end`, both included.

    All arrays are (n,) and in days: the first two and the first result since 1970-01-01, the second result is the
    length n2. A period is at most one day longer or shorter than its billing period.
    """
    first, last = _year_earlier(start), _year_earlier(end)
    return first, (last - first + 1).astype(np.int32)


def reference_readings(usage: Usage, bills: Bills) -> Reference:
    """The readings of each bill's reference period, as an (n, w) matrix in base units, w the longest period's days.

    A customer or utility without readings gives a row without any. Time O(n·(w + log of the readings)) once the
    readings' keys are built; for readings that do not fit in memory call it by slices of customers.
    """
    start, days = reference_period(bills.start, bills.end)
    shape = (len(bills), int(days.max(initial=0)))
    readings, present = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.bool_)
    keys = day_keys(usage.customer, usage.utility, usage.day)
    customer = index_in(usage.customers, bills.customers)[bills.customer]
    low = day_keys(customer, bills.utility, start)
    for at in range(0, len(bills), _SLICE):
        part = slice(at, at + _SLICE)
        row, column, position = _positions(keys, low[part], days[part])
        readings[at + row, column] = usage.quantity[position]
        present[at + row, column] = True
    return Reference(start, days, readings, present)


def _positions(keys: Int64s, low: Int64s, days: Int32s) -> tuple[Int64s, Int64s, Int64s]:
    """Of each reading within the periods of `days` that begin at the keys `low`: the period, its day, its place."""
    first = np.searchsorted(keys, low)
    count = np.searchsorted(keys, low + days) - first
    row = np.repeat(np.arange(len(low)), count)
    position = np.arange(len(row)) + np.repeat(first - (np.cumsum(count) - count), count)
    return row, keys[position] - low[row], position


def _year_earlier(day: Int32s) -> Int32s:
    date = day.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    in_month = date - month.astype("datetime64[D]")
    february = month.astype(np.int64) % 12 == 1
    in_month = np.where(february, np.minimum(in_month, np.timedelta64(27, "D")), in_month)
    earlier = (month - np.timedelta64(12, "M")).astype("datetime64[D]") + in_month
    result: Int32s = earlier.astype(np.int64).astype(np.int32)
    return result
