"""Who is reminded where: the operator's own table of its customers, which never goes on chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

import polars as pl

from fairmeter.errors import BadRow, InputError
from fairmeter.privacy import Custody, Kind
from fairmeter.reminders.templates import LANGUAGES

COLUMNS: Final = ("account", "name", "language", "channel", "address")
CHANNELS: Final = ("file", "smtp", "webhook")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One customer, as it wants to be reached."""

    name: str
    language: str
    channel: str
    address: str
    timezone: str | None
    """None for the operator's own."""


def load_directory(path: Path, custody: Custody) -> Mapping[int, Recipient]:
    """By account, from a .csv or .parquet file, sealed or not, with COLUMNS and, where known, timezone. Raises
    InputError, naming the rows, for anything that is wrong in it."""
    frame = custody.read(path, Kind.CONTACTS)
    if absent := [name for name in COLUMNS if name not in frame.columns]:
        raise InputError(f"{path}: the columns {', '.join(absent)} are missing")
    if "timezone" not in frame.columns:
        frame = frame.with_columns(timezone=pl.lit(None, pl.String))
    known = frame.with_row_index("row", 1)
    if bad := _bad_rows(known):
        raise InputError(f"{path}: rows are wrong", bad)
    rows = frame.select(pl.col("account").cast(pl.Int64), *COLUMNS[1:], "timezone").rows()
    return {account: Recipient(*rest) for account, *rest in rows}


def _bad_rows(frame: pl.DataFrame) -> list[BadRow]:
    number = pl.col("account").cast(pl.Int64, strict=False)
    rules = {
        "account": (number.is_null() | (number < 1) | number.is_duplicated(), "expected a number that stands once"),
        "name": (pl.col("name").is_null(), "is missing"),
        "language": (~pl.col("language").is_in(LANGUAGES) | pl.col("language").is_null(), f"expected {LANGUAGES}"),
        "channel": (~pl.col("channel").is_in(CHANNELS) | pl.col("channel").is_null(), f"expected {CHANNELS}"),
        "address": (
            pl.col("address").is_null() | pl.col("address").cast(pl.String).str.contains(r"[\s,;]|^$"),
            "expected one address without spaces",
        ),
        "timezone": (
            pl.col("timezone").is_not_null() & ~pl.col("timezone").is_in(sorted(available_timezones())),
            "expected a zone as Asia/Shanghai",
        ),
    }
    return [
        BadRow(row, column, problem)
        for column, (wrong, problem) in rules.items()
        for row in frame.filter(wrong)["row"].to_list()
    ]
