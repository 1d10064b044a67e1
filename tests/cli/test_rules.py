"""Screening rules from the command line: made, run, audited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fairmeter.errors import InputError

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke, JsonOf, Refused


@pytest.fixture(scope="module")
def rules(large_fleet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.cli.conftest import _json_of  # noqa: PLC0415

    out = tmp_path_factory.mktemp("rules") / "rules.json"
    _json_of("rules", *_inputs(large_fleet), "--out", out, "--rate", 0.02)
    return out


def _inputs(folder: Path) -> tuple[object, ...]:
    return "--usage", folder / "usage.parquet", "--bills", folder / "bills.parquet"


def test_run__rules_alone_and_beside_the_trend__appeal_and_are_reported(
    json_of: JsonOf, invoke: Invoke, large_fleet: Path, rules: Path, tmp_path: Path, fastest: str
) -> None:
    given = ("--engine", fastest, "--rules", rules)
    ran = json_of("run", *_inputs(large_fleet), "--out", tmp_path / "alone", "--policy", "screening", *given)
    beside = json_of("run", *_inputs(large_fleet), "--out", tmp_path / "beside", *given)
    assert 0 < ran["appealed"] < beside["appealed"]
    scenario = json.loads((tmp_path / "alone" / "bundle" / "manifest.json").read_text())["scenario"]
    assert all(one["alone"] for one in scenario["screening"])
    fired = json_of("report", tmp_path / "alone")["rules_fired"]
    assert fired
    assert "Screening rules that fired" in invoke("report", tmp_path / "alone").stdout


def test_rules__before_a_day__tell_nothing_of_later_bills(
    json_of: JsonOf, refused: Refused, large_fleet: Path, tmp_path: Path
) -> None:
    out = tmp_path / "early.json"
    said = refused(InputError.exit_code, "rules", *_inputs(large_fleet), "--out", out, "--before", "1990-01-01")
    assert "no bill ends before 1990-01-01" in said
    assert not out.exists()
    assert json_of("rules", *_inputs(large_fleet), "--out", out)["rules"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "there are no rules"), ("{", "is not JSON"), ('{"classes": []}', "accounts: Field required")],
)
def test_run__rules_that_are_none__one_line_and_nothing_written(
    refused: Refused, fleet: Path, tmp_path: Path, content: str | None, said: str
) -> None:
    given: tuple[object, ...] = ()
    if content is not None:
        (tmp_path / "rules.json").write_text(content)
        given = ("--rules", tmp_path / "rules.json")
    arguments = ("run", *_inputs(fleet), "--out", tmp_path / "out", "--policy", "screening", *given)
    assert said in refused(InputError.exit_code, *arguments)
    assert not (tmp_path / "out").exists()


def test_verdict__rules_alone_and_beside_another_policy__as_a_run_would(
    json_of: JsonOf, refused: Refused, large_fleet: Path, rules: Path, tmp_path: Path
) -> None:
    out, given = tmp_path / "verdicts.parquet", ("--rules", rules)
    trend = json_of("verdict", *_inputs(large_fleet), "--out", tmp_path / "trend.parquet")
    beside = json_of("verdict", *_inputs(large_fleet), "--out", out, *given)
    assert beside["beside"] == "trend"
    assert beside["appeal"] >= trend["appeal"]
    reasons = pl.read_parquet(out).filter(pl.col("decision") == "APPEAL")["reason"]
    assert reasons.null_count() == 0
    assert reasons.str.contains("the class has").sum() > 0
    alone = json_of("verdict", *_inputs(large_fleet), "--out", out, "--policy", "screening", *given)
    assert alone["appeal"] < trend["appeal"]
    said = refused(InputError.exit_code, "verdict", *_inputs(large_fleet), "--out", out, "--policy", "screening")
    assert "there are no rules" in said
