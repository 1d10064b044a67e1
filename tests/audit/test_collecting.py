"""The audit of a run whose arrears are scored: what the register decided, what operators said, who was given up."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from tests.audit.conftest import rebuilt_of

from fairmeter.audit.collecting import Collecting, Told
from fairmeter.audit.findings import Check
from fairmeter.audit.invariants import Books, _debts
from fairmeter.bundle import BILL_TABLES, MANIFEST, Bundle
from fairmeter.contracts.collecting import Step
from fairmeter.report import load, to_json
from fairmeter.simulation import load_scenario, run
from fairmeter.usage import write_fleet

NAME = "Wang Fang <wang"
"""Of a customer and its address, with a number behind it."""
PERSONAL = ("Wang Fang", "<wang", "@home.example", "patience", "timezone")


def _named(path: Path) -> None:
    """The customers of a file as an operator may call them who takes no care."""
    frame = pl.read_parquet(path)
    frame.with_columns(customer_id=pl.lit(NAME) + pl.col("customer_id") + "@home.example>").write_parquet(path)


@pytest.fixture(scope="module")
def collected(root: Path, tmp_path_factory: pytest.TempPathFactory, fastest: str) -> Path:
    folder = tmp_path_factory.mktemp("arrears")
    usage, bills = write_fleet(folder / "fleet", 16, 16, seed=5)
    _named(usage)
    _named(bills)
    scenario = load_scenario(root / "docs" / "scenarios" / "arrears.toml")
    run(usage, bills, folder / "run", engine=fastest, scenario=scenario)
    return folder / "run"


@pytest.fixture
def collecting(collected: Path) -> Collecting:
    bundle = Bundle(collected)
    rebuilt = rebuilt_of(bundle)
    return Collecting(bundle, rebuilt.record, rebuilt)


def _first(check: Check) -> str:
    assert check.findings
    return check.findings[0].where


def test_run__arrears__nothing_of_a_customer_but_its_number_on_chain_or_in_what_was_scored(
    collected: Path,
) -> None:
    """Customers' names stand beside their bills alone; what scores come from are whole numbers that code it."""
    bundle = Bundle(collected)
    names = pl.read_parquet(collected.parent / "fleet" / "bills.parquet")["customer_id"].unique().to_list()
    assert all(name.startswith(NAME) for name in names)
    assert NAME in str(bundle.table("bills")["customer_id"].to_pylist())
    for table in BILL_TABLES:
        kept = bundle.table(table).drop_columns(["customer_id"] if table == "bills" else [])
        text = repr(kept.to_pylist()).encode()
        cells = b"".join(one for column in kept.columns if column.type == pa.binary() for one in column.to_pylist())
        assert [word for word in PERSONAL if word.encode() in text + cells] == [], table
    for name in (MANIFEST, "arrears.json"):
        content = (bundle.folder / name).read_text(encoding="utf-8")
        assert [word for word in PERSONAL if word in content] == [], name
    scores = bundle.table("scores")
    assert scores.column_names == ["round", "bill", "standing", "segment", "window"]
    assert all(pa.types.is_integer(field.type) for field in scores.schema)


def test_run__arrears__every_step_and_the_control_untreated(collected: Path, collecting: Collecting) -> None:
    told = collecting._told
    assert set(told.step.tolist()) == {Step.REMIND, Step.WAIT, Step.GIVE_UP}
    assert set(told.strategy.tolist()) == {0, 1, 2}
    assert (told.strategy[~told.scored] > 0).all()
    report = load(collected)
    assert report.collected is not None
    rows = {row["strategy"]: row for row in report.collected.strategies.to_dicts()}
    assert rows["control"]["contacts"] == rows["control"]["cost"] == 0
    assert sum(row["contacts"] for row in rows.values()) == (~told.scored).sum()
    assert sum(row["debts"] for row in rows.values()) == len(np.unique(told.bill))
    assert sum(row["given_up"] for row in rows.values()) == dict(report.collected.stages)["given up"]
    assert all(row["net"] == row["repaid"] - row["cost"] for row in rows.values())
    last = report.collected.course.group_by("strategy").last()
    for strategy, net in zip(last["strategy"], last["net"], strict=True):
        assert net == pytest.approx(rows[strategy]["net"] / rows[strategy]["owed"])
    assert to_json(report)["collected"]["strategies"] == report.collected.strategies.to_dicts()


