"""Reads a CSV or Parquet table strictly: every refusal names file, row and column, and counts what it does not list.

Rows are numbered from 1, a CSV's header not counted. CSV cells are read as text and parsed here, so that nothing is
guessed: integers are decimal digits, dates are YYYY-MM-DD, a cell without content is missing.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt
import polars as pl

from fairmeter.errors import MAX_ROWS_SHOWN, BadRow, InputError
from fairmeter.model import Bools, Int32s, Int64s, UInt8s, Utility

MAX_DAY: Final = 2**16 - 1
"""Periods are packed on chain as uint16 days: 2149-06-06 is the last one."""

_CANONICAL_INT64 = r"^(0|[1-9]\d{0,17})$"
_INDICES: Final = (pl.Categorical, pl.Enum)
_REPEATED: Final = ("customer_id", "utility", "supplier", "fault")
"""Columns with few distinct texts: as indices they take a quarter of the memory."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read, every wanted column present and no cell missing but in those that may be empty."""

    path: str
    frame: pl.DataFrame
    before: int = 0
    """Rows of the file that come before."""

    def __len__(self) -> int:
        return self.frame.height

    def has(self, column: str) -> bool:
        """Whether the file has this optional column."""
        return column in self.frame.columns

    def refuse(self, column: str, expected: str, bad: Bools, problems: Sequence[str] | None = None) -> None:
        """Raise InputError if any row is `bad`. `problems` has a text for each of the first ten bad rows; without it
        they show what the cells hold."""
        if not bad.any():
            return
        rows = np.flatnonzero(bad)[:MAX_ROWS_SHOWN]
        shown = problems or [repr(str(value)) for value in self.frame[column].gather(rows).to_list()]
        raise InputError(
            f"{self.path}: {expected}",
            [BadRow(self.before + int(row) + 1, column, problem) for row, problem in zip(rows, shown, strict=True)],
            int(bad.sum()),
        )

    def texts(self, column: str) -> pl.Series:
        """Text, or indices into texts; integers become their decimal digits. InputError for any other type of
        column."""
        series = self.frame[column]
        if series.dtype == pl.String or series.dtype in _INDICES:
            return series
        if not series.dtype.is_integer():
            self._refuse_type(column, "text")
        return series.cast(pl.String)

    def integers(self, column: str, low: int, high: int) -> Int64s:
        """(n,) integers from `low` to `high`. InputError for a fraction, other text, or a number outside."""
        series = self.frame[column]
        if series.dtype == pl.String:
            digits = series.str.contains(r"^-?\d+$")
            parsed = series.zip_with(digits, pl.Series([None], dtype=pl.String)).cast(pl.Int64, strict=False)
        elif series.dtype.is_integer():
            parsed = series.cast(pl.Int64, strict=False)
        else:
            self._refuse_type(column, "integers")
        good = parsed.is_between(low, high).fill_null(False)
        self.refuse(column, f"{column} must be an integer from {low} to {high}", ~good.to_numpy())
        return parsed.to_numpy().astype(np.int64)

    def days(self, column: str) -> Int32s:
        """(n,) days since 1970-01-01, of a date column or of YYYY-MM-DD. InputError for anything else, and outside
        1970-01-01 to 2149-06-06."""
        series = self.frame[column]
        if series.dtype == pl.String:
            iso = series.str.contains(r"^\d{4}-\d{2}-\d{2}$")
            parsed = series.zip_with(iso, pl.Series([None], dtype=pl.String)).str.to_date("%Y-%m-%d", strict=False)
        elif series.dtype == pl.Date:
            parsed = series
        else:
            self._refuse_type(column, "dates")
        physical = parsed.to_physical()
        good = physical.is_between(0, MAX_DAY).fill_null(False)
        expected = f"{column} must be a date YYYY-MM-DD from 1970-01-01 to 2149-06-06"
        self.refuse(column, expected, ~good.to_numpy())
        return physical.to_numpy().astype(np.int32)

    def indices(self, column: str) -> tuple[Int32s, tuple[str, ...]]:
        """(n,) indices into the column's distinct texts, and these in ascending order."""
        texts = self.texts(column)
        names = texts.unique().cast(pl.String).sort()
        return texts.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int32), tuple(names.to_list())

    def utilities(self, column: str) -> UInt8s:
        """(n,) `Utility`. InputError for a name that is none."""
        texts = self.texts(column)
        labels = [utility.label for utility in Utility]
        known = texts.is_in(labels)
        self.refuse(column, f"{column} must be one of {', '.join(labels)}", ~known.to_numpy())
        return texts.cast(pl.Enum(labels)).to_physical().to_numpy().astype(np.uint8) + np.uint8(1)

    def ids(self, column: str) -> npt.NDArray[Any]:
        """(n,) int64 where every id is written as a plain integer, else str; so "007" and "7" stay two ids."""
        if self.frame[column].dtype == pl.Int64 and (self.frame[column] >= 0).all():
            return self.frame[column].to_numpy()
        texts = self.texts(column).cast(pl.String)
        if texts.str.contains(_CANONICAL_INT64).all():
            return texts.cast(pl.Int64).to_numpy()
        return np.asarray(texts.to_list(), dtype=np.str_)

    def refuse_missing(self, columns: Sequence[str]) -> None:
        """Raise InputError if a cell of these columns is empty."""
        checked = self.frame.select(columns)
        texts = [column for column in checked.columns if checked.schema[column] in (pl.String, *_INDICES)]
        empty = checked.select(
            *((pl.col(column).is_null() | (pl.col(column) == "")).alias(column) for column in texts),
            *(pl.col(column).is_null() for column in checked.columns if column not in texts),
        )
        total = int(empty.sum().sum_horizontal()[0])
        if total == 0:
            return
        rows = np.flatnonzero(empty.select(pl.any_horizontal(pl.all())).to_series().to_numpy())[:MAX_ROWS_SHOWN]
        cells = [
            BadRow(self.before + int(row) + 1, column, "is empty")
            for row in rows
            for column in columns
            if empty[column][int(row)]
        ]
        raise InputError(f"{self.path}: a value is missing", cells, total)

    def _refuse_type(self, column: str, expected: str) -> NoReturn:
        raise InputError(f"{self.path}: column {column} must hold {expected}, found {self.frame.schema[column]}")


