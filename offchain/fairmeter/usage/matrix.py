"""Readings by meter and day, dense: what many bills' reference periods need of a stretch of days, and nothing else."""

from __future__ import annotations

from typing import Final, Self

import numpy as np

from fairmeter.model import Bools, Int32s, Int64s, Reference, UInt8s, Usage
from fairmeter.usage.keys import meter_keys
from fairmeter.usage.reference import reference_period
from fairmeter.usage.table import MAX_DAY

MISSING: Final = -1


class ReadingMatrix:
    """(m, d) readings of m meters, one (customer, utility) each, on d days; MISSING where there is none."""

    def __init__(self, meters: Int64s, first_day: int, days: int) -> None:
        """`meters`: `meter_keys`, ascending, none twice. `first_day` since 1970-01-01."""
        self.meters, self.first_day, self.days = meters, first_day, days
        self._values = np.full((len(meters), days), MISSING, np.int64)

    @classmethod
    def of(cls, usage: Usage) -> Self:
        """All readings, of customers as `usage` counts them."""
        meters = meter_keys(usage.customer, usage.utility)
        first = int(usage.day.min(initial=MAX_DAY))
        matrix = cls(np.unique(meters), first, max(0, int(usage.day.max(initial=0)) - first + 1))
        matrix.fill(meters, usage.day, usage.quantity)
        return matrix

    def fill(self, meter: Int64s, day: Int32s, quantity: Int64s) -> tuple[int, int] | None:
        """Put k readings in; those of other meters and days are left out. Gives meter and day of one that was there
        already, None if all were new."""
        row, known = self._find(meter)
        column = day - np.int32(self.first_day)
        known &= (column >= 0) & (column < self.days)
        place = row[known] * self.days + column[known]
        flat = self._values.reshape(-1)
        again = flat[place] != MISSING
        # each writes its own number: where two share a place, one of them reads the other's
        flat[place] = np.arange(len(place))
        again |= flat[place] != np.arange(len(place))
        flat[place] = quantity[known]
        if not again.any():
            return None
        where = int(place[np.argmax(again)])
        return int(self.meters[where // self.days]), self.first_day + where % self.days

    def empty_meters(self) -> Int64s:
        """The meters without a reading."""
        bare: Int64s = self.meters[(self._values == MISSING).all(axis=1)]
        return bare

    def reference(self, customer: Int32s, utility: UInt8s, start: Int32s, end: Int32s) -> Reference:
        """The readings of the reference periods of n bills from `start` to `end`, both included; all (n,).

        A meter that is not here has no readings, nor has a day before or after.
        """
        first, days = reference_period(start, end)
        readings, present = self.between(customer, utility, first, days)
        return Reference(first, days, readings, present)

    def between(self, customer: Int32s, utility: UInt8s, first: Int32s, days: Int32s) -> tuple[Int64s, Bools]:
        """(n, w) readings of n meters on `days` days from `first` on, 0 where there is none, and whether there is one;
        w is the longest of the stretches."""
        row, known = self._find(meter_keys(customer, utility))
        across = np.arange(int(days.max(initial=0)), dtype=np.int64)
        column = (first - self.first_day).astype(np.int64)[:, None] + across
        inside = (column >= 0) & (column < self.days) & (across < days[:, None]) & known[:, None]
        if self._values.size == 0:
            inside &= False
            return np.zeros(inside.shape, np.int64), inside
        column.clip(0, self.days - 1, out=column)
        readings = self._values[np.minimum(row, len(self.meters) - 1)[:, None], column]
        present = inside & (readings != MISSING)
        return np.where(present, readings, 0), present

    def _find(self, meter: Int64s) -> tuple[Int64s, Bools]:
        """Where each meter stands, and whether it is here."""
        if len(self.meters) == 0:
            return np.zeros(len(meter), np.int64), np.zeros(len(meter), np.bool_)
        row = np.minimum(np.searchsorted(self.meters, meter), len(self.meters) - 1)
        return row, self.meters[row] == meter
