"""Compares the evidence with the source of the readings, which is no part of a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from fairmeter.audit.evidence import Leaf
from fairmeter.contracts.packing import BillColumns
from fairmeter.model import Bills
from fairmeter.usage import load_usage, reference_readings


class Source:
    """The readings of a usage file. Raises InputError for a file that is not one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._usage = load_usage(path)
        self._customers = {name: number for number, name in enumerate(self._usage.customers)}

    def first_difference(
        self, rows: pa.Table, bills: BillColumns, utility: int, leaves: Sequence[Leaf]
    ) -> tuple[int, str, str] | None:
        """The first bill of a batch whose evidence differs: its index, what the source has, and what the leaf has.
        `rows` are the batch's rows of the bills table."""
        reference = reference_readings(self._usage, self._as_bills(rows, bills, utility))
        for index, leaf in enumerate(leaves):
            days = int(reference.days[index])
            readings = reference.readings[index, :days].tolist()
            present = reference.present[index, :days].tolist()
            expected = [value if here else None for value, here in zip(readings, present, strict=True)]
            if expected != leaf.values():
                return index, *_first_day(expected, leaf.values())
        return None

    def _as_bills(self, rows: pa.Table, bills: BillColumns, utility: int) -> Bills:
        n = len(bills)
        nobody = len(self._customers)
        names = rows["customer_id"].to_pylist()
        return Bills(
            bill_id=np.arange(n),
            customer=np.array([self._customers.get(name, nobody) for name in names], np.int32),
            supplier=np.zeros(n, np.int32),
            utility=np.full(n, utility, np.uint8),
            start=bills.start,
            end=(bills.start + bills.days - 1).astype(np.int32),
            quantity=bills.quantity,
            amount=bills.amount,
            customers=(*self._usage.customers, ""),
            suppliers=("",),
        )


def _first_day(expected: Sequence[int | None], found: Sequence[int | None]) -> tuple[str, str]:
    """How the first day that differs reads on either side."""
    if len(expected) != len(found):
        return f"{len(expected)} days", f"{len(found)} days"
    day = next(day for day, (ours, theirs) in enumerate(zip(expected, found, strict=True)) if ours != theirs)
    ours, theirs = (f"day {day}: {'no reading' if value is None else value}" for value in (expected[day], found[day]))
    return ours, theirs