def read_table(
    path: str | os.PathLike[str],
    required: Sequence[str],
    optional: Sequence[str] = (),
    only: tuple[str, Collection[str]] | None = None,
) -> Table:
    """The wanted columns of a .csv or .parquet file; further columns are left out, and rows whose cell in the column
    `only[0]` is none of the texts `only[1]`.

    Raises InputError when the file is missing, not readable, not such a table or without rows, when a required column
    is missing (names all, and those found), a CSV row has another number of cells than the header, or a cell of a
    required column is empty.
    """
    name = os.fspath(path)
    names = check_columns(name, required)
    lazy = _scan(name)
    if only is not None:
        lazy = lazy.filter(pl.col(only[0]).cast(pl.String).is_in(list(only[1])))
    frame = _collect(name, lazy, [*required, *(column for column in optional if column in names)])
    if frame.is_empty():
        raise InputError(f"{name}: has no rows")
    table = Table(name, frame)
    table.refuse_missing(required)
    return table


def check_columns(name: str, required: Sequence[str]) -> list[str]:
    """The columns of a file; raises InputError as `read_table` does for a file or columns."""
    names = _column_names(name)
    if missing := [column for column in required if column not in names]:
        raise InputError(f"{name}: missing column {', '.join(missing)}; found {', '.join(names)}")
    return names


def _scan(name: str) -> pl.LazyFrame:
    match Path(name).suffix.lower():
        case ".csv":
            return pl.scan_csv(name, infer_schema=False, glob=False)
        case ".parquet":
            return pl.scan_parquet(name, glob=False)
        case suffix:
            raise InputError(f"{name}: expected a .csv or .parquet file, not {suffix or 'one without an ending'}")


def _column_names(name: str) -> list[str]:
    if not Path(name).exists():
        raise InputError(f"{name}: no such file")
    if not Path(name).is_file():
        raise InputError(f"{name}: is not a file")
    try:
        return _scan(name).collect_schema().names()
    except pl.exceptions.NoDataError as error:
        raise InputError(f"{name}: is empty") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(name, error) from error


def _collect(name: str, lazy: pl.LazyFrame, columns: Sequence[str]) -> pl.DataFrame:
    try:
        if Path(name).suffix.lower() == ".parquet":
            chosen = lazy.select(columns)
            kinds = chosen.collect_schema()
            repeated = [name for name in _REPEATED if kinds.get(name) == pl.String]
            return chosen.with_columns(pl.col(repeated).cast(pl.Categorical)).collect(engine="streaming")
        # All columns are read: with a projection Polars lets rows with too many cells pass, their values shifted.
        return lazy.collect().select(columns)
    except (pl.exceptions.PolarsError, OSError) as error:
        if Path(name).suffix.lower() == ".csv":
            _refuse_ragged(name)
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: Exception) -> InputError:
    return InputError(f"{name}: cannot be read as a {Path(name).suffix[1:]} table: {str(error).splitlines()[0]}")


def _refuse_ragged(name: str) -> None:
    """Polars says that some row has too many cells; find which. Runs once Polars has already refused the file."""
    with Path(name).open(newline="", encoding="utf-8", errors="replace") as file:
        reader = csv.reader(file)
        width = len(next(reader))
        bad = ((row, len(cells)) for row, cells in enumerate(reader, 1) if len(cells) > width)
        first = [BadRow(row, str(width + 1), f"{cells} cells") for row, cells in islice(bad, MAX_ROWS_SHOWN)]
        if first:
            rest = sum(1 for _ in bad)
            raise InputError(f"{name}: the header has {width} columns", first, len(first) + rest)
