"""Simulated customers: nothing is lost, rules differ by whom they contact alone, and what the sets say is in them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.arrears.simulator import (
    COMPARED,
    COSTS,
    EVERYBODY,
    FITTED,
    NOBODY,
    PATENT,
    RULES,
    VALUE,
    Recovery,
    compare,
    fit,
    rules,
)
from fairmeter.arrears.simulator.course import MAX_CONTACTS, NEVER, Course, Customers, play
from fairmeter.arrears.simulator.learning import Learned, arms, learn
from fairmeter.arrears.simulator.world import DAYS, MONTH, WINDOW, WINDOWS
from fairmeter.errors import InputError
from fairmeter.model import Int64s

DATA = Path(__file__).parents[4] / "shared" / "data"


def drawn(count: int, seed: int = 1) -> Customers:
    return Customers.draw(FITTED, count, np.random.Generator(np.random.Philox(seed)))


@pytest.fixture(scope="module")
def trial() -> tuple[Customers, Int64s, Course, Learned]:
    customers = drawn(20_000)
    arm = np.random.default_rng(2).integers(0, 3, len(customers))
    course = play(FITTED, customers, arms(arm))
    return customers, arm, course, learn(FITTED, customers, arm, course)


@pytest.fixture(scope="module")
def recovery() -> Recovery:
    return compare(FITTED, seeds=3, customers=4_000)


def test_fit__public_sets__the_committed_figures() -> None:
    if not DATA.is_dir():
        pytest.skip("NOT TESTED: ../shared/data is absent")
    assert fit(DATA) == FITTED


def test_fit__folder_without_sets__refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"uci_credit_default.*cannot be read"):
        fit(tmp_path)


def test_play__nobody_contacted__pays_as_the_set_says() -> None:
    customers = drawn(60_000)
    paid = play(FITTED, customers, rules.nobody()).paid
    for standing, shares in enumerate(FITTED.monthly):
        late = paid[customers.standing == standing]
        for month, share in enumerate(shares):
            at_risk = late > month * MONTH
            observed = (late[at_risk] <= (month + 1) * MONTH).mean()
            assert observed == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / at_risk.sum()))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), share=st.floats(0, 1))
def test_play__more_contacts__nobody_pays_later(seed: int, share: float) -> None:
    customers, rng = drawn(300, seed), np.random.default_rng(seed)
    some = rng.random((WINDOWS, 300)) < share
    few = play(FITTED, customers, lambda state: some[state.window].astype(np.int64))
    none = play(FITTED, customers, rules.nobody())

    assert (few.paid <= none.paid).all()
    assert few.net(customers.debt, 7) == customers.debt[few.paid <= DAYS].sum() - 7 * (few.channel > 0).sum()


def test_play__any_rule__contacts_nobody_who_has_paid_or_had_the_most() -> None:
    customers = drawn(2_000)
    course = play(FITTED, customers, rules.everybody(1))
    begins = np.arange(WINDOWS) * WINDOW

    assert not course.channel[course.paid[:, None] <= begins].any()
    assert (course.channel > 0).sum(axis=1).max() == MAX_CONTACTS
    assert (course.paid[~np.isfinite(customers.patience)] == NEVER).all()


def test_learn__trial__near_what_is_true(trial: tuple[Customers, Int64s, Course, Learned]) -> None:
    *_, learned = trial
    assert learned.best.tolist() == [1, 2, 2]
    assert learned.best_of_all == 2
    assert 0.6 < learned.trust < 1.0
    first = learned.ratio[:, 1:, 0]
    # Whom nothing moves are among those whom the ratios are learnt from.
    assert (np.abs(np.log(first) - np.log(FITTED.ratio)) < 0.35).all()
    assert (np.diff(learned.ratio[:, 1:], axis=2) < 0).all()


def test_learn__contacts_without_effect__nothing_is_promised() -> None:
    world = dataclasses.replace(FITTED, ratio=((1.0, 1.0),) * 3)
    customers = drawn(20_000)
    arm = np.random.default_rng(3).integers(0, 3, len(customers))
    learned = learn(world, customers, arm, play(world, customers, arms(arm)))
    course = play(world, customers, rules.by_value(customers, learned, world.unit_cost, len(customers)))

    assert course.contacts < len(customers) / 20


def test_by_value__budget__never_exceeded(trial: tuple[Customers, Int64s, Course, Learned]) -> None:
    customers, _, _, learned = trial
    for budget in (0, 1, 500):
        assert play(FITTED, customers, rules.by_value(customers, learned, 1, budget)).contacts == budget


def test_compare__few_seeds__value_rule_first_and_the_control_untreated(recovery: Recovery) -> None:
    assert (recovery.ahead(EVERYBODY) >= 0.15).all()
    assert all((recovery.ahead(rule) > 0).all() for rule in (NOBODY, PATENT))
    assert (recovery.contacts[:, RULES.index(NOBODY)] == 0).all()
    made = recovery.contacts[:, [RULES.index(rule) for rule in ("at random", "likeliest to pay", VALUE)]]
    assert (made.max(axis=1) <= 2).all()
    assert np.allclose(made, made[:, :1], rtol=0.1)
    cost = FITTED.contact * recovery.contacts
    assert np.allclose(recovery.net, recovery.recovered - cost, atol=0.01)


def test_compare__cost_by_cost__the_lead_that_a_world_of_that_cost_has(recovery: Recovery) -> None:
    assert recovery.ahead_by_cost[:, COSTS.index(FITTED.contact)] == pytest.approx(
        np.stack([recovery.ahead(rule) for rule in COMPARED], axis=1)
    )
    dear = compare(dataclasses.replace(FITTED, contact=0.1), seeds=1, customers=4_000)
    assert recovery.ahead_by_cost[0, -1] == pytest.approx([dear.ahead(rule)[0] for rule in COMPARED])
    over_everybody = recovery.ahead_by_cost[:, :, COMPARED.index(EVERYBODY)]
    assert (np.diff(over_everybody, axis=1) > 0).all(), "the dearer, the more is saved"


def test_compare__same_seeds__same_figures(recovery: Recovery) -> None:
    again = compare(FITTED, seeds=1, customers=4_000, first_seed=1)
    assert (again.net[0] == recovery.net[1]).all()


def test_compare__too_few_customers__refused() -> None:
    with pytest.raises(InputError, match="at least 1 of 1,000"):
        compare(FITTED, seeds=1, customers=10)
