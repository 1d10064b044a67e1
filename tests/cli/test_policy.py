"""Runs by the calibrated policy from the command line, and two runs side by side."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fairmeter.bundle import MODEL, Bundle, file_hash
from fairmeter.errors import InputError

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke, JsonOf, Refused


@pytest.fixture(scope="module")
def calibrated_fleet(large_fleet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The readings of many customers, the bills of a few, and a model of theirs."""
    folder = tmp_path_factory.mktemp("few")
    shutil.copy(large_fleet / "usage.parquet", folder)
    bills = pl.read_parquet(large_fleet / "bills.parquet")
    few = bills["customer_id"].unique().sort().head(6)
    bills.filter(pl.col("customer_id").is_in(few.implode())).write_parquet(folder / "bills.parquet")
    return folder


def arguments(folder: Path, out: Path) -> tuple[object, ...]:
    return ("run", "--usage", folder / "usage.parquet", "--bills", folder / "bills.parquet", "--out", out)


def test_run__policy_calibrated_on_any_engine__the_same_bundle_with_its_model(
    json_of: JsonOf, invoke: Invoke, calibrated_fleet: Path, tmp_path: Path
) -> None:
    pytest.importorskip("wake_rs", reason="eth-wake is not installed")
    model = tmp_path / "a.model"
    assert invoke("fit", "--usage", calibrated_fleet / "usage.parquet", "--out", model).exit_code == 0
    for engine in ("eth-tester", "revm"):
        given = ("--policy", "calibrated", "--rate", "0.1", "--model", model, "--engine", engine)
        json_of(*arguments(calibrated_fleet, tmp_path / engine), *given)
    one, other = (tmp_path / engine / "bundle" for engine in ("eth-tester", "revm"))
    names = sorted(path.name for path in one.iterdir())
    assert {name: file_hash(one / name) for name in names} == {name: file_hash(other / name) for name in names}
    assert (one / MODEL).read_bytes() == model.read_bytes()
    scenario = json.loads((one / "manifest.json").read_text())["scenario"]
    assert (scenario["policy"], scenario["rate"]) == ("calibrated", 100_000)
    bundle = Bundle(one)
    assert len(bundle.table("features")) == len(bundle.table("bills"))


def test_report__beside_another_run__both_sides_add_up(
    json_of: JsonOf, invoke: Invoke, refused: Refused, calibrated_fleet: Path, tmp_path: Path
) -> None:
    given = ("--policy", "calibrated", "--rate", "0.1")
    runs = {
        "calibrated": json_of(*arguments(calibrated_fleet, tmp_path / "calibrated"), *given),
        "trend": json_of(*arguments(calibrated_fleet, tmp_path / "trend")),
    }
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
    json_of(*arguments(tmp_path / "fewer", tmp_path / "other"))
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
