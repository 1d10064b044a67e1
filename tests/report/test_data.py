from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fairmeter.errors import BundleError
from fairmeter.report import Report, load
from fairmeter.report.outcome import STATES

if TYPE_CHECKING:
    from tests.report.conftest import FinishedRun

Altered = Callable[..., Path]


def test_load__a_run__sums_are_the_ledgers(report: Report, finished: FinishedRun) -> None:
    sums = json.loads((finished.directory / "run.json").read_text())
    for state in STATES:
        assert report.bills[state].sum() == sums[f"amount_{state}"]
    assert report.bills["amount"].sum() == sums["amount_billed"]
    assert report.gas["gas"].sum() == sums["gas_used"]
    assert report.gas["transactions"].sum() == sums["transactions"]


def test_load__a_run__bills_are_those_of_the_file(report: Report, finished: FinishedRun) -> None:
    columns = ["bill_id", "customer_id", "utility", "supplier", "quantity", "amount"]
    file = pl.read_parquet(finished.bills).with_columns(pl.col("bill_id").cast(pl.String)).select(columns)
    assert report.bills.select(columns).sort("bill_id").equals(file.sort("bill_id"))


def test_money__a_run__partitions_the_bills(report: Report) -> None:
    money = report.money()
    assert money["bills"].sum() == len(report.bills)
    assert money.select(pl.sum_horizontal(STATES) == pl.col("amount")).to_series().all()


def test_appeals__a_run__are_the_appealed_bills(report: Report) -> None:
    assert report.appeals()["bills"].sum() == report.manifest["sums"]["appealed"] > 0


def test_arrears__a_run__still_owed_is_what_is_in_arrears(report: Report) -> None:
    assert report.arrears()["arrears"].sum() == report.manifest["sums"]["amount_arrears"]


def test_load__a_bundle_alone__the_same_without_the_clock(
    report: Report, finished: FinishedRun, tmp_path: Path
) -> None:
    shutil.copytree(finished.directory / "bundle", tmp_path / "moved")
    alone = load(tmp_path / "moved")
    assert alone.bills.equals(report.bills)
    assert alone.result == {}


def test_load__no_bundle__named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="holds no bundle"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["bills.parquet", "verdicts.parquet", "logs.parquet", "compiler-input.json"])
def test_load__one_byte_changed__names_the_file(finished: FinishedRun, tmp_path: Path, name: str) -> None:
    shutil.copytree(finished.directory / "bundle", tmp_path / "bundle")
    path = tmp_path / "bundle" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(BundleError, match=name):
        load(tmp_path)


def test_load__other_sums__refused(altered: Altered, report: Report) -> None:
    sums = {**report.manifest["sums"], "amount_settled": report.manifest["sums"]["amount_settled"] + 1}
    with pytest.raises(BundleError, match=r"amount_settled is .* but its events sum to"):
        load(altered(sums=sums))


def test_load__a_manifest_without_a_field__refused(altered: Altered) -> None:
    with pytest.raises(BundleError, match="presets"):
        load(altered(scenario={"seed": 1, "policy": "trend", "rate": 0}))


def test_load__a_transaction_without_a_receipt__refused(altered: Altered) -> None:
    def drop(name: str, table: pl.DataFrame) -> pl.DataFrame:
        return table.slice(1) if name == "transactions" else table

    with pytest.raises(BundleError, match="do not name the same transactions"):
        load(altered(drop))


def test_load__a_verdict_without_its_bill__refused(altered: Altered) -> None:
    def drop(name: str, table: pl.DataFrame) -> pl.DataFrame:
        return table.slice(1) if name == "bills" else table

    with pytest.raises(BundleError, match=r"verdicts\.parquet has other bills"):
        load(altered(drop))


def test_load__run_json_that_is_none__refused(altered: Altered) -> None:
    directory = altered()
    (directory / "run.json").write_text("{")
    with pytest.raises(BundleError, match=r"run\.json is not JSON"):
        load(directory)
