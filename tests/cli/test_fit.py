from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from typer.testing import CliRunner

from fairmeter import cli

if TYPE_CHECKING:
    from tests.cli.conftest import JsonOf, Refused


@pytest.fixture
def files(modest_fleet: Path) -> tuple[str, ...]:
    return "--usage", str(modest_fleet / "usage.parquet"), "--bills", str(modest_fleet / "bills.parquet")


@pytest.fixture(scope="module")
def fitted(modest_fleet: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A model's file, and what `fit --json` printed."""
    out = tmp_path_factory.mktemp("model") / "a.model"
    call = ("fit", "--usage", modest_fleet / "usage.parquet", "--out", out, "--seed", 3, "--json")
    return out, json.loads(CliRunner().invoke(cli.app, [*map(str, call)], catch_exceptions=False).stdout)


def test_fit__then_verdict__as_if_fitted_on_the_spot(
    json_of: JsonOf, fitted: tuple[Path, dict[str, Any]], files: tuple[str, ...], tmp_path: Path
) -> None:
    model, printed = fitted
    assert printed["model"] == hashlib.sha256(model.read_bytes()).hexdigest()
    policy = ("verdict", *files, "--policy", "calibrated")
    loaded = json_of(*policy, "--out", tmp_path / "loaded.parquet", "--model", model)
    fresh = json_of(*policy, "--out", tmp_path / "fresh.parquet", "--seed", 3)
    assert loaded["model"] == fresh["model"] == printed["model"]
    assert pl.read_parquet(tmp_path / "loaded.parquet").equals(pl.read_parquet(tmp_path / "fresh.parquet"))
    assert loaded["earlier"] == loaded["bills"]


def test_fit__before_a_day__no_later_reading_and_it_says_so(
    json_of: JsonOf, files: tuple[str, ...], tmp_path: Path
) -> None:
    day = pl.read_parquet(files[3])["period_start"].sort()[-1]
    usage = tmp_path / "past.parquet"
    pl.read_parquet(files[1]).filter(pl.col("date") < day).write_parquet(usage)
    cut = json_of("fit", *files[:2], "--out", tmp_path / "cut.model", "--before", day)
    past = json_of("fit", "--usage", usage, "--out", tmp_path / "past.model")
    assert (cut["model"], cut["readings"], cut["until"]) == (past["model"], past["readings"], day.isoformat())
    judged = json_of(
        "verdict", *files, "--policy", "calibrated", "--model", tmp_path / "cut.model", "--out", tmp_path / "v.parquet"
    )
    assert judged["earlier"] == (pl.read_parquet(files[3])["period_start"] < day).sum()


def test_verdict__a_foreign_or_changed_model__one_line_and_nothing_written(
    refused: Refused, fitted: tuple[Path, dict[str, Any]], files: tuple[str, ...], tmp_path: Path
) -> None:
    content = bytearray(fitted[0].read_bytes())
    content[5000] ^= 1
    (tmp_path / "changed.model").write_bytes(content)
    policy = ("verdict", *files, "--policy", "calibrated", "--out", tmp_path / "v.parquet", "--model")
    assert "damaged" in refused(2, *policy, tmp_path / "changed.model")
    assert "not a calibrated policy" in refused(2, *policy, files[1])
    assert "cannot be read" in refused(2, *policy, tmp_path / "none.model")
    assert not (tmp_path / "v.parquet").exists()


def test_fit__wrong_output__refused_before_it_fits(refused: Refused, files: tuple[str, ...], tmp_path: Path) -> None:
    assert ".model" in refused(2, "fit", *files[:2], "--out", tmp_path / "model.pickle")


def test_verdict__an_option_without_effect__refused(refused: Refused, files: tuple[str, ...], tmp_path: Path) -> None:
    call = ("verdict", *files, "--out", tmp_path / "v.parquet")
    assert "--model, --seed beside --policy trend" in refused(2, *call, "--model", "a.model", "--seed", 1)
    assert "--preset beside --policy calibrated" in refused(2, *call, "--policy", "calibrated", "--preset", 1)
    assert "--seed beside --model" in refused(2, *call, "--policy", "calibrated", "--model", "a.model", "--seed", 1)
