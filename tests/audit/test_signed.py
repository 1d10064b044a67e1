"""Mandates by which only signed readings count, audited: every bill of theirs was judged by what the meter operator
signed, or by nothing when its time was over."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.audit.conftest import Forger

from fairmeter import report
from fairmeter.audit import audit
from fairmeter.model import Decision
from fairmeter.simulation import Scenario, run
from fairmeter.simulation.scenario import Conduct, Customers, Meters, OperatorGroup, Operators, Watchers
from fairmeter.units import METER_TIME, PPM
from fairmeter.usage import write_fleet

ALL = Customers(disclosing=PPM, demanding=PPM)
FORGERS = Operators(3, 2, groups=(OperatorGroup(2, Conduct.FORGE),))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, fastest: str) -> dict[str, Path]:
    """All customers demand signed readings: there are some; there are none; there are none, and all operators lie."""
    folder = tmp_path_factory.mktemp("signed")
    usage, bills = write_fleet(folder / "fleet", 6, 14, seed=2)
    scenarios = {
        "plain": Scenario(),
        "signed": Scenario(customers=ALL, meters=Meters(signed=True)),
        "unsigned": Scenario(customers=ALL),
        "forged": Scenario(customers=ALL, operators=FORGERS, watchers=Watchers(1)),
    }
    for name, scenario in scenarios.items():
        run(usage, bills, folder / name, engine=fastest, scenario=scenario)
    return {name: folder / name for name in scenarios}


def decisions(folder: Path) -> pl.DataFrame:
    """Of each bill of the file."""
    bills, verdicts = (pl.read_parquet(folder / f"bundle/{name}.parquet") for name in ("bills", "verdicts"))
    return bills.join(verdicts, on=["batch", "index"]).select("bill_id", "decision").sort("bill_id")


@pytest.mark.parametrize("name", ["signed", "unsigned", "forged"])
def test_audit__signed_readings_demanded__passes(runs: dict[str, Path], name: str, no_compiler: None) -> None:
    del no_compiler
    result = audit(runs[name], expect=runs[name] / "anchors.json")
    assert result.passed, [str(finding) for finding in result.findings]
    checked = next(check for check in result.checks if check.name == "signed")
    assert checked.count == len(pl.read_parquet(runs[name] / "bundle/bills.parquet"))


def test_demanded__both_ways__tells_how_many_had_signatures(runs: dict[str, Path]) -> None:
    bills = len(pl.read_parquet(runs["signed"] / "bundle/bills.parquet"))
    for name, readings in (("signed", "signed"), ("unsigned", "not signed")):
        assert report.load(runs[name]).demanded().select("readings", "bills").rows() == [(readings, bills)]
    assert report.load(runs["plain"]).demanded().is_empty()


def test_run__readings_are_signed__judged_as_without_the_demand(runs: dict[str, Path]) -> None:
    assert decisions(runs["signed"]).equals(decisions(runs["plain"]))


def test_run__nobody_signs__insufficient_when_the_meters_time_is_over(runs: dict[str, Path]) -> None:
    assert decisions(runs["unsigned"])["decision"].unique().to_list() == [int(Decision.INSUFFICIENT)]
    sent = pl.read_parquet(runs["unsigned"] / "bundle/transactions.parquet")
    of = {
        name: sent.filter(pl.col("label") == name)["timestamp"]
        for name in ("PaymentLedger.postBills", "VerdictGate.submitVerdicts")
    }
    posted, judged = of.values()
    assert (judged - posted >= METER_TIME).all()


def test_run__nobody_signs_and_operators_lie__each_lie_is_void(runs: dict[str, Path]) -> None:
    wrongs = pl.read_parquet(runs["forged"] / "wrongs.parquet")
    assert len(wrongs) > 0
    assert wrongs["mechanism"].unique().to_list() == ["demand"]


def other_byte(row: dict[str, Any], name: str) -> None:
    row[name] = bytes([row[name][0] ^ 1]) + row[name][1:]


def later(row: dict[str, Any]) -> None:
    row["issued_at"] += 10**9


@pytest.mark.parametrize(
    "change",
    [
        lambda row: other_byte(row, "signature"),
        lambda row: other_byte(row, "readings"),
        lambda row: row.update(index=row["index"] + 10**4),
        later,
    ],
    ids=["signature", "readings", "not there", "issued later"],
)
def test_finding__not_what_the_meter_operator_signed__is_found(
    runs: dict[str, Path], tmp_path: Path, change: Callable[[dict[str, Any]], None], no_compiler: None
) -> None:
    del no_compiler
    shutil.copytree(runs["signed"], tmp_path / "run")
    forger = Forger(tmp_path / "run")
    forger.manifest["chain"]["genesis"] = None
    assert forger.found() is None
    forger.edit("snapshots", 0, change)
    finding = forger.found()
    assert finding is not None
    assert finding.check == "signed", str(finding)
