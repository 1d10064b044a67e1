"""Refund traffic as docs/scenarios has it: who has cause is paid once, and what is not due is stopped by its rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest

from fairmeter import report
from fairmeter.bundle import Bundle
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns
from fairmeter.simulation import Scenario, load_scenario, run
from fairmeter.simulation.refunds import Asleep, Refunds
from fairmeter.units import PPM
from fairmeter.usage import write_fleet

SCENARIO = Path(__file__).resolve().parents[2] / "docs" / "scenarios" / "refunds.toml"
TAKEN = pl.col("refused").is_null()


@dataclass(frozen=True)
class Refunded:
    """A run and what it tried."""

    out: Path
    refunds: Refunds
    attempts: pl.DataFrame

    def events(self, name: str, contract: str = "PaymentLedger") -> pl.DataFrame:
        """Bill and amount of a contract's events, with their times where the desk's have one."""
        bundle = Bundle(self.out)
        address = bytes.fromhex(bundle.manifest["contracts"][contract][2:])
        columns = event_columns(bundle.table("logs"), address, interface(contract), name)
        times = bundle.table("transactions")["timestamp"].to_numpy()[columns["transaction"]]
        plain = {key: values for key, values in columns.items() if values.ndim == 1}
        return pl.DataFrame({**plain, "at": times})


@pytest.fixture(scope="module", params=list(Asleep))
def refunded(request: pytest.FixtureRequest, fastest: str, tmp_path_factory: pytest.TempPathFactory) -> Refunded:
    folder = tmp_path_factory.mktemp("refunds")
    scenario = load_scenario(SCENARIO)
    assert scenario.refunds is not None
    scenario = replace(scenario, refunds=replace(scenario.refunds, asleep=request.param))
    run(*write_fleet(folder / "fleet", 30, 14, seed=5), folder / "out", engine=fastest, scenario=scenario)
    attempts = pl.read_parquet(folder / "out" / "refunds.parquet")
    assert scenario.refunds is not None
    return Refunded(folder / "out", scenario.refunds, attempts)


def test_run__customers_with_cause__are_paid_their_part_once(refunded: Refunded) -> None:
    paid = refunded.events("RefundPaid")
    asked = refunded.attempts.filter(TAKEN, kind="honest", step="request")
    bills = report.load(refunded.out).bills
    keys = bills.select(bill=(pl.col("batch").cast(pl.Int64) * 2**16 + pl.col("index")), whole="amount", void="void")
    due = paid.join(keys, on="bill", how="left").with_columns(part=pl.col("whole") * refunded.refunds.part // PPM)
    assert len(paid) > 5
    assert paid["bill"].is_unique().all()
    assert set(paid["bill"]) <= set(asked["bill"])
    assert (due["amount"] == due["part"]).all()
    assert (due["void"] >= due["amount"]).all()


def test_run__collusion__gets_nothing_and_is_stopped_at_each_step(refunded: Refunded) -> None:
    fraud = refunded.attempts.filter(kind="collusion")
    refused = {tuple(row) for row in fraud.drop_nulls("refused").select("step", "by", "refused").unique().rows()}
    assert refused == {
        ("forward", "clerk", "RefundDesk_SamePerson"),
        ("pay", "reviewer", "RefundDesk_SamePerson"),
        ("resubmit", "reviewer", "RefundDesk_SeenBefore"),
    }
    assert not set(refunded.events("RefundPaid")["bill"]) & set(fraud["bill"])
    assert fraud.filter(TAKEN, step="cancel")["bill"].n_unique() == fraud["bill"].n_unique() > 0


def test_run__duplicates__are_refused_by_content_and_by_what_is_left(refunded: Refunded) -> None:
    twice = refunded.attempts.filter(kind="duplicate")
    same, other = (twice.filter(taken, step="request") for taken in (~TAKEN, TAKEN))
    assert len(same) == len(other) == twice["bill"].n_unique() > 0
    assert set(same["refused"]) == {"RefundDesk_SeenBefore"}
    assert other["refused"].null_count() == len(other)
    forwarded = twice.filter(step="forward")
    assert set(forwarded["refused"]) == {"PaymentLedger_RefundTooLarge"}
    assert len(twice.filter(TAKEN, step="reject")) == len(forwarded)


def test_run__a_department_asleep__its_head_acts_after_its_time_and_nobody_is_paid_before(refunded: Refunded) -> None:
    asleep, attempts = refunded.refunds.asleep, refunded.attempts
    heads = attempts.filter(pl.col("by").str.starts_with("head of"))
    escalated = refunded.events("RefundEscalated", "RefundDesk").select("bill", called="at").unique()
    assert (len(heads) > 0) == (len(escalated) > 0) == (asleep is not Asleep.NOBODY)
    acted = attempts.filter(TAKEN, by=f"head of {asleep}").join(escalated, on="bill")
    first = acted.group_by("bill").agg(pl.col("at").min(), pl.col("called").min())
    assert (first["at"] >= first["called"]).all()
    entered = "RefundForwarded" if asleep is Asleep.FINANCE else "RefundRequested"
    came = refunded.events(entered, "RefundDesk").group_by("bill").agg(came=pl.col("at").min())
    waited = escalated.group_by("bill").agg(pl.col("called").min()).join(came, on="bill")
    assert ((waited["called"] - waited["came"]) >= refunded.refunds.department_time).all()


def test_report__refunds__time_in_each_state_and_what_was_stopped(refunded: Refunded) -> None:
    loaded = report.load(refunded.out)
    found = loaded.refunds
    assert found is not None
    assert found.paid == refunded.events("RefundPaid")["amount"].sum()
    stopped = refunded.attempts.filter(~TAKEN | pl.col("step").is_in(("reject", "sendBack")))
    assert found.stopped["attempts"].sum() == len(stopped)
    states = {row["state"]: row for row in found.states.to_dicts()}
    days = refunded.refunds.department_time / 86_400
    slow = {Asleep.NOBODY: "none", Asleep.MARKETING: "requested", Asleep.FINANCE: "forwarded"}[refunded.refunds.asleep]
    assert {name for name, row in states.items() if row["median"] is not None and row["median"] > days} >= (
        set() if slow == "none" else {slow}
    )
    assert sum(row["waiting"] for row in states.values()) == 0
    assert report.to_json(loaded)["refunds"]["paid"] == found.paid
    page = report.html(loaded)
    assert "<h2>Refunds</h2>" in page
    assert "One person, two steps" in page


def test_run__no_refunds__leaves_none_behind(tmp_path: Path, fastest: str) -> None:
    run(*write_fleet(tmp_path / "fleet", 3, 14, seed=5), tmp_path / "out", engine=fastest, scenario=Scenario())
    assert not (tmp_path / "out" / "refunds.parquet").exists()
    assert "refunds" not in report.to_json(report.load(tmp_path / "out"))
