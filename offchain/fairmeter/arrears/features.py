"""What is known of customers, in columns: numbers and categories, missing where it is not known."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from fairmeter.errors import InputError
from fairmeter.model import Bools

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Rows = Bools | Ints


@dataclass(frozen=True, slots=True)
class Features:
    """k features of n customers."""

    names: tuple[str, ...]
    values: Floats
    """(n, k); of a category its place in `categories`; NaN where missing."""
    categories: tuple[tuple[str, ...], ...]
    """(k,) the categories of each feature in alphabetical order; none of a number."""

    @classmethod
    def of(cls, frame: pl.DataFrame, like: Features | None = None) -> Features:
        """The columns of `frame`, texts as categories; if `like` is given, its columns and its categories, and one that
        it does not know is missing. Raises InputError for a column that is absent or neither numbers nor texts."""
        names = tuple(frame.columns) if like is None else like.names
        if absent := [name for name in names if name not in frame.columns]:
            raise InputError(f"features missing: {', '.join(absent)}")
        known = [None] * len(names) if like is None else [list(values) for values in like.categories]
        columns = [_column(frame[name], categories) for name, categories in zip(names, known, strict=True)]
        values = np.column_stack([column for column, _ in columns]) if columns else np.empty((len(frame), 0))
        return cls(names, values, tuple(categories for _, categories in columns))

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Rows) -> Features:
        """The chosen customers."""
        return Features(self.names, self.values[rows], self.categories)

    def only(self, chosen: Collection[int]) -> Features:
        """The chosen columns, by their places."""
        places = list(chosen)
        return Features(
            tuple(self.names[k] for k in places), self.values[:, places], tuple(self.categories[k] for k in places)
        )

    def categorical(self) -> Bools:
        """(k,) which are categories."""
        return np.array([bool(values) for values in self.categories], dtype=np.bool_)

    def indicators(self) -> Floats:
        """(n, m) numbers as they are, with the column's median where missing, and 0 or 1 for each category but the
        first: what a linear model takes."""
        columns = []
        for values, categories in zip(self.values.T, self.categories, strict=True):
            if categories:
                columns.append(values[:, None] == np.arange(1, len(categories)))
            else:
                known = values[~np.isnan(values)]
                columns.append(np.nan_to_num(values, nan=float(np.median(known)) if len(known) else 0.0)[:, None])
        return np.column_stack(columns).astype(np.float64)


def read_frame(path: str | os.PathLike[str]) -> pl.DataFrame:
    """The table of a .csv or .parquet file. Raises InputError where it cannot be read, or has no rows."""
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {".csv": pl.read_csv, ".parquet": pl.read_parquet}
    file = Path(path)
    if file.suffix not in readers:
        raise InputError(f"{file}: expected a .csv or .parquet file")
    try:
        frame = readers[file.suffix](file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{file}: cannot be read: {' '.join(str(error).split())}") from error
    if frame.is_empty():
        raise InputError(f"{file}: no rows")
    return frame


def binary(frame: pl.DataFrame, name: str, where: str) -> Bools:
    """(n,) the column `name` of zeros and ones. Raises InputError where it is absent or holds anything else."""
    if name not in frame.columns:
        raise InputError(f"{where}: the column {name} is missing")
    column = frame[name]
    if column.null_count() or not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise InputError(f"{where}: the column {name} must be 0 or 1 in every row")
    values = column.cast(pl.Float64).to_numpy()
    if not np.isin(values, (0.0, 1.0)).all():
        raise InputError(f"{where}: the column {name} must be 0 or 1 in every row")
    return np.asarray(values == 1)


def _column(column: pl.Series, known: list[str] | None) -> tuple[Floats, tuple[str, ...]]:
    if column.dtype in {pl.String, pl.Categorical, pl.Enum} or known:
        texts = column.cast(pl.String)
        categories = known or sorted(texts.drop_nulls().unique().to_list())
        place = {name: float(k) for k, name in enumerate(categories)}
        codes = texts.replace_strict(place, default=None, return_dtype=pl.Float64)
        return codes.fill_null(np.nan).to_numpy().astype(np.float64), tuple(categories)
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise InputError(f"feature {column.name}: expected numbers or texts, found {column.dtype}")
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64), ()
