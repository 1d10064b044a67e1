"""Scenarios with liars, silent ones and watchers, as docs/scenarios has them: what becomes of the money."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import sqlalchemy as sa
from eth_account import Account
from polars.testing import assert_frame_equal
from tests.simulation.conftest import Fleet

from fairmeter import report
from fairmeter.audit import audit
from fairmeter.bundle import Bundle
from fairmeter.chain.transaction import decode_transaction
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.calldata import bytes_argument
from fairmeter.contracts.events import event_columns
from fairmeter.model import Presets
from fairmeter.report.outcome import STATES
from fairmeter.simulation import Scenario, load_scenario, run
from fairmeter.simulation.scenario import (
    Challenging,
    Change,
    Conduct,
    Customers,
    Governance,
    Meters,
    OperatorGroup,
    Operators,
    Watchers,
)
from fairmeter.tracing.store import Store
from fairmeter.tracing.tables import MOVES
from fairmeter.tracings import index_run
from fairmeter.units import PPM, SECONDS_A_DAY, Ppm
from fairmeter.usage import amounts, infer_tariffs, load_bills, write_fleet

MONEY = ("bill_id", "amount", "decision", *STATES)
Play = Callable[..., Path]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Enough bills for every kind of verdict."""
    return Fleet(*write_fleet(tmp_path_factory.mktemp("town"), 30, 14, seed=5))


