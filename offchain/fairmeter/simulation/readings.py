"""The readings that a run's bills need, in memory for some batches at a time."""

from __future__ import annotations

from threading import Lock
from typing import Final

import numpy as np

from fairmeter.model import Bools, Int32s, Int64s, Reference, UInt8s
from fairmeter.simulation.plan import Plan
from fairmeter.usage import ReadingMatrix, UsageStore, reference_period
from fairmeter.usage.keys import meter_keys

MAX_CELLS: Final = 20_000_000
"""Meters times days that are held at once, 8 bytes each: half a month of a million meters' bills."""


NOTHING: Final = ReadingMatrix(np.zeros(0, np.int64), 0, 1)


class WindowedReadings:
    """Moves through the batches in their order; `reference` answers for those that were covered last."""

    def __init__(self, store: UsageStore, plan: Plan) -> None:
        self._store, self._bills = store, plan.bills
        self._batches = [batch.rows for one in plan.rounds for batch in one.batches]
        first, days = reference_period(plan.bills.start, plan.bills.end)
        last = first + days - 1
        self._spans = [(int(first[rows].min()), int(last[rows].max())) for rows in self._batches]
        self._meters = len(plan.number)
        self._stop = 0
        self._reading = Lock()
        """Batches are covered in a thread ahead of the chain, and `between` is asked beside it."""
        self._matrix: ReadingMatrix
        self.cover(0, 1)

    def cover(self, position: int, count: int) -> None:
        """Have the readings of `count` batches from number `position` on; and of as many after them as there is room
        for, so that a small file is gone through once. Raises InputError for what is wrong in the file."""
        if position + count <= self._stop:
            return
        first, last = self._spans[position]
        bills, self._stop = 0, position
        for rows, (begin, end) in zip(self._batches[position:], self._spans[position:], strict=True):
            first, last = min(first, begin), max(last, end)
            bills += len(rows)
            if self._stop >= position + count and min(bills, self._meters) * (last - first + 1) > MAX_CELLS:
                break
            self._stop += 1
        self._load(position)

    def _load(self, position: int) -> None:
        rows = np.concatenate(self._batches[position : self._stop])
        spans = np.array(self._spans[position : self._stop])
        # the one before goes first: two would not fit
        self._matrix = NOTHING
        meters = np.unique(meter_keys(self._bills.customer[rows], self._bills.utility[rows]))
        with self._reading:
            self._matrix = self._store.matrix(meters, int(spans[:, 0].min()), int(spans[:, 1].max()))

    def reference(self, customer: Int32s, utility: UInt8s, start: Int32s, end: Int32s) -> Reference:
        """Of n bills, as `ReadingMatrix.reference` has it."""
        return self._matrix.reference(customer, utility, start, end)

    def between(self, customer: Int32s, utility: UInt8s, first: Int32s, days: Int32s) -> tuple[Int64s, Bools]:
        """As `ReadingMatrix.between` has it, of any meters and days: from the file, each time."""
        meters = np.unique(meter_keys(customer, utility))
        with self._reading:
            matrix = self._store.matrix(meters, int(first.min()), int((first + days).max()) - 1)
        return matrix.between(customer, utility, first, days)
