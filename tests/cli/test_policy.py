"""Runs by the calibrated policy from the command line, and two runs side by side."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from typer.testing import CliRunner

from fairmeter import cli
from fairmeter.bundle import MODEL, Bundle, file_hash
from fairmeter.errors import InputError

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke, JsonOf, Refused


@pytest.fixture(scope="module")
def calibrated_fleet(modest_fleet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The readings of all customers, the bills of a few."""
    folder = tmp_path_factory.mktemp("few")
    shutil.copy(modest_fleet / "usage.parquet", folder)
    bills = pl.read_parquet(modest_fleet / "bills.parquet")
    few = bills["customer_id"].unique().sort().head(6)
    bills.filter(pl.col("customer_id").is_in(few.implode())).write_parquet(folder / "bills.parquet")
    return folder


CALIBRATED = ("--policy", "calibrated", "--rate", "0.1")


def arguments(folder: Path, out: Path) -> tuple[object, ...]:
    return ("run", "--usage", folder / "usage.parquet", "--bills", folder / "bills.parquet", "--out", out)


@pytest.fixture(scope="module")
def calibrated(calibrated_fleet: Path, fastest: str) -> tuple[Path, dict[str, Any]]:
    """A run by a policy that it fitted itself, and what `run --json` printed."""
    out = calibrated_fleet / "run"
    call = (*arguments(calibrated_fleet, out), *CALIBRATED, "--engine", fastest, "--json")
    return out, json.loads(CliRunner().invoke(cli.app, [*map(str, call)], catch_exceptions=False).stdout)


def test_run__model_of_a_run_on_another_engine__the_same_bundle_with_it(
    json_of: JsonOf, calibrated: tuple[Path, dict[str, Any]], calibrated_fleet: Path, fastest: str, tmp_path: Path
) -> None:
    if fastest == "eth-tester":
        pytest.skip("NOT TESTED: eth-wake is not installed")
    one, other = calibrated[0] / "bundle", tmp_path / "run" / "bundle"
    given = (*CALIBRATED, "--model", one / MODEL, "--engine", "eth-tester")
    json_of(*arguments(calibrated_fleet, tmp_path / "run"), *given)
    names = sorted(path.name for path in one.iterdir())
    assert {name: file_hash(one / name) for name in names} == {name: file_hash(other / name) for name in names}
    scenario = json.loads((one / "manifest.json").read_text())["scenario"]
    assert (scenario["policy"], scenario["rate"]) == ("calibrated", 100_000)
    bundle = Bundle(one)
    assert len(bundle.table("features")) == len(bundle.table("bills"))


def test_report__beside_another_run__both_sides_add_up(
    json_of: JsonOf,
    invoke: Invoke,
    refused: Refused,
    calibrated: tuple[Path, dict[str, Any]],
    calibrated_fleet: Path,
    fastest: str,
    tmp_path: Path,
) -> None:
    shutil.copytree(calibrated[0], tmp_path / "calibrated")
    trend = json_of(*arguments(calibrated_fleet, tmp_path / "trend"), "--engine", fastest)
    runs = {"calibrated": calibrated[1], "trend": trend}
    reported = json_of("report", tmp_path / "calibrated", "--beside", tmp_path / "trend")
    sides = dict(zip(runs, reported["beside"], strict=True))
    for name, printed in runs.items():
        assert sides[name]["policy"].startswith(f"{name} at ")
        assert sides[name]["appealed"] == printed["appealed"]
        assert sides[name]["amount_recovered"] == printed["amount_void"]
    text = invoke("report", tmp_path / "calibrated", "--beside", tmp_path / "trend").stdout
    assert "side by side" in text
    page = (tmp_path / "calibrated" / "report.html").read_text()
    assert "Side by side" in page
    assert "Side by side" not in (tmp_path / "trend" / "report.html").read_text()

    bills = pl.read_parquet(calibrated_fleet / "bills.parquet")
    (tmp_path / "fewer").mkdir()
    shutil.copy(calibrated_fleet / "usage.parquet", tmp_path / "fewer")
    bills.head(len(bills) - 3).write_parquet(tmp_path / "fewer" / "bills.parquet")
    json_of(*arguments(tmp_path / "fewer", tmp_path / "other"), "--engine", fastest)
    said = refused(InputError.exit_code, "report", tmp_path / "trend", "--beside", tmp_path / "other")
    assert "is a run of other bills" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--rate", "0.1"), "--rate beside --policy trend"),
        (("--policy", "calibrated", "--preset", "1"), "--preset beside --policy calibrated"),
        (("--policy", "calibrated", "--model", "BILLS"), "not a calibrated policy"),
        (("--policy", "calibrated", "--model", "MISSING"), "cannot be read"),
    ],
)
def test_run__options_that_do_not_go_together__one_line_and_nothing_written(
    refused: Refused, fleet: Path, tmp_path: Path, given: tuple[str, ...], said: str
) -> None:
    paths = {"BILLS": fleet / "bills.parquet", "MISSING": tmp_path / "no.model"}
    options = [paths.get(one, one) for one in given]
    assert said in refused(InputError.exit_code, *arguments(fleet, tmp_path / "out"), *options)
    assert not (tmp_path / "out").exists()