@pytest.fixture(scope="module")
def play(town: Fleet, fastest: str, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Runs a scenario, the file's of that name in docs/scenarios or another; gives the run's folder."""
    finished: dict[object, Path] = {}

    def played(scenario: str | Scenario) -> Path:
        key = str(scenario)
        if key not in finished:
            out = tmp_path_factory.mktemp("runs") / "out"
            given = load_scenario(SCENARIOS / f"{scenario}.toml") if isinstance(scenario, str) else scenario
            run(town.usage, town.bills, out, engine=fastest, scenario=given)
            finished[key] = out
        return finished[key]

    return played


SCENARIOS = Path(__file__).resolve().parents[2] / "docs" / "scenarios"
STANDS = dict.fromkeys(("screened", "verified-mode"), "recompute")
"""Where a wrong verdict stands on purpose, and the audit's check that names who signed it."""


def money(out: Path) -> pl.DataFrame:
    """Where each bill's money stands at the end."""
    return report.load(out).bills.select(MONEY)


def senders_of_answers(out: Path) -> list[str]:
    """Who sent each transaction that answers an appeal, or a bill that waits."""
    labels = {"AppealRegistry.acceptAdjustments", "AppealRegistry.withdrawAppeals", "PaymentLedger.confirmBills"}
    sent = Bundle(out).table("transactions").to_pylist()
    return [Account.recover_transaction(row["raw"]) for row in sent if row["label"] in labels]


def wrongs(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "wrongs.parquet")


@pytest.mark.parametrize("name", sorted(path.stem for path in SCENARIOS.glob("*.toml")))
@pytest.mark.usefixtures("no_compiler")
def test_audit__every_scenario__confirms_it_from_the_bundle(play: Play, name: str) -> None:
    result = audit(play(name), expect=play(name) / "anchors.json")
    assert [finding.check for finding in result.findings] == ([STANDS[name]] if name in STANDS else [])


@pytest.mark.parametrize("name", sorted(path.stem for path in SCENARIOS.glob("*.toml")))
def test_index__every_scenario__bills_have_paid_what_the_report_says(play: Play, name: str, tmp_path: Path) -> None:
    """Both from events, by code of their own."""
    with (
        Store(index_run(play(name), str(tmp_path / "index.sqlite")).index) as store,
        store.engine.connect() as connection,
    ):
        paid = dict(connection.execute(sa.select(MOVES.c.bill, sa.func.sum(MOVES.c.paid)).group_by(MOVES.c.bill)).all())
    posted = pl.read_parquet(play(name) / "bundle" / "bills.parquet", columns=["bill_id", "batch", "index"])
    told = posted.join(money(play(name)), on="bill_id", validate="1:1")
    ids = (told["batch"] * 2**16 + told["index"]).to_list()
    assert [paid.get(bill, 0) for bill in ids] == (told["settled"] + told["pending"]).to_list()


@pytest.mark.parametrize("name", ["liars-below-the-quorum", "silent-operators", "small-frauds"])
def test_run__fewer_than_a_quorum_do_wrong__changes_no_bill(play: Play, name: str) -> None:
    assert_frame_equal(money(play(name)), money(play(Scenario())))
    assert len(wrongs(play(name))) == 0


@pytest.mark.parametrize("conduct", [Conduct.ALWAYS_PAY, Conduct.ALWAYS_APPEAL, Conduct.FLIP, Conduct.FORGE])
def test_run__one_liar_short_of_a_quorum__changes_no_bill(play: Play, conduct: Conduct) -> None:
    scenario = Scenario(operators=Operators(3, 2, groups=(OperatorGroup(1, conduct),)))
    assert_frame_equal(money(play(scenario)), money(play(Scenario())))


@pytest.mark.parametrize("name", ["copied-signatures", "replayed-batches"])
def test_run__signatures_that_are_not_over_the_batch__are_refused_and_change_no_bill(play: Play, name: str) -> None:
    out = play(name)
    assert_frame_equal(money(out), money(play(Scenario())))
    sent, done = (Bundle(out).table(table) for table in ("transactions", "receipts"))
    refused = pl.DataFrame({"label": sent["label"].to_numpy(), "status": done["status"].to_numpy(False)})
    refused = refused.filter(~pl.col("status"))
    assert set(refused["label"]) == {"VerdictGate.submitVerdicts"}
    batches = pl.read_parquet(out / "bundle/bills.parquet")["batch"].n_unique()
    assert len(refused) == (2 * batches if name == "copied-signatures" else 4 * batches - 2)


def test_run__bills_posted_twice__are_void_the_second_time(play: Play) -> None:
    out = play("suppliers-bill-twice")
    bills = report.load(out).bills
    again = pl.col("bill_id").str.ends_with(" again")
    assert len(bills.filter(again)) > 0
    assert (bills.filter(again)["void"] == bills.filter(again)["amount"]).all()
    assert_frame_equal(money(out).filter(~again), money(play(Scenario())))


def test_run__equivocation__costs_the_bond_and_nobody_else(play: Play) -> None:
    out = play("small-frauds")
    loaded = report.load(out)
    addresses = loaded.manifest["contracts"]
    slashed = event_columns(
        Bundle(out).table("logs"),
        bytes.fromhex(addresses["PaymentLedger"][2:]),
        interface("PaymentLedger"),
        "StakesSlashed",
    )
    assert len(slashed["signers"]) > 0
    # the third to be named: a bit a number
    assert {int.from_bytes(row.tobytes(), "big") for row in slashed["signers"]} == {1 << 2}


@pytest.mark.parametrize("name", ["quorum-lies-signed-readings", "customers-challenge"])
def test_run__quorum_lies_and_meters_sign__no_money_ends_wrongly_paid(play: Play, name: str) -> None:
    out = play(name)
    found = wrongs(out)
    assert found["paid"].sum() > 0, "they did lie"
    assert found["mechanism"].unique().to_list() == ["signed readings"]
    ended, honest = money(out), money(play(Scenario()))
    # who was wronged has part of the slashed bonds, and so may pay what it could not: but no bill is paid that the
    # right verdict does not pay
    assert_frame_equal(ended.select("bill_id", "void"), honest.select("bill_id", "void"))
    assert (ended["settled"] + ended["arrears"] == honest["settled"] + honest["arrears"]).all()


def test_run__quorum_lies_and_nobody_signs__the_report_says_on_whose_word_it_rests(play: Play) -> None:
    out = play("quorum-lies-unsigned")
    found = wrongs(out)
    assert found["mechanism"].null_count() == len(found)
    assert found["paid"].sum() > 0
    signers = {signer for row in found["signers"].to_list() for signer in row}
    assert signers == set(report.load(out).manifest["operators"][:3])


@pytest.mark.parametrize(
    ("name", "mechanism"), [("quorum-lies-about-verdicts", "computation"), ("quorum-hides-evidence", "demand")]
)
def test_run__quorum_lies_and_is_found_out__every_wrong_decision_is_put_right(
    play: Play, name: str, mechanism: str
) -> None:
    found = wrongs(play(name)).filter(pl.col("committed") != pl.col("right"))
    assert len(found) > 0
    assert found["mechanism"].unique().to_list() == [mechanism]


def test_run__quorum_turns_verdicts_around__every_bill_ends_where_the_truth_puts_it(play: Play) -> None:
    ended, honest = money(play("quorum-lies-about-verdicts")), money(play(Scenario()))
    assert (ended["decision"] != honest["decision"]).any()
    assert_frame_equal(ended.select("bill_id", "void"), honest.select("bill_id", "void"))
    assert (ended["settled"] + ended["arrears"] == honest["settled"] + honest["arrears"]).all()


@pytest.mark.parametrize("share", [0, 500_000])
def test_run__customers_who_answer_for_themselves__pay_the_same(play: Play, share: int) -> None:
    scenario = Scenario(customers=Customers(agent=share))
    assert_frame_equal(money(play(scenario)), money(play(Scenario())))
    alone, bulk = (senders_of_answers(play(one)) for one in (scenario, Scenario()))
    assert len(bulk) < len(alone)


@pytest.mark.usefixtures("no_compiler")
def test_run__agent__answers_only_within_the_mandates(play: Play) -> None:
    """Caps that carry no bill above the usual leave what is appealed to the customers."""
    scenario = Scenario(cap_per_bill_budgets=1)
    answers = senders_of_answers(play(scenario))
    assert len(answers) > len(senders_of_answers(play(Scenario())))
    assert len(set(answers)) > 1
    assert audit(play(scenario)).passed


def test_run__suppliers_overbill_and_contest_everything__gain_nothing_by_appealed_bills(play: Play) -> None:
    bills = report.load(play("dishonest-suppliers")).bills
    appealed = bills.filter(pl.col("decision") == "APPEAL")
    assert len(appealed) > len(report.load(play(Scenario())).bills.filter(pl.col("decision") == "APPEAL"))
    assert appealed["appeal"].unique().to_list() == ["expired"]
    assert appealed["settled"].sum() == 0


@pytest.mark.parametrize("name", ["readings-rule", "panel-rules"])
def test_run__suppliers_overbill_and_somebody_rules__what_the_meter_counted_is_paid(
    play: Play, town: Fleet, name: str
) -> None:
    bills = load_bills(town.bills)
    assert bills.true_quantity is not None
    priced = amounts(infer_tariffs(bills), bills, np.arange(len(bills)), bills.true_quantity)
    due = pl.DataFrame({"bill_id": [str(one) for one in bills.bill_id.tolist()], "due": priced})
    ended = report.load(play(name)).bills.join(due, on="bill_id").filter(pl.col("decision") == "APPEAL")
    ruled = ended.filter(pl.col("appeal") == "ruled")
    assert len(ruled) > len(ended) / 2
    assert (ruled["settled"] + ruled["arrears"] == ruled.select(pl.min_horizontal("due", "amount")).to_series()).all()
    assert (ruled["void"] > 0).any()
    assert set(ended["appeal"]) <= {"ruled", "expired"}
    assert ended.filter(pl.col("appeal") == "expired")["settled"].sum() == 0


def test_run__penniless_and_frozen_customers__change_nothing_for_the_others(play: Play) -> None:
    ended, honest = money(play("customers-in-trouble")), money(play(Scenario()))
    worse = ended.filter(ended["settled"] != honest["settled"])
    assert len(worse) > 0
    assert_frame_equal(ended.select("bill_id", "decision"), honest.select("bill_id", "decision"))
    assert (worse["arrears"] + worse["waiting"] > 0).all()


@pytest.mark.parametrize(
    ("challengers", "disclosing", "by"),
    [
        (tuple(Challenging), PPM, "watchers"),
        (tuple(Challenging), 0, "operators"),
        ((Challenging.WATCHERS, Challenging.CUSTOMERS), 0, "customers"),
        ((Challenging.WATCHERS,), 0, None),
        ((), PPM, None),
    ],
)
@pytest.mark.parametrize("conduct", [Conduct.ALWAYS_PAY, Conduct.FORGE])
def test_run__quorum_lies__whoever_may_show_the_readings_challenges(
    play: Play, conduct: Conduct, challengers: tuple[Challenging, ...], disclosing: int, by: str | None
) -> None:
    liars = Operators(3, 2, groups=(OperatorGroup(2, conduct),))
    customers, meters = Customers(disclosing=disclosing), Meters(signed=True)
    found = wrongs(
        play(
            Scenario(operators=liars, customers=customers, meters=meters, watchers=Watchers(1), challengers=challengers)
        )
    )
    assert len(found) > 0
    assert found["challenger"].unique().to_list() == [by]
    assert found["mechanism"].is_null().all() == (by is None)


def test_run__no_honest_operator_and_nobody_signs__customers_have_nothing_to_show(play: Play) -> None:
    liars = Operators(2, 2, groups=(OperatorGroup(2, Conduct.ALWAYS_PAY),))
    found = wrongs(play(Scenario(operators=liars)))
    assert len(found) > 0
    assert found["mechanism"].is_null().all()


def test_run__growth_figures_alone_wrong__are_put_right_and_move_nothing(play: Play) -> None:
    out = play("customers-challenge")
    figures = wrongs(out).filter(pl.col("committed") == pl.col("right"))
    assert figures["mechanism"].unique().to_list() == ["signed readings"]
    assert figures.select("paid", "held", "owed").sum().row(0) == (0, 0, 0)
    (told,) = report.to_json(report.load(out))["wrong_verdicts"]
    assert told["figures"] == len(figures)


def decisions(out: Path) -> pl.DataFrame:
    """Of each bill, with the day that its period began."""
    bills, verdicts = (pl.read_parquet(out / f"bundle/{name}.parquet") for name in ("bills", "verdicts"))
    return (
        bills.join(verdicts, on=["batch", "index"]).select("bill_id", "start", "decision", "actual_ppm").sort("bill_id")
    )


LOOSE = Presets(first=Ppm(1_000_000))


def test_run__presets_change_with_notice__hold_for_bills_posted_since(play: Play) -> None:
    changed, before = decisions(play("rules-change")), decisions(play(Scenario()))
    since = decisions(play(Scenario(presets=LOOSE)))
    first = pl.col("start") == changed["start"].min()
    assert_frame_equal(changed.filter(first), before.filter(first))
    assert_frame_equal(changed.filter(~first), since.filter(~first))
    assert (before.filter(~first)["decision"] != since.filter(~first)["decision"]).any()


def test_run__quorum_changes_with_notice__holds_for_batches_posted_since(play: Play) -> None:
    out = play("rules-change")
    sent = pl.from_arrow(Bundle(out).table("transactions"))
    assert isinstance(sent, pl.DataFrame)
    judged = sent.filter(pl.col("label") == "VerdictGate.submitVerdicts").sort("transaction")
    brought = [len(bytes_argument(decode_transaction(raw).data, 4)) // 65 for raw in judged["raw"]]
    times = judged["timestamp"].to_numpy()
    early = times < times.min() + 17 * SECONDS_A_DAY
    assert brought == [1 if one else 2 for one in early]
    assert not early.all()


def test_run__presets_change_announced_too_late__changes_no_bill(play: Play) -> None:
    late = Scenario(governance=Governance(changes=(Change(after=25, presets=LOOSE),)))
    assert_frame_equal(money(play(late)), money(play(Scenario())))


def test_run__gate_computes_verdicts__no_quorum_can_lie_about_them(play: Play) -> None:
    out = play("verified-mode")
    shown = pl.read_parquet(out / "bundle/evidence.parquet")
    shown = shown.with_columns(computed=pl.col("salt").bin.encode("hex") == "0" * 64).select(
        "batch", "index", "computed"
    )
    wrong = wrongs(out).select("batch", "index", wrong=True)
    bills = pl.read_parquet(out / "bundle/bills.parquet").join(shown, on=["batch", "index"])
    bills = bills.join(wrong, on=["batch", "index"], how="left").select("bill_id", "computed", "wrong")
    assert bills.filter("computed")["wrong"].null_count() == bills["computed"].sum() > 0
    assert bills.filter(~pl.col("computed"))["wrong"].sum() > 0, "they did lie about the others"
    ended, honest = money(out).join(bills, on="bill_id"), money(play(Scenario())).join(bills, on="bill_id")
    assert_frame_equal(ended.filter("computed"), honest.filter("computed"))


def test_report__quorum_lies_and_nobody_signs__tells_money_and_signers_in_every_form(play: Play) -> None:
    loaded = report.load(play("quorum-lies-unsigned"))
    told = report.to_json(loaded)
    (stands,) = told["wrong_verdicts"]
    (standing,) = told["standing"]
    assert stands["mechanism"] == "stands"
    assert (standing["paid"], standing["bills"]) == (stands["paid"], stands["bills"])
    page = report.html(loaded)
    assert all(signer in page for signer in loaded.manifest["operators"][:3])
    assert "Wrong verdicts" not in report.html(report.load(play(Scenario())))


def test_report__slashed_bonds__are_divided_whole(play: Play) -> None:
    bonds = pl.DataFrame(report.to_json(report.load(play("quorum-lies-about-verdicts")))["bonds"])
    assert bonds["slashed"].sum() == bonds["rewarded"].sum() > 0
