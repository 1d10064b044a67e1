"""Compares the evidence with the source of the readings, which is no part of a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.contracts.packing import BillColumns
from fairmeter.model import Bills, Int64s, Reference
from fairmeter.units import MAX_REFERENCE_DAYS
from fairmeter.usage import load_usage, reference_readings


class Source:
    """The readings of a usage file. Raises InputError for a file that is not one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.usage = load_usage(path)
        self._customers = pa.array(self.usage.customers, pa.string())

    def reference(self, rows: pa.Table, bills: BillColumns, utility: int) -> Reference:
        """The readings of a batch's reference periods; `rows` are the batch's of the bills table."""
        return reference_readings(self.usage, self._as_bills(rows, bills, utility))

    def _as_bills(self, rows: pa.Table, bills: BillColumns, utility: int) -> Bills:
        n = len(bills)
        places = pc.index_in(rows["customer_id"], self._customers).fill_null(len(self._customers))
        return Bills(
            bill_id=np.arange(n),
            customer=places.to_numpy().astype(np.int32),
            supplier=np.zeros(n, np.int32),
            utility=np.full(n, utility, np.uint8),
            start=bills.start,
            end=(bills.start + bills.days - 1).astype(np.int32),
            quantity=bills.quantity,
            amount=bills.amount,
            customers=(*self.usage.customers, ""),
            suppliers=("",),
        )


def differing(source: Reference, evidence: Reference) -> list[int]:
    """Which of a batch's bills have another evidence than the source."""
    same = (source.days == evidence.days) & (_days(source) == _days(evidence)).all(axis=1)
    return [int(index) for index in np.flatnonzero(~same)]


def _days(reference: Reference) -> Int64s:
    """(n, w) readings, -1 where there is none; padded to the longest period of all."""
    values = np.where(reference.present, reference.readings, -1)
    return np.pad(values, ((0, 0), (0, MAX_REFERENCE_DAYS - values.shape[1])), constant_values=-1)


def values(reference: Reference, row: int) -> list[int | None]:
    """A bill's readings; None where there is none."""
    days = int(reference.days[row])
    readings, present = reference.readings[row, :days].tolist(), reference.present[row, :days].tolist()
    return [value if here else None for value, here in zip(readings, present, strict=True)]


def first_day(expected: Sequence[int | None], found: Sequence[int | None]) -> tuple[str, str]:
    """How the first day that differs reads on either side."""
    if len(expected) != len(found):
        return f"{len(expected)} days", f"{len(found)} days"
    day = next(day for day, (ours, theirs) in enumerate(zip(expected, found, strict=True)) if ours != theirs)
    ours, theirs = (f"day {day}: {'no reading' if value is None else value}" for value in (expected[day], found[day]))
    return ours, theirs
