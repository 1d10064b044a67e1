"""A customer's credit data, from the tables that have everybody's: a field each, as bytes to seal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import polars as pl

from fairmeter.errors import InputError
from fairmeter.privacy import Custody, Kind
from fairmeter.vault.fields import Field

ACCOUNT: Final = "account"
CUSTOMER: Final = "customer_id"
REASONS: Final = "reasons"


def collect(
    customer: str,
    custody: Custody,
    *,
    scores: Path | None = None,
    payments: Path | None = None,
    usage: Path | None = None,
) -> dict[Field, bytes]:
    """What the given files have of a customer: grade (a JSON object) and reasons (text) of its row of scores, sealed or
    not, as `fairmeter score` writes them; payments and readings as CSV, without the customer's column.

    Raises InputError for a file that cannot be read, has no column of customers, or nothing of this one.
    """
    found: dict[Field, bytes] = {}
    if scores is not None:
        row = _rows(scores, custody.read(scores, Kind.SCORES).lazy(), ACCOUNT, customer).row(0, named=True)
        if REASONS in row:
            found[Field.REASONS] = str(row.pop(REASONS)).encode()
        found[Field.GRADE] = (json.dumps(row, default=str) + "\n").encode()
    for field, path in ((Field.PAYMENTS, payments), (Field.READINGS, usage)):
        if path is not None:
            found[field] = _rows(path, _scan(path), CUSTOMER, customer).write_csv().encode()
    if not found:
        raise InputError("nothing to collect from: give --scores, --payments or --usage")
    return found


def _scan(path: Path) -> pl.LazyFrame:
    if path.suffix not in {".csv", ".parquet"}:
        raise InputError(f"{path}: expected a .csv or .parquet file")
    try:
        return pl.scan_csv(path) if path.suffix == ".csv" else pl.scan_parquet(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _rows(path: Path, table: pl.LazyFrame, column: str, customer: str) -> pl.DataFrame:
    """A customer's, without its column."""
    try:
        rows = table.filter(pl.col(column).cast(pl.String) == customer).drop(column).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: expected a table with the column {column}: {str(error).splitlines()[0]}") from error
    if not len(rows):
        raise InputError(f"{path}: has nothing of {customer}")
    return rows
