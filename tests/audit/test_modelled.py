"""Verdicts that a model made, audited: its bytes, each bill's figures, what it says of them, and the decision."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.audit.conftest import Bench, Forger
from tests.conftest import once

from fairmeter.audit import Finding, audit
from fairmeter.audit.batches import Judging
from fairmeter.audit.modelled import WalkedForest, _walked
from fairmeter.bundle import MODEL, Bundle
from fairmeter.contracts.attesting import verdict_commitment
from fairmeter.contracts.packing import pack_verdicts, unpack_verdicts
from fairmeter.model import Decision, Verdicts
from fairmeter.simulation import Scenario, run
from fairmeter.simulation.scenario import PolicyName
from fairmeter.usage import write_fleet
from fairmeter.verdict.calibrated import CalibratedModel, read, write
from fairmeter.verdict.calibrated.batch import FEATURES

RATE = 200_000
"""High, so that few bills have some appeals among them."""


@dataclass(frozen=True)
class ModelledRun:
    folder: Path
    usage: Path
    model: Path
    """Another one than judged."""


def scenario() -> Scenario:
    return Scenario(policy=PolicyName.CALIBRATED, rate=RATE)


@pytest.fixture(scope="module")
def modelled_run(tmp_path_factory: pytest.TempPathFactory) -> ModelledRun:
    """Bills of a few customers, one of whom is new, judged by a model fitted to the time before the first bill."""
    folder = once(tmp_path_factory, "modelled", _make_modelled_run)
    return ModelledRun(folder / "run", folder / "usage.parquet", folder / "other.model")


def _make_modelled_run(folder: Path) -> None:
    fleet, bills = write_fleet(folder / "fleet", 24, 14, seed=2)
    billed = pl.read_parquet(bills)
    customers = sorted(billed["customer_id"].unique())
    new = customers[0]
    first = billed["period_start"].min()
    assert isinstance(first, dt.date)
    readings = pl.read_parquet(fleet).filter(
        (pl.col("customer_id") != new) | (pl.col("date") >= first - dt.timedelta(days=40))
    )
    readings.write_parquet(folder / "usage.parquet")
    billed.filter(pl.col("customer_id").is_in(customers[:7])).write_parquet(folder / "bills.parquet")
    run(folder / "usage.parquet", folder / "bills.parquet", folder / "run", scenario=scenario())
    judged = read((folder / "run" / "bundle" / MODEL).read_bytes())
    (folder / "other.model").write_bytes(write(replace(judged, usual=judged.usual + 1)))


@pytest.fixture
def forger(tmp_path: Path, modelled_run: ModelledRun, no_compiler: None) -> Forger:
    del no_compiler
    shutil.copytree(modelled_run.folder, tmp_path / "run")
    return Forger(tmp_path / "run")


@pytest.fixture
def bench(modelled_run: ModelledRun) -> Bench:
    return Bench(modelled_run.folder)


def found(finding: Finding | None, check: str) -> Finding:
    assert finding is not None
    assert finding.check == check, finding
    return finding


def test_audit__calibrated_run__passes_with_anchors_and_source(modelled_run: ModelledRun, no_compiler: None) -> None:
    del no_compiler
    result = audit(modelled_run.folder, usage=modelled_run.usage, expect=modelled_run.folder / "anchors.json")
    assert result.passed, [str(finding) for finding in result.findings]
    bills = pl.read_parquet(modelled_run.folder / "bundle/bills.parquet")
    assert next(check for check in result.checks if check.name == "model").count == len(bills)


def test_run__new_customer__judged_like_the_others(modelled_run: ModelledRun) -> None:
    decided = pl.read_parquet(modelled_run.folder / "bundle/verdicts.parquet")["decision"]
    assert set(decided) == {int(Decision.PAY), int(Decision.APPEAL)}


def test_audit__another_model_in_the_bundle__found(forger: Forger, modelled_run: ModelledRun) -> None:
    shutil.copy(modelled_run.model, forger.folder / MODEL)
    finding = found(forger.found(), "model")
    assert "on chain" in finding.expected


def test_audit__no_model_in_the_bundle__found(forger: Forger) -> None:
    (forger.folder / MODEL).unlink()
    del forger.manifest["files"][MODEL]
    finding = found(forger.found(), "model")
    assert finding.found == "no such file"


@pytest.mark.parametrize("column", ["mean_28", "age", "companions"])
def test_audit__figure_of_a_bill_changed__found(forger: Forger, column: str) -> None:
    place = 8 * (FEATURES.index(column) if column in FEATURES else len(FEATURES) - 1)

    def change(row: dict[str, Any]) -> None:
        figures = bytearray(row["figures"])
        figures[place + 3] ^= 0x10
        row["figures"] = bytes(figures)

    forger.edit("features", 3, change)
    finding = found(forger.found(), "model")
    assert finding.where.endswith("features")


def test_audit__figures_left_out__found(forger: Forger) -> None:
    forger.rewrite("features", lambda rows: rows[:-1])
    found(forger.found(), "model")


def test_audit__figures_of_no_bill__found(forger: Forger) -> None:
    forger.rewrite("features", lambda rows: [*rows, rows[-1]])
    found(forger.found(), "model")


def test_audit__customer_renamed__found(forger: Forger, modelled_run: ModelledRun) -> None:
    """Whose trees judged a bill follows from its customer's name, and its readings too."""

    def rename(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = sorted({row["customer_id"] for row in rows})
        return [
            {**row, "customer_id": names[1] if row["customer_id"] == names[0] else row["customer_id"]} for row in rows
        ]

    forger.rewrite("bills", rename)
    assert forger.found(usage=modelled_run.usage) is not None


@pytest.mark.parametrize("change", ["decision", "actual_ppm", "expected_ppm"])
def test_judgements__verdict_other_than_the_statement_gives__found(bench: Bench, change: str) -> None:
    def flipped(judging: Judging) -> Judging:
        columns = unpack_verdicts(judging.verdicts)
        values = {name: getattr(columns, name).copy() for name in ("decision", "actual_ppm", "expected_ppm")}
        values[change][0] = 3 - values[change][0] if change == "decision" else values[change][0] + 1
        verdicts = pack_verdicts(_columns(values))
        return replace(judging, verdicts=verdicts, commitment=verdict_commitment(verdicts))

    forge_table(bench, flipped)
    found(bench.found(flipped), "recompute")


def forge_table(bench: Bench, changed: Callable[[Judging], Judging]) -> None:
    """The table of verdicts as the forger would write it."""
    columns = unpack_verdicts(changed(bench.batches.judgings[0]).verdicts)
    table = bench.bundle.table("verdicts")
    frame = pl.DataFrame(pl.from_arrow(table))
    n = len(columns.decision)
    head = frame.head(n).with_columns(
        *(pl.Series(name, columns.decision.astype(np.int8)) for name in ("decision", "decided")),
        pl.Series("actual_ppm", columns.actual_ppm),
        pl.Series("expected_ppm", columns.expected_ppm),
    )
    forged = pl.concat([head, frame.slice(n)]).to_arrow().cast(table.schema)
    bench.bundle = _Forged(bench.bundle.folder, forged)


class _Forged(Bundle):
    """A bundle with another table of verdicts."""

    def __init__(self, folder: Path, verdicts: Any) -> None:
        super().__init__(folder)
        self._verdicts = verdicts

    def row_groups(self, name: str, columns: Any = None, batches: Any = None) -> Any:
        return iter([self._verdicts]) if name == "verdicts" else super().row_groups(name, columns, batches)


def _columns(values: dict[str, Any]) -> Any:
    every = np.ones(len(values["decision"]), np.bool_)
    return Verdicts(values["decision"], values["actual_ppm"], values["expected_ppm"], every, every, every)


def test_walked_forest__any_matrix__the_sum_that_scikit_learn_gives(modelled_run: ModelledRun) -> None:
    model: CalibratedModel = read(modelled_run.model.read_bytes())
    generator = np.random.default_rng(5)
    for ours, theirs in zip(_walked(model).folds, model.folds, strict=True):
        for name in ("location", "scale", "fault"):
            walked, forest = getattr(ours, name), getattr(theirs, name)
            assert isinstance(walked, WalkedForest)
            matrix = generator.normal(0, 3, (200, forest.width))
            matrix[generator.random(matrix.shape) < 0.2] = np.nan
            np.testing.assert_array_equal(walked(matrix), forest(matrix))
