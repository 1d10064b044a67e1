"""Ways of choosing a strategy: they meet the simulator's own customers, and regret is what it says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fairmeter.arrears.simulator import FITTED, STRATEGIES, TEST, THOMPSON, UNIFORM, WAYS, Choosing, Strategy, choose
from fairmeter.arrears.simulator.choosing import PERIODS, UNTREATED, Arrivals, by_test, by_thompson
from fairmeter.arrears.simulator.course import NEVER, play
from fairmeter.arrears.simulator.world import WINDOW, WINDOWS
from fairmeter.arrears.strategy.experiment import CONTROL
from fairmeter.errors import InputError
from fairmeter.units import PPM


def arrivals(count: int, delay: int = WINDOWS, *, contact: float = 0.05) -> Arrivals:
    return Arrivals(dataclasses.replace(FITTED, contact=contact), count, delay, np.random.default_rng(4))


@pytest.fixture(scope="module")
def choosing() -> Choosing:
    return choose(FITTED, seeds=6, customers=5_000)


@pytest.mark.parametrize("arm", range(len(STRATEGIES)))
@pytest.mark.parametrize("delay", [3, WINDOWS])
def test_earned__any_strategy__what_the_course_of_the_same_customers_gives(arm: int, delay: int) -> None:
    there = arrivals(100, delay)
    channels, rows = STRATEGIES[arm].channels(), slice(0, 100 * PERIODS)
    course = play(FITTED, there.customers, lambda state: np.where(state.unpaid, channels[state.window], 0))
    paid = (course.paid != NEVER) & (course.paid <= delay * WINDOW)
    cost = (course.channel[:, :delay] > 0).sum(axis=1) * FITTED.unit_cost / there.customers.debt
    assert np.allclose(there.earned(rows, np.full(len(paid), arm)), paid - cost)


def test_share__strategies__the_mean_of_what_is_earned() -> None:
    there = arrivals(1_000)
    rows = slice(0, 1_000 * PERIODS)
    for arm in range(len(STRATEGIES)):
        error = there.earned(rows, np.full(1_000 * PERIODS, arm)) - there.share[:, arm]
        assert abs(error.mean()) < 4 * error.std() / np.sqrt(len(error))


def test_regret__the_best_for_each_but_the_untreated__nothing() -> None:
    there = arrivals(50)
    chance = np.zeros(there.share.shape, np.int64)
    chance[np.arange(len(chance)), there.share.argmax(axis=1)] = PPM - UNTREATED
    chance[:, CONTROL] += UNTREATED
    assert np.allclose(there.regret(chance), 0.0)


def test_channels__three_times_every_second_window__those_windows() -> None:
    assert Strategy(2, 3, 2).channels().tolist() == [2, 0, 2, 0, 2] + [0] * 8
    assert not Strategy(0, 0, 1).channels().any()


def test_ways__any__some_stay_untreated_and_nothing_is_learnt_before_it_is_read() -> None:
    there = arrivals(400, 6)
    test, thompson = by_test(there, 1), [batch.chance for batch in by_thompson(there, 1)]
    assert (test[:, CONTROL] >= UNTREATED).all()
    assert all((chance[:, CONTROL] >= UNTREATED).all() for chance in thompson)
    assert (test[: 6 * 400] == PPM // len(STRATEGIES)).all()
    spread = [chance.mean(axis=0) for chance in thompson]
    assert np.abs(np.diff(spread[:6], axis=0)).max() < 0.02 * PPM, "only other customers"
    assert np.abs(spread[40] - spread[0]).max() > 0.1 * PPM


def test_choose__few_seeds__learning_beats_chance_and_regret_never_falls(choosing: Choosing) -> None:
    end = {way: choosing.of(way)[-1] for way in WAYS}
    assert end[THOMPSON].high < end[UNIFORM].low
    assert end[TEST].value < end[UNIFORM].value
    assert (np.diff(choosing.regret, axis=2) >= 0).all()
    assert choosing.covered.mean() >= 0.85
    assert choosing.spared().mean() == pytest.approx(end[TEST].value - end[THOMPSON].value)


def test_choose__same_seeds__same_figures(choosing: Choosing) -> None:
    again = choose(FITTED, seeds=1, customers=5_000, first_seed=1)
    assert (again.regret[0] == choosing.regret[1]).all()
    assert (again.covered[0] == choosing.covered[1]).all()


@pytest.mark.parametrize("delay", [0, 15, 196])
def test_choose__a_delay_of_no_fortnights__refused(delay: int) -> None:
    with pytest.raises(InputError, match="fortnights up to 182 days"):
        choose(FITTED, seeds=1, customers=1_000, delay=delay)


def test_choose__too_few_customers__refused() -> None:
    with pytest.raises(InputError, match="at least 1 of 1,000"):
        choose(FITTED, seeds=1, customers=999)
