"""The audit of a run with screening rules: what the contract decided is what the rules give, for every bill."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.audit.conftest import SEED, Bench, Forger, simulate

from fairmeter.audit import audit
from fairmeter.audit.screening import Screened
from fairmeter.report import load
from fairmeter.simulation.scenario import Screening

RULES = (
    Screening("electricity", amount=3_000_000, shortest=30, longest=45, source="5e" * 32),
    Screening("water", amount=1, alone=True, source="5e" * 32),
)
PAY, APPEAL = 1, 2


@pytest.fixture(scope="module")
def screened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("screened"), SEED, RULES)


@pytest.fixture
def forged(screened: Path, tmp_path: Path, no_compiler: None) -> Forger:
    del no_compiler
    shutil.copytree(screened, tmp_path / "run")
    return Forger(tmp_path / "run")


def test_audit__run_with_rules__passes_and_names_what_fired(screened: Path, no_compiler: None) -> None:
    del no_compiler
    result = audit(screened, expect=screened / "anchors.json", usage=screened.parent / "usage.parquet")
    assert result.passed, result.findings
    (check,) = [one for one in result.checks if one.name == "screening"]
    assert check.count == 12
    rules = load(screened).rules
    assert set(rules["rule"]) == {"amount", "too soon"}
    verdicts = pl.read_parquet(screened / "bundle" / "verdicts.parquet")
    assert (verdicts.filter(pl.col("decided") != pl.col("decision"))["decided"] == APPEAL).all()


def test_audit__other_rules_in_the_scenario__finds_them(forged: Forger) -> None:
    forged.manifest["scenario"]["screening"][0]["amount"] += 1
    finding = forged.found()
    assert finding is not None
    assert finding.check == "screening"


def test_audit__another_decision_in_the_table__finds_it(forged: Forger) -> None:
    forged.edit("verdicts", -1, lambda row: row.update(decided=PAY if row["decided"] == APPEAL else APPEAL))
    finding = forged.found()
    assert finding is not None
    assert (finding.check, "decided" in finding.where) == ("verdicts", True)


@pytest.mark.parametrize("change", ["dropped", "another value", "added"])
def test_screened__contract_that_says_otherwise__is_found(screened: Path, change: str) -> None:
    bench = Bench(screened / "bundle")
    told = bench.record.columns("ScreeningRules", "RuleFired")
    assert isinstance(told, dict)
    for name, column in list(told.items()):
        other = column[1:] if change == "dropped" else column.copy()
        if change == "another value" and name == "value":
            other[0] += 1
        told[name] = np.concatenate([other, other[-1:]]) if change == "added" else other
    check = Screened(bench.record, bench.batches, bench.parameters).check(bench.manifest.scenario)
    assert [one.check for one in check.findings] == ["screening"]
