"""A usage file as a payment run reads it: only the readings that bills need, a stretch of days at a time.

A CSV file and a Parquet file of up to WHOLE_ROWS rows are read once, whole, and every row is checked. Of a larger
Parquet file only the row groups are read, and checked, whose dates (by the file's own statistics) may lie in the
stretch; so it does not matter how the file is sorted, but one whose row groups span few days is read faster. What is
then not found is a bad cell in a row group that no bill needs, and a second reading of a day that no bill needs.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from fairmeter.errors import BadRow, InputError
from fairmeter.model import Bills, Int32s, Int64s, UInt8s, Usage, Utility
from fairmeter.units import EPOCH, MAX_READING, date_of
from fairmeter.usage.keys import index_in, meter_keys, meter_of
from fairmeter.usage.load import USAGE_COLUMNS, check_customers, load_usage, refuse_unknown
from fairmeter.usage.matrix import ReadingMatrix
from fairmeter.usage.table import MAX_DAY, Table, check_columns

WHOLE_ROWS: Final = 10_000_000
UTILITIES: Final = {utility.label: int(utility) for utility in Utility}


@dataclass(frozen=True, slots=True)
class Part:
    """k readings in the order of the file."""

    customer: Int32s
    """(k,) as the bills count them, -1 for one who has no bills."""
    utility: UInt8s
    day: Int32s
    quantity: Int64s

    @property
    def meters(self) -> Int64s:
        """(k,) `meter_keys`."""
        return meter_keys(self.customer, self.utility)


class UsageStore:
    """The readings of a file for the meters of `bills`.

    Raises InputError as `load_usage` and `check_customers` do: at once for a file that is read whole, else by the call
    that reads what is wrong.
    """

    def __init__(self, path: Path, bills: Bills) -> None:
        self._path, self._bills = path, bills
        self._whole: Part | None = None
        if path.suffix.lower() == ".parquet" and path.is_file() and self._rows() > WHOLE_ROWS:
            check_columns(str(path), USAGE_COLUMNS)
            self._file = pq.ParquetFile(path, read_dictionary=["customer_id", "utility"])
            self._spans, self._before = self._groups()
            self._customer_column = self._file.metadata.schema.names.index("customer_id")
            self._places = {name: place for place, name in enumerate(bills.customers)}
            self._seen: set[int] = set()
        else:
            usage = load_usage(path)
            check_customers(bills, usage)
            self._whole = _billed(usage, bills)

    def matrix(self, meters: Int64s, first_day: int, last_day: int) -> ReadingMatrix:
        """The readings of `meters` (`meter_keys` of the bills' customers, ascending) from one day to another, ends
        included, days since 1970-01-01."""
        matrix = ReadingMatrix(meters, first_day, last_day - first_day + 1)
        if self._whole is not None:
            matrix.fill(self._whole.meters, self._whole.day, self._whole.quantity)
            return matrix
        near = np.flatnonzero((self._spans[:, 0] <= last_day) & (self._spans[:, 1] >= first_day))
        for part in self._parts(near):
            twice = matrix.fill(part.meters, part.day, part.quantity)
            if twice is not None:
                self._refuse_twice(*twice)
        self._look_for(matrix.empty_meters())
        return matrix

    def _rows(self) -> int:
        try:
            return int(pq.read_metadata(self._path).num_rows)
        except (OSError, pa.ArrowException):
            return 0  # load_usage says what is wrong

    def _groups(self) -> tuple[Int64s, Int64s]:
        """Of each row group: (groups, 2) first and last day, as its statistics have them; (groups,) rows before it."""
        metadata = self._file.metadata
        column = metadata.schema.names.index("date")
        spans = np.full((metadata.num_row_groups, 2), (0, MAX_DAY), np.int64)
        rows = np.zeros(metadata.num_row_groups, np.int64)
        for group in range(metadata.num_row_groups):
            rows[group] = metadata.row_group(group).num_rows
            found = metadata.row_group(group).column(column).statistics
            if found is not None and found.has_min_max and isinstance(found.min, dt.date):
                spans[group] = [(found.min - EPOCH).days, (found.max - EPOCH).days]
        return spans, np.cumsum(rows) - rows

    def _parts(self, groups: Int64s) -> Iterator[Part]:
        """The readings of some row groups, checked."""
        for group in groups.tolist():
            before = int(self._before[group])
            for batch in self._file.read_row_group(group, columns=list(USAGE_COLUMNS)).to_batches():
                part = self._plain(batch)
                yield self._checked(batch, before) if part is None else part
                before += len(batch)

    def _plain(self, batch: pa.RecordBatch) -> Part | None:
        """Text, text, date and int64 without a cell that is wrong, as columns without a copy a row; else None."""
        customer, utility, date, quantity = (batch.column(name) for name in USAGE_COLUMNS)
        texts = all(pa.types.is_dictionary(column.type) for column in (customer, utility))
        if not texts or date.type != pa.date32() or quantity.type != pa.int64() or any(c.null_count for c in batch):
            return None
        names, kinds = customer.dictionary.to_pylist(), utility.dictionary.to_pylist()
        day, units = date.cast(pa.int32()).to_numpy(), quantity.to_numpy()
        good = "" not in names and set(kinds) <= set(UTILITIES) and len(day)
        if not good or day.min() < 0 or day.max() > MAX_DAY or units.min() < 0 or units.max() > MAX_READING:
            return None
        places = np.array([self._places.get(name, -1) for name in names], np.int32)
        codes = np.array([UTILITIES[kind] for kind in kinds], np.uint8)
        return Part(places[customer.indices.to_numpy()], codes[utility.indices.to_numpy()], day, units)

    def _checked(self, batch: pa.RecordBatch, before: int) -> Part:
        """By the checks of a whole file, which name what is wrong."""
        frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
        texts = [name for name, kind in frame.schema.items() if kind == pl.Categorical]
        table = Table(str(self._path), frame.with_columns(pl.col(texts).cast(pl.String)), before)
        table.refuse_missing(USAGE_COLUMNS)
        utility, day = table.utilities("utility"), table.days("date")
        quantity = table.integers("quantity", 0, MAX_READING)
        index, names = table.indices("customer_id")
        places = np.array([self._places.get(name, -1) for name in names], np.int32)
        return Part(places[index], utility, day, quantity)

    def _look_for(self, meters: Int64s) -> None:
        """Refuse bills of meters that the file does not have. A meter may be silent on the days that were read, so that
        the whole file is gone through for it, as far as the statistics of its row groups do not rule it out."""
        missing = {self._named(key): key for key in meters.tolist() if key not in self._seen}
        self._seen.update(missing.values())
        customers: set[str] = set()
        for group in range(len(self._spans) if missing else 0):
            if not self._may_have(group, sorted(name for name, _ in missing)):
                continue
            frame = pl.DataFrame(pl.from_arrow(self._file.read_row_group(group, columns=["customer_id", "utility"])))
            for meter in frame.select(pl.all().cast(pl.String)).unique().iter_rows():
                customers.add(meter[0])
                missing.pop(meter, None)
        if missing:
            keys = meter_keys(self._bills.customer, self._bills.utility)
            rows = np.flatnonzero(np.isin(keys, np.array(sorted(missing.values()))))
            known = [self._places[name] for name in customers if name in self._places]
            refuse_unknown(self._bills, rows, np.array(known, np.int32))

    def _named(self, meter: int) -> tuple[str, str]:
        customer, utility = meter_of(meter)
        return self._bills.customers[customer], Utility(utility).label

    def _may_have(self, group: int, names: Sequence[str]) -> bool:
        """Whether one of the customers, in ascending order, may be in a row group."""
        found = self._file.metadata.row_group(group).column(self._customer_column).statistics
        if found is None or not found.has_min_max or not isinstance(found.min, str):
            return bool(names)
        place = bisect_left(names, found.min)
        return place < len(names) and names[place] <= found.max

    def _refuse_twice(self, meter: int, day: int) -> None:
        customer, utility = meter_of(meter)
        same = (
            (pl.col("customer_id").cast(pl.String) == self._bills.customers[customer])
            & (pl.col("utility").cast(pl.String) == Utility(utility).label)
            & (pl.col("date").cast(pl.String) == str(date_of(day)))
        )
        scanned = pl.scan_parquet(self._path, glob=False).with_row_index("row").filter(same).select("row").collect()
        first, *others = (int(row) + 1 for row in scanned["row"].to_list())
        rows = [BadRow(row, "date", f"{date_of(day)} is in row {first} already") for row in others]
        raise InputError(f"{self._path}: one reading a customer, utility and date is expected", rows)


def _billed(usage: Usage, bills: Bills) -> Part:
    """What a whole file has of the customers of `bills`."""
    customer = index_in(bills.customers, usage.customers)[usage.customer]
    rows = np.flatnonzero(customer >= 0)
    return Part(customer[rows], usage.utility[rows], usage.day[rows], usage.quantity[rows])
