"""The readings of all meters in one row of days, so that the sum of any window is the difference of two prefix sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairmeter.model import Bills, Bools, Int32s, Int64s, UInt8s, Usage

Floats = npt.NDArray[np.float64]

_UTILITIES = 8
"""More than there are: a meter's key is its customer's number times this, plus its utility."""


@dataclass(frozen=True, slots=True)
class Meters:
    """Which meter each of n bills is of, and the period it charges for."""

    row: Int64s
    """(n,) the meter's row in `Histories`; -1 where it has no reading at all."""
    utility: UInt8s
    """(n,) `Utility`."""
    start: Int64s
    """(n,) first day of the period, days since 1970-01-01."""
    days: Int64s
    """(n,) calendar days of the period."""

    def __len__(self) -> int:
        return len(self.row)

    def take(self, rows: slice | Int64s | Bools) -> Meters:
        """The chosen rows."""
        return Meters(self.row[rows], self.utility[rows], self.start[rows], self.days[rows])


@dataclass(frozen=True, slots=True)
class Histories:
    """Daily readings of k meters, each from its first to its last day without a gap: a day without a reading is one of
    quantity 0 that is not counted."""

    key: Int64s
    """(k,) customer and utility as one number, ascending."""
    first: Int64s
    """(k,) first day with a reading, days since 1970-01-01."""
    days: Int64s
    """(k,) from the first to the last day with a reading, both included."""
    offset: Int64s
    """(k,) where the meter's days begin in the prefix sums."""
    quantity: Int64s
    """(t,) base units of all days before, modulo 2^64: the difference of two of one meter is exact."""
    count: Int64s
    """(t,) days with a reading, of all days before."""
    customers: tuple[str, ...]

    @classmethod
    def of(cls, usage: Usage) -> Histories:
        """From readings as `Usage` has them: sorted by customer, utility and day."""
        keys = usage.customer.astype(np.int64) * _UTILITIES + usage.utility
        begins = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        ends = np.append(begins[1:], len(keys)) - 1
        first = usage.day[begins].astype(np.int64)
        days = usage.day[ends] - first + 1
        # One sum more than days: a window that ends with the last day ends there.
        offset = np.concatenate(([0], np.cumsum(days + 1)))
        cell = np.repeat(offset[:-1] - first, ends - begins + 1) + usage.day + 1
        quantity, count = np.zeros(offset[-1], dtype=np.int64), np.zeros(offset[-1], dtype=np.int64)
        quantity[cell], count[cell] = usage.quantity, 1
        for running in (quantity, count):
            np.cumsum(running, out=running)
        return cls(keys[begins], first, days, offset[:-1], quantity, count, usage.customers)

    def window(self, meters: Meters, begin: Int64s, end: Int64s) -> tuple[Int64s, Int64s]:
        """(n,) sum of the readings from day `begin` to the day before `end`, base units, and how many there are."""
        low, high = self._place(meters.row, begin), self._place(meters.row, end)
        known = meters.row >= 0
        total = np.where(known, self.quantity[high] - self.quantity[low], 0)
        return total, np.where(known, self.count[high] - self.count[low], 0)

    def days_before(self, meters: Meters, days: int) -> tuple[Int64s, Bools]:
        """(n, days) base units of each of the days before the period, the earliest first, and whether there is a
        reading; 0 where there is none."""
        place = self._place(meters.row[:, None], meters.start[:, None] + np.arange(-days, 1))
        present = np.diff(self.count[place], axis=1) > 0
        present &= (meters.row >= 0)[:, None]
        return np.where(present, np.diff(self.quantity[place], axis=1), 0), present

    def age(self, meters: Meters) -> Int64s:
        """(n,) days from the meter's first reading to the period's first day; 0 where there is none before it."""
        return np.where(meters.row >= 0, np.maximum(meters.start - self.first[meters.row], 0), 0)

    def meters_of(self, bills: Bills) -> Meters:
        """The meters and periods of bills, customers matched by name."""
        place = places(self.customers, bills.customers)[bills.customer]
        return self.meters(place, bills.utility, bills.start, bills.days)

    def meters(self, place: Int64s, utility: UInt8s, start: Int32s, days: Int32s) -> Meters:
        """The meters of customers at `place` (n,) in `customers`, -1 where one is not there."""
        key = place * _UTILITIES + utility
        row = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        found = (place >= 0) & (self.key[row] == key)
        return Meters(np.where(found, row, -1), utility, start.astype(np.int64), days.astype(np.int64))

    def _place(self, row: Int64s, day: Int64s) -> Int64s:
        place: Int64s = self.offset[row] + np.clip(day - self.first[row], 0, self.days[row])
        return place

    @property
    def customer(self) -> Int64s:
        """(k,) index into `customers`."""
        return self.key // _UTILITIES

    @property
    def utility(self) -> UInt8s:
        """(k,) `Utility`."""
        return (self.key % _UTILITIES).astype(np.uint8)


def places(names: Sequence[str], wanted: Sequence[str]) -> Int64s:
    """(len(wanted),) where each name stands in `names`, -1 where it does not."""
    if names == wanted:
        return np.arange(len(wanted), dtype=np.int64)
    table, sought = np.asarray(names, dtype=np.str_), np.asarray(wanted, dtype=np.str_)
    order = np.argsort(table, kind="stable").astype(np.int64)
    place = order[np.minimum(np.searchsorted(table, sought, sorter=order), len(table) - 1)]
    return np.asarray(np.where(table[place] == sought, place, -1), dtype=np.int64)
