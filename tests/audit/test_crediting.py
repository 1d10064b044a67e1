"""The audit of a run with credit lines: what was drawn, repaid and lost, and what is forged in it."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from rich.console import Console
from tests.audit.conftest import rebuilt_of

from fairmeter.audit import audit
from fairmeter.audit.crediting import CREDIT, LINE, check_credit
from fairmeter.audit.flows import bill_moves
from fairmeter.audit.money import Rebuilt
from fairmeter.bundle import Bundle
from fairmeter.report import load, terminal, to_json
from fairmeter.report.figures import money
from fairmeter.report.page import _credit
from fairmeter.simulation import load_scenario, run
from fairmeter.units import SECONDS_A_DAY
from fairmeter.usage import write_fleet

Changed = dict[str, Any]


@pytest.fixture(scope="module")
def credited(root: Path, tmp_path_factory: pytest.TempPathFactory, fastest: str) -> Path:
    folder = tmp_path_factory.mktemp("credit")
    usage, bills = write_fleet(folder / "fleet", 16, 16, seed=5)
    scenario = load_scenario(root / "docs" / "scenarios" / "credit-line.toml")
    run(usage, bills, folder / "run", engine=fastest, scenario=scenario)
    return folder / "run"


@pytest.fixture
def rebuilt(credited: Path) -> Rebuilt:
    return rebuilt_of(Bundle(credited))


def _found(rebuilt: Rebuilt) -> set[str]:
    """The numbers of what is broken."""
    return {check.name for check in check_credit(rebuilt, None) if check.findings}


def _forge(rebuilt: Rebuilt, contract: str, event: str, change: Callable[[Changed], Changed]) -> Rebuilt:
    columns = {name: column.copy() for name, column in rebuilt.record.columns(contract, event).items()}
    rebuilt.record._kept[contract, event] = [change(columns)]
    return Rebuilt.of(rebuilt.record, rebuilt.batches)


def _first_row(column: str, by: int) -> Callable[[Changed], Changed]:
    def change(columns: Changed) -> Changed:
        columns[column][0] += by
        return columns

    return change


def _without_the_first(columns: Changed) -> Changed:
    return {name: column[1:] for name, column in columns.items()}


def _with(**values: int) -> Callable[[Changed], Changed]:
    def change(columns: Changed) -> Changed:
        return columns | {name: np.full_like(columns[name], value) for name, value in values.items()}

    return change


def _none(columns: Changed) -> Changed:
    return {name: column[:0] for name, column in columns.items()}


def _later(columns: Changed) -> Changed:
    return columns | {"windowEndsAt": columns["windowEndsAt"] + 365 * SECONDS_A_DAY}


def test_audit__run_with_arrears_and_credit__passes(credited: Path, no_compiler: None) -> None:
    del no_compiler
    usage = credited.parent / "fleet" / "usage.parquet"
    result = audit(credited, expect=credited / "anchors.json", usage=usage)
    assert result.passed, result.findings
    counts = {check.name: check.count for check in result.checks}
    assert counts["arrears"] > 30
    assert all(counts[name] > 30 for name in CREDIT)


def test_run__credit__drawn_repaid_lost_and_paid_all_the_same(rebuilt: Rebuilt) -> None:
    record = rebuilt.record
    names = ("Funded", "Taken", "Drawn", "Repaid", "WrittenOff", "Reopened")
    sums = {name: int(record.columns(LINE, f"Credit{name}")["amount"].sum()) for name in names}
    assert all(sums.values())
    left = sums["Drawn"] - sums["Repaid"] - (sums["WrittenOff"] - sums["Reopened"])
    assert left == 0
    assert sums["Funded"] - sums["Taken"] == sums["Drawn"] - sums["Repaid"]
    drawn = record.columns(LINE, "CreditDrawn")
    assert len(np.unique(drawn["bill"])) == len(drawn["bill"])


def test_report__credit__its_losses_are_the_lines_and_no_draw_is_a_repayment(credited: Path, rebuilt: Rebuilt) -> None:
    report = load(credited)
    assert report.collected is not None
    found = report.collected.credit
    assert found is not None
    assert found.lines.select("drawn").equals(
        found.lines.select(drawn=pl.col("repaid") + pl.col("returned") + pl.col("lost") + pl.col("open"))
    )
    record = rebuilt.record
    off, again = (int(record.columns(LINE, f"Credit{name}")["amount"].sum()) for name in ("WrittenOff", "Reopened"))
    assert found.lines["lost"].sum() == found.classes["lost"].sum() == off - again > 0
    assert found.classes["bills"].sum() == len(record.columns(LINE, "CreditDrawn")["bill"])
    assert found.classes["late"].sum() > 0
    strategies = report.collected.strategies
    left = int(strategies["owed"].sum()) - int(strategies["repaid"].sum())
    of_lines = int(found.lines["lost"].sum()) + int(found.lines["open"].sum())
    assert left == of_lines + report.manifest["sums"]["amount_arrears"]
    assert to_json(report)["collected"]["credit"] == found.to_json()
    loss = money(int(found.lines["lost"].sum()))
    # of the page its own part: the plots of the others take seconds
    assert f"<p>{loss} of " in _credit(report)
    text = io.StringIO()
    Console(file=text, width=100).print(terminal(report))
    assert f"Credit lines: {loss} lost" in text.getvalue()


def test_credit__stated__numbered() -> None:
    assert list(CREDIT) == [f"CREDIT-{number:02}" for number in range(1, len(CREDIT) + 1)]


@pytest.mark.parametrize(
    ("contract", "event", "change", "found"),
    [
        (LINE, "CreditFunded", _first_row("amount", 1), {"CREDIT-01"}),
        (LINE, "CreditTaken", _first_row("amount", 10**9), {"CREDIT-01"}),
        (LINE, "CreditDrawn", _first_row("amount", -1), {"CREDIT-01", "CREDIT-02", "CREDIT-03"}),
        (LINE, "CreditDrawn", _first_row("dueAt", 1), {"CREDIT-03"}),
        (LINE, "CreditDrawn", _without_the_first, {"CREDIT-01", "CREDIT-02"}),
        (LINE, "CreditRepaid", _first_row("amount", 1), {"CREDIT-01", "CREDIT-02"}),
        (LINE, "CreditRepaid", _first_row("owed", 1), {"CREDIT-02"}),
        (LINE, "CreditWrittenOff", _first_row("amount", 1), {"CREDIT-02"}),
        (LINE, "CreditReopened", _without_the_first, {"CREDIT-02"}),
        ("ArrearsRegister", "ArrearsScored", _none, {"CREDIT-03"}),
        ("VerdictGate", "BatchJudged", _later, {"CREDIT-03"}),
        ("PaymentLedger", "MandateGranted", _with(capPerBill=1), {"CREDIT-03"}),
        ("PaymentLedger", "MandateGranted", _with(lastDay=1), {"CREDIT-03"}),
    ],
)
def test_check_credit__another_event__found(
    rebuilt: Rebuilt, contract: str, event: str, change: Callable[[Changed], Changed], found: set[str]
) -> None:
    assert _found(rebuilt) == set()
    assert _found(_forge(rebuilt, contract, event, change)) == found


@pytest.mark.parametrize(
    "change",
    [
        {"thresholds": [0, 1_000_000, 1_000_000, 1_000_000]},
        {"thresholds": []},
        {"capPerAccount": 1},
        {"cap": 1},
        {"term": 29},
        {"freshness": 1, "term": 30},
    ],
)
def test_check_credit__other_terms__found(
    rebuilt: Rebuilt, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    decoded = rebuilt.record.decoded

    def changed(contract: str, event: str) -> list[tuple[int, dict[str, Any]]]:
        found = decoded(contract, event)
        if event != "CreditTermsSet":
            return found
        return [(at, one | {"terms": one["terms"] | change}) for at, one in found]

    monkeypatch.setattr(rebuilt.record, "decoded", changed)
    assert _found(rebuilt) == {"CREDIT-03"}


def test_check_credit__terms_before_their_notice__found(rebuilt: Rebuilt, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = rebuilt.record.decoded

    def changed(contract: str, event: str) -> list[tuple[int, dict[str, Any]]]:
        return [(at, one | {"from": one["from"] - SECONDS_A_DAY}) for at, one in decoded(contract, event)]

    monkeypatch.setattr(rebuilt.record, "decoded", changed)
    assert _found(rebuilt) == {"CREDIT-03"}


def test_check_credit__a_balance_that_covers_the_bill__found(rebuilt: Rebuilt) -> None:
    owner, deposits = rebuilt.record.columns(LINE, "CreditDrawn")["account"], rebuilt.record.ledger("Deposited")
    changed = {**deposits, "account": np.resize(owner, len(deposits["account"]))}
    assert len(deposits["account"])
    rebuilt.record._kept["PaymentLedger", "Deposited"] = [changed]
    assert _found(rebuilt) == {"CREDIT-03"}


def test_check_credit__a_bill_of_which_a_part_is_void__within_its_cap(rebuilt: Rebuilt) -> None:
    """The cap is on what is left of the bill."""
    drawn, last = rebuilt.record.columns(LINE, "CreditDrawn"), len(rebuilt.posted.amounts)
    (row,) = rebuilt.posted.rows(drawn["bill"][:1])
    assert 0 <= row < last
    rebuilt.posted.amounts[row] += 10**6
    assert _found(rebuilt) == {"CREDIT-03"}
    voided = rebuilt.record.ledger("BillVoided")
    added = {"bill": drawn["bill"][:1], "account": drawn["account"][:1], "amount": np.array([10**6])}
    more = {name: added.get(name, np.zeros(1, np.int64)) for name in voided}
    rebuilt.record._kept["PaymentLedger", "BillVoided"] = [
        {name: np.concatenate([column, more[name]]) for name, column in voided.items()}
    ]
    assert _found(dataclasses.replace(rebuilt, moves=bill_moves(rebuilt.record, rebuilt.posted))) == set()


def _returned(rebuilt: Rebuilt, *, kept: int, fetched: int, taken_off: int) -> Rebuilt:
    """The record with a drawn bill of which 10 was refunded, in the last transaction."""
    drawn = rebuilt.record.columns(LINE, "CreditDrawn")
    last = len(rebuilt.record.times) - 1
    common = {"bill": drawn["bill"][-1:], "account": drawn["account"][-1:], "transaction": np.array([last])}
    amounts = {"RefundPaid": 10, "ReturnKept": kept, "ReturnCollected": fetched}
    for place, (name, amount) in enumerate(amounts.items()):
        columns = {**common, "log": np.array([1_000 + place]), "amount": np.array([amount])}
        rebuilt.record._kept["PaymentLedger", name] = [columns] if amount else []
    if taken_off:
        passed = {"amount": np.array([0]), "surplus": np.array([taken_off]), "owed": np.array([0])}
        columns = {**common, **passed, "log": np.array([1_010])}
        rebuilt.record._kept[LINE, "CreditReturned"] = [columns]
        deposits = rebuilt.record.columns("PaymentLedger", "Deposited")
        added = {"account": common["account"], "transaction": common["transaction"], "log": np.array([1_009])}
        more = {**added, "amount": np.array([taken_off]), "from": deposits["from"][:1]}
        rebuilt.record._kept["PaymentLedger", "Deposited"] = [
            {name: np.concatenate([column, more[name]]) for name, column in deposits.items()}
        ]
    return Rebuilt.of(rebuilt.record, rebuilt.batches)


@pytest.mark.parametrize(
    ("kept", "fetched", "taken_off", "found"),
    [
        (10, 0, 0, set()),
        (10, 10, 10, set()),
        (0, 0, 0, {"CREDIT-04"}),
        (9, 0, 0, {"CREDIT-04"}),
        (10, 10, 9, {"CREDIT-04"}),
        (10, 10, 0, {"CREDIT-04"}),
    ],
)
def test_check_credit__given_back__kept_fetched_and_passed_on(
    rebuilt: Rebuilt, kept: int, fetched: int, taken_off: int, found: set[str]
) -> None:
    assert _found(_returned(rebuilt, kept=kept, fetched=fetched, taken_off=taken_off)) == found
