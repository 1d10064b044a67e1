from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fairmeter.report import READINGS, Report, billed_readings, load
from fairmeter.report.readings import LARGEST
from fairmeter.units import date_of
from fairmeter.usage import load_usage

if TYPE_CHECKING:
    from tests.report.conftest import FinishedRun


def _from_file(file: pl.DataFrame, bill: dict[str, object], first: int, days: int) -> list[float | None]:
    """The readings by a plain lookup, day by day."""
    mine = file.filter(customer_id=bill["customer_id"], utility=bill["utility"])
    by_date = dict(zip(mine["date"], mine["quantity"], strict=True))
    return [by_date.get(date_of(first + day)) for day in range(days)]


def _plain(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def test_largest__a_run__the_appealed_bills_of_the_largest_amounts(report: Report) -> None:
    amounts = report.bills.filter(pl.col("appeal").is_not_null())["amount"].sort(descending=True)
    assert [appeal.bill["amount"] for appeal in report.largest] == amounts.head(LARGEST).to_list()
    assert len(report.largest) > 0


def test_largest__a_run__readings_of_both_years_are_the_files(report: Report, finished: FinishedRun) -> None:
    file = pl.read_parquet(finished.usage)
    for appeal in report.largest:
        bill = appeal.bill
        assert _plain(appeal.last_year) == _from_file(file, bill, appeal.reference_start, len(appeal.last_year))
        assert _plain(appeal.this_year) == _from_file(file, bill, bill["start"], bill["days"])


def test_largest__a_bundle_without_readings_beside_it__this_year_unknown(finished: FinishedRun, tmp_path: Path) -> None:
    shutil.copytree(finished.directory, tmp_path / "run", ignore=shutil.ignore_patterns(READINGS))
    for appeal in load(tmp_path / "run").largest:
        assert np.isnan(appeal.this_year).all()
        assert len(appeal.this_year) == appeal.bill["days"]


def test_largest__a_day_without_a_reading__a_gap(altered: Callable[..., Path]) -> None:
    def lose_first_and_third_day(name: str, table: pl.DataFrame) -> pl.DataFrame:
        return table.with_columns(missing=pl.lit(bytes(11) + b"\x05")) if name == "evidence" else table

    for appeal in load(altered(lose_first_and_third_day)).largest:
        assert np.flatnonzero(np.isnan(appeal.last_year)).tolist() == [0, 2]


def test_billed_readings__a_run__a_usage_file_of_the_billed_days(report: Report, finished: FinishedRun) -> None:
    kept = load_usage(finished.directory / READINGS)
    expected = billed_readings(report.largest, load_usage(finished.usage))
    assert len(kept) == len(expected) > 0


def test_billed_readings__no_appeals__no_rows(finished: FinishedRun) -> None:
    assert len(billed_readings((), load_usage(finished.usage))) == 0
