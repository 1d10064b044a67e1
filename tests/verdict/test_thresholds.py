from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.model import Payments
from fairmeter.verdict.payments import expect, fit_payments
from fairmeter.verdict.thresholds import (
    FARTHEST,
    Faults,
    by_made_faults,
    choose,
    grid,
    make_faults,
    outcomes,
)


def _payments(seed: int, due: bool) -> Payments:
    """Eighty customers with twelve payments of their own size each."""
    rng = np.random.default_rng(seed)
    amount = np.exp(rng.normal(9, 0.7, (80, 1)) + rng.normal(0, 0.1, (80, 12)))
    day = (15_000 + 30 * np.arange(12) + rng.integers(0, 6, (80, 12))).astype(np.int32).ravel()
    customer = np.repeat(np.arange(80, dtype=np.int32), 12)
    owed = (day - rng.integers(0, 6, len(day))).astype(np.int32) if due else None
    names = tuple(f"payer {number:02}" for number in range(80))
    return Payments(customer, day, np.rint(amount).astype(np.int64).ravel(), names, owed)


def _faults(seed: int, due: bool = False, classes: int = 2) -> Faults:
    payments = _payments(seed, due)
    of = (payments.customer % classes).astype(np.int64)
    return make_faults(fit_payments(payments), payments, of, classes, seed)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 99), due=st.booleans())
def test_make_faults__each__farther_out_in_amount_or_day_never_both(seed: int, due: bool) -> None:
    faults = _faults(seed, due)
    amount, day = faults.amount[1] != faults.amount[0], faults.interval[1] != faults.interval[0]
    assert not np.any(amount & day)
    assert np.mean(faults.amount[1, amount] > faults.amount[0, amount]) > 0.85
    assert 0.4 < amount.mean() < 0.6
    assert np.array_equal(faults.money[1] > faults.money[0], amount)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 99))
def test_outcomes__higher_thresholds__more_missed_and_less_held_up(seed: int) -> None:
    faults = _faults(seed)
    low = np.random.default_rng(seed).uniform(0, FARTHEST, (20, 4))
    first, second = outcomes(low, faults), outcomes(low + 0.5, faults)
    assert np.all(second[:, 0] >= first[:, 0])
    assert np.all(second[:, 1:] <= first[:, 1:])
    assert np.array_equal(outcomes(np.zeros((1, 4)), faults)[0], [0.0, 1.0, 1.0])


def test_outcomes__by_hand__the_shares() -> None:
    places = np.array([[0.5, 3.0], [2.0, 3.0]])
    faults = Faults(places, np.zeros((2, 2)), np.array([[10.0, 20.0], [30.0, 40.0]]), np.array([0, 1]), 2)
    found = outcomes(np.array([[1.0, 9.0, 4.0, 9.0], [1.0, 9.0, 1.0, 9.0]]), faults)
    assert np.allclose(found, [[0.5, 0.0, 0.3], [0.0, 0.5, 0.9]])


def test_choose__a_rate__the_fewest_missed_within_it() -> None:
    choices = np.arange(8.0).reshape(4, 2)
    outcome = np.array([[0.1, 0.5, 0.9], [0.3, 0.02, 0.2], [0.3, 0.01, 0.1], [0.9, 0.0, 0.0]])
    assert choose(choices, outcome, 0.02).tolist() == [4.0, 5.0]
    assert choose(choices, outcome[:1], 0.02).tolist() == [0.0, 1.0]


def test_by_made_faults__a_rate__what_fires_is_what_was_said() -> None:
    payments = _payments(3, due=False)
    model, of = fit_payments(payments), (payments.customer % 2).astype(np.int64)
    found = by_made_faults(model, make_faults(model, payments, of, 2, 0), 0.02)
    expected = expect(model, payments)
    for number, threshold in enumerate(found):
        assert threshold.false <= 0.02
        assert threshold.found > 0.5
        assert np.isclose(threshold.fires(expected)[of == number].mean(), threshold.false)


def test_grid__choices__both_ends_and_the_same_for_each_class() -> None:
    choices = grid(3, 400)
    assert choices.shape == (400, 6)
    assert np.array_equal(choices[:, :2], choices[:, 4:])
    assert (choices.min(), choices.max()) == (0.0, FARTHEST)
