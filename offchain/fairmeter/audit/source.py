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
        self._usage = load_usage(path)
        self._customers = pa.array(self._usage.customers, pa.string())

    def first_difference(
        self, rows: pa.Table, bills: BillColumns, utility: int, evidence: Reference
    ) -> tuple[int, str, str] | None:
        """The first bill of a batch whose evidence differs: its index, what the source has, and what the evidence has.
        `rows` are the batch's rows of the bills table."""
        source = reference_readings(self._usage, self._as_bills(rows, bills, utility))
        same = (source.days == evidence.days) & (_days(source) == _days(evidence)).all(axis=1)
        if same.all():
            return None
        index = int(np.argmin(same))
        return index, *_first_day(_values(source, index), _values(evidence, index))

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
            customers=(*self._usage.customers, ""),
            suppliers=("",),
        )


def _days(reference: Reference) -> Int64s:
    """(n, w) readings, -1 where there is none; padded to the longest period of all."""
    values = np.where(reference.present, reference.readings, -1)
    return np.pad(values, ((0, 0), (0, MAX_REFERENCE_DAYS - values.shape[1])), constant_values=-1)


def _values(reference: Reference, row: int) -> list[int | None]:
    days = int(reference.days[row])
    readings, present = reference.readings[row, :days].tolist(), reference.present[row, :days].tolist()
    return [value if here else None for value, here in zip(readings, present, strict=True)]


def _first_day(expected: Sequence[int | None], found: Sequence[int | None]) -> tuple[str, str]:
    """How the first day that differs reads on either side."""
    if len(expected) != len(found):
        return f"{len(expected)} days", f"{len(found)} days"
    day = next(day for day, (ours, theirs) in enumerate(zip(expected, found, strict=True)) if ours != theirs)
    ours, theirs = (f"day {day}: {'no reading' if value is None else value}" for value in (expected[day], found[day]))
    return ours, theirs