@pytest.mark.parametrize("name", ["step", "contacts", "owed", "probability", "natural", "class_", "strategy"])
def test_check__another_word__found(collecting: Collecting, name: str) -> None:
    told = collecting._told
    row = int(np.flatnonzero(told.scored)[len(told.bill) // 3])
    values = getattr(told, name).copy()
    values[row] += 1
    collecting._told = dataclasses.replace(told, **{name: values})
    assert f"bill {told.bill[row] >> 16}/" in _first(collecting.check())


def test_check__debt_given_up_without_a_decision__found(collecting: Collecting) -> None:
    told = collecting._told
    step = np.where(told.step == Step.GIVE_UP, Step.WAIT, told.step).astype(np.int64)
    collecting._told = dataclasses.replace(told, step=step)
    found = [line for line in collecting._given_up() if line[1] == "a decision to give up"]
    assert found


def test_check__debt_not_given_up_though_decided__found(collecting: Collecting) -> None:
    given = collecting._record.ledger("ArrearsGivenUp")
    collecting._record._kept["PaymentLedger", "ArrearsGivenUp"] = [{name: one[1:] for name, one in given.items()}]
    assert any(where.endswith("given up") for where, _, _ in collecting._given_up())


def test_check__other_seed_revealed__found(collecting: Collecting, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = collecting._record.decoded

    def changed(contract: str, event: str) -> list[tuple[int, dict[str, Any]]]:
        found = decoded(contract, event)
        return [(at, one | {"seed": one["seed"] + 1}) for at, one in found] if event == "TestRevealed" else found

    monkeypatch.setattr(collecting._record, "decoded", changed)
    places = [where for where, _, _ in collecting._strategies()]
    assert places[0] == "class 1, test 1"
    assert any(where.endswith("strategy") for where in places)


def test_check__other_horizon__found(collecting: Collecting, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = collecting._record.decoded

    def changed(contract: str, event: str) -> list[tuple[int, dict[str, Any]]]:
        found = decoded(contract, event)
        return [(at, one | {"horizon": 500}) for at, one in found] if event == "HorizonSet" else found

    monkeypatch.setattr(collecting._record, "decoded", changed)
    places = [where for where, _, _ in collecting._lines()]
    assert any(where.endswith("horizon") for where in places)
    assert any(where.endswith("step") for where in places)


def test_check__other_features_or_table__found(collecting: Collecting, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = collecting._bundle
    table, content = bundle.table("scores"), bundle.model("arrears.json")
    assert content is not None
    changed = table.set_column(2, "standing", pa.array((table["standing"].to_numpy() + 1) % 3))
    monkeypatch.setattr(bundle, "table", lambda _: changed)
    assert _first(collecting.check()).startswith("scores.parquet, round ")
    monkeypatch.setattr(bundle, "model", lambda _: content.replace(b"1", b"2"))
    assert _first(collecting.check()) == "bundle, arrears.json"
    monkeypatch.setattr(bundle, "model", lambda _: None)
    assert _first(collecting.check()) == "bundle, arrears.json"


def test_inv_13__debt_given_up_or_opened_that_no_event_tells__found(collecting: Collecting) -> None:
    rebuilt, record = collecting._rebuilt, collecting._record
    assert rebuilt.given_up_debts() == rebuilt.totals()["given_up"].delta.sum() > 0
    left = {name: int(flow.delta.sum()) for name, flow in rebuilt.debts().items()}
    assert left["opened"] - left["repaid"] - left["adjusted"] == rebuilt.totals()["arrears"].delta.sum()
    assert not list(_debts(Books(rebuilt, None, (), None)))  # type: ignore[arg-type]  # rules are not asked
    given = record.ledger("ArrearsGivenUp")
    doubled = {name: np.concatenate([one, one]) for name, one in given.items()}
    record._kept["PaymentLedger", "ArrearsGivenUp"] = [doubled]
    assert list(_debts(Books(rebuilt, None, (), None)))  # type: ignore[arg-type]


def test_told__words_of_one_bill__in_the_order_of_time(collecting: Collecting) -> None:
    told: Told = collecting._told
    later = np.diff(told.order) > 0
    assert (later | (np.diff(told.bill) > 0)).all()
