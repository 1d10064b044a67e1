"""Effects found where they are, and claimed only there."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from fairmeter.arrears.features import Features
from fairmeter.arrears.measured import Measured
from fairmeter.arrears.response import DEBTS, TRIALS, Trial, evaluation, jumps, respond
from fairmeter.arrears.response.backtest import backtest
from fairmeter.arrears.response.classes import THIRDS
from fairmeter.arrears.response.curves import gains, rank
from fairmeter.arrears.response.discontinuity import jump
from fairmeter.arrears.response.evaluation import CHOSEN
from fairmeter.arrears.response.lateness import past
from fairmeter.arrears.response.learners import LEARNERS, Response, corrected
from fairmeter.errors import InputError
from fairmeter.model import Bools
from fairmeter.report import effects


def _silent(_: float) -> None:
    return


def _trial(effect: float, *, found: bool, count: int = 4000, cluster: bool = False) -> Trial:
    """People, half of them contacted; `effect` on all, or with `found` twice that on one half and none on the other."""
    rng = np.random.default_rng(11)
    x, z = rng.normal(size=count), rng.normal(size=count)
    own = np.repeat(np.arange(count // 100), 100)
    treated: Bools = (rng.random(count // 100) < 0.5)[own] if cluster else rng.random(count) < 0.5
    natural = 0.3 + 0.1 * np.tanh(z)
    change = np.where(x > 0, 2 * effect, 0.0) if found else effect
    outcome = rng.random(count) < natural + treated * change
    features = Features.of(pl.DataFrame({"x": x, "z": z}))
    return Trial.of("drawn", features, treated, outcome, cluster=own if cluster else None)


def test_respond__an_effect_on_one_half__claimed_and_found() -> None:
    found = respond(_trial(0.15, found=True), 0, _silent)
    assert found.works
    assert abs(found.effect.value - 0.15) < 0.03
    ours = found.learners[0]
    assert ours.name == "doubly robust"
    assert ours.ranking.finds
    assert all(one.ahead.low <= 0 for one in found.learners), "no peer is surely better"
    assert ours.ranking.curve[10] > 0.8 * ours.ranking.curve[20], "half of the people give nearly all of the gain"
    assert max(one.value for one in found.calibration) < 0.08
    measured = Measured((), (found,), (), None, ())
    (told,) = effects.to_json(measured)["response"]
    assert [(one["class"], one["claimed"]) for one in told["classes"]][-1] == (THIRDS[-1], True)
    assert told["each_person"] is None
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(*effects.tables(measured))
    assert re.search(rf"{THIRDS[-1]} +1,333 .* yes", console.export_text())


def test_backtest__a_cost_that_half_of_the_people_repay__the_plan_earns_more_than_the_patents_rule() -> None:
    trial = _trial(0.05, found=True, count=20_000)
    moved = np.where(trial.features.values[:, 0] > 0, 0.10, 0.0)
    natural = 0.3 + 0.1 * np.tanh(trial.features.values[:, 1])
    every = np.ones(20_000, dtype=np.bool_)
    worth = corrected(trial, every, Response(natural, natural + moved))
    everybody, patent, planned, chosen = backtest(natural + moved, moved, worth, trial, 0)
    assert everybody.contacted == patent.contacted == 1.0, "all are likely enough to pay"
    assert patent.net.holds(0.0)
    assert planned.contacted == chosen.contacted == pytest.approx(0.5, abs=0.02)
    assert chosen.net.holds(0.025)
    assert chosen.ahead.low > 0


@pytest.mark.parametrize("seed", range(5))
def test_backtest__effects_that_mean_nothing__never_surely_below_the_patents_rule(seed: int) -> None:
    trial = _trial(0.08, found=False)
    guess = np.random.default_rng(seed).normal(0.05, 0.05, 4000)
    natural = 0.3 + 0.1 * np.tanh(trial.features.values[:, 1])
    worth = corrected(trial, np.ones(4000, dtype=np.bool_), Response(natural, natural + 0.08))
    _, patent, planned, chosen = backtest(natural + 0.08, guess, worth, trial, seed)
    assert planned.net.value < patent.net.value, "half of the people are left out for nothing"
    assert chosen.contacted == patent.contacted, "where it is not sure, the patent's rule stays"
    assert chosen.net == patent.net


@pytest.mark.parametrize("cluster", [False, True])
def test_respond__no_effect__none_claimed_none_found(cluster: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "LEARNERS", {CHOSEN: LEARNERS[CHOSEN]})  # no peer is looked at
    found = respond(_trial(0.0, found=False, cluster=cluster), 0, _silent)
    assert not found.works
    assert not found.learners[0].ranking.finds
    assert not any(one.works for one in found.classes)
    assert found.clusters == (40 if cluster else 4000)


def test_respond__clusters__wider_than_if_people_were_drawn_one_by_one() -> None:
    trial = _trial(0.0, found=False, cluster=True)
    noise = np.random.default_rng(0).normal(0, 0.15, 40)[trial.cluster]
    outcome = np.random.default_rng(1).random(len(noise)) < np.clip(0.4 + noise, 0, 1)
    whole = Trial.of("c", trial.features, trial.treated, outcome, cluster=trial.cluster)
    single = Trial.of("s", trial.features, trial.treated, outcome)
    widths = [
        one.high - one.low for one in (rank(noise, each, np.random.default_rng(0)).auuc for each in (whole, single))
    ]
    assert widths[0] > 2 * widths[1]


@settings(max_examples=25)
@given(seed=st.integers(0, 1000))
def test_rank__all_contacted__the_horvitz_thompson_effect(seed: int) -> None:
    rng = np.random.default_rng(seed)
    treated, outcome = rng.random(500) < 0.4, rng.random(500) < 0.5
    treated[:60], treated[60:120] = True, False
    trial = Trial.of("t", Features.of(pl.DataFrame({"x": rng.normal(size=500)})), treated, outcome)
    found = rank(rng.normal(size=500), trial, np.random.default_rng(0))
    assert np.isclose(found.curve[-1], outcome[treated].mean() - outcome[~treated].mean())
    assert np.isclose(gains(trial).mean(), found.curve[-1])
    assert found.qini.value == pytest.approx(found.auuc.value - found.curve[-1] / 2)


def test_corrected__models_that_are_wrong__right_in_the_mean() -> None:
    trial = _trial(0.2, found=False, count=20_000)
    every = np.ones(20_000, dtype=np.bool_)
    wrong = Response(np.full(20_000, 0.9), np.full(20_000, 0.1))
    assert abs(corrected(trial, every, wrong).mean() - 0.2) < 0.03


def test_trial_of__a_class_without_untreated__refused() -> None:
    features = Features.of(pl.DataFrame({"x": np.arange(200.0)}))
    treated, outcome = np.arange(200) % 2 == 0, np.ones(200, dtype=np.bool_)
    with pytest.raises(InputError, match="no effect can be known without the untreated"):
        Trial.of("t", features, np.ones(200, dtype=np.bool_), outcome)
    stratum = (np.arange(200) >= 150).astype(np.int64)
    with pytest.raises(InputError, match="some in every class"):
        Trial.of("t", features, treated | (stratum == 1), outcome, stratum=stratum)


def test_jump__a_step_of_ten__found_and_none_elsewhere() -> None:
    rng = np.random.default_rng(0)
    place = rng.uniform(0, 100, 2000)
    value = 0.5 * place + 10 * (place > 50) + rng.normal(0, 3, 2000)
    step, below = jump(place, value, 50.0, 0), place < 50
    nothing = jump(place[below], value[below], 25.0, 0)
    assert step.low < 10 < step.high
    assert step.low > 5
    assert nothing.low < 0 < nothing.high


def test_past__invoices_settled_before__their_mean_and_nothing_later() -> None:
    customer, written = np.array([0, 0, 0, 1]), np.array([10, 20, 30, 30])
    settled, late = np.array([15, 35, 40, 31]), np.array([2.0, 8.0, 1.0, 5.0])
    count, mean = past(customer, written, settled, late)
    assert count.tolist() == [0, 1, 1, 0]
    assert np.array_equal(mean, [np.nan, 2.0, 2.0, np.nan], equal_nan=True)


def test_jumps__bank_debt_recovery__claimed_only_where_the_checks_pass(shared: Path) -> None:
    found = jumps(shared / "data" / DEBTS, 0)
    assert [one.threshold for one in found] == [1000, 2000, 3000, 5000]
    assert all(one.age.holds(0.0) for one in found)
    assert [one.works for one in found] == [False, True, False, False]
    assert not found[0].before.holds(0.0), "a jump where nothing changes: none is claimed at 1,000 either"


def test_respond__public_trials__ours_not_surely_behind_any_peer(shared: Path) -> None:
    name, read = TRIALS[0]
    found = respond(read(shared / "data" / name), 0, _silent)
    ours = found.learners[0].ranking
    assert found.works
    assert ours.finds
    assert found.nets[-1].ahead.high >= 0
    claimed = {one.name: one.works for one in found.classes}
    assert claimed["bought women's"], "women's wording"
    assert not claimed["bought men's"]
    assert claimed["the third expected to respond most"]
    assert all(ours.qini.value >= one.ranking.qini.low for one in found.learners[1:])
    assert [one.name for one in found.learners[:2]] == ["doubly robust", "two models"]
