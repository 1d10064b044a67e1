"""Thompson sampling: its posterior is the closed form, its chances are what is drawn by, and what it records is enough
to tell without bias what another way would have earned."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.arrears.features import Floats, Ints
from fairmeter.arrears.strategy import Batch, Posterior, drawn, off_policy, thompson, together
from fairmeter.arrears.strategy.bandit import BASE, EFFECT, NOISE
from fairmeter.errors import InputError
from fairmeter.units import PPM

FLOOR = np.array([100_000, 20_000, 20_000])
EFFECTS = np.array([[0.0, 0.0], [0.10, -0.20], [-0.10, 0.20]])
"""(arms, k) of a known problem: the second strategy is best where the second feature is above a half."""


def users(count: int, seed: int) -> tuple[Ints, Floats]:
    rng = np.random.default_rng(seed)
    return np.arange(count) + count * seed, np.column_stack([np.ones(count), rng.random(count)])


def rewards(context: Floats, seed: int) -> Floats:
    """(n, arms) of 0 or 1, for each arm that a user may get."""
    return np.asarray(np.random.default_rng(seed).random((len(context), 1)) < 0.4 + context @ EFFECTS.T, np.float64)


def tried(batches: int, count: int, seed: int, floor: Ints = FLOOR) -> tuple[Batch, Floats, Floats]:
    """What a bandit recorded, the rewards of it, and the regret of each batch."""
    posterior, taken, earned, regret = Posterior.prior(3, 2), [], [], []
    for number in range(batches):
        account, context = users(count, 1000 * seed + number)
        batch = thompson(posterior, account, context, floor, seed)
        came = rewards(context, 7 + 1000 * seed + number)[np.arange(count), batch.arm]
        posterior = posterior.updated(context, batch.arm, came)
        true = context @ EFFECTS.T
        taken.append(batch)
        earned.append(came)
        regret.append((true.max(axis=1) - (true * batch.chance).sum(axis=1) / PPM).sum())
    return together(tuple(taken)), np.concatenate(earned), np.array(regret)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 40), cut=st.floats(0, 1))
def test_posterior__any_batches_in_any_order__the_closed_form(seed: int, count: int, cut: float) -> None:
    rng, middle = np.random.default_rng(seed), int(cut * count)
    context, arm, reward = rng.normal(size=(count, 2)), rng.integers(0, 3, count), rng.normal(size=count)
    parts = [slice(middle, count), slice(0, middle)]
    posterior = Posterior.prior(3, 2)
    for rows in parts:
        posterior = posterior.updated(context[rows], arm[rows], reward[rows])

    # The same law as a Gaussian process: over rewards, not coefficients.
    prior = np.diag([BASE**2] * 2 + [EFFECT**2] * 4)
    design = np.zeros((count, 6))
    for row in range(count):
        design[row, :2] = context[row]
        if arm[row]:
            design[row, 2 * arm[row] : 2 * arm[row] + 2] = context[row]
    gain = prior @ design.T @ np.linalg.inv(design @ prior @ design.T + NOISE * np.eye(count))
    assert np.allclose(posterior.mean.ravel(), gain @ reward)
    assert np.allclose(np.linalg.inv(posterior.precision), prior - gain @ design @ prior)


def test_favoured__one_strategy__as_the_normal_law_says() -> None:
    context, rng = np.ones((400, 1)), np.random.default_rng(0)
    posterior = Posterior.prior(2, 1).updated(context, np.arange(400) % 2, rng.random(400))
    deviation = float(np.sqrt(np.linalg.inv(posterior.precision)[1, 1]))
    better = NormalDist(float(posterior.mean[1, 0]), deviation).cdf(0.0)
    share = posterior.favoured(context[:1], rng, 40_000)[0]
    assert share == pytest.approx([better, 1 - better], abs=0.01)


def test_thompson__a_known_problem__regret_flattens_and_the_floor_is_all_that_is_left() -> None:
    _, _, regret = tried(40, 400, 0, np.array([1, 1, 1]))
    assert regret[-10:].sum() < 0.1 * regret[:10].sum()
    cumulated = np.cumsum(regret)
    slope = np.log(cumulated[-1] / cumulated[9]) / np.log(4)
    assert slope < 0.5, "sublinear: a way that learns nothing has 1"
    _, _, floored = tried(40, 400, 0)
    assert floored[-10:].sum() > 5 * regret[-10:].sum()


@settings(max_examples=30)
@given(seed=st.integers(0, 2**70), first=st.integers(1, 500_000), other=st.integers(1, 200_000))
def test_thompson__any_floor__kept_and_the_batch_again_the_same(seed: int, first: int, other: int) -> None:
    account, context = users(200, 3)
    posterior = Posterior.prior(3, 2).updated(context, account % 3, rewards(context, 1)[:, 1])
    floor = np.array([first, other, other])
    batch, again = (thompson(posterior, account, context, floor, seed) for _ in range(2))
    assert (batch.chance >= floor).all()
    assert (batch.chance.sum(axis=1) == PPM).all()
    assert (batch.arm == again.arm).all()
    assert batch.commitment(bytes(32)) == again.commitment(bytes(32))


def test_thompson__another_chance__another_commitment() -> None:
    account, context = users(50, 1)
    batch = thompson(Posterior.prior(3, 2), account, context, FLOOR, 1)
    committed = batch.commitment(bytes(32))
    batch.chance[7, :2] += [1, -1]
    assert batch.commitment(bytes(32)) != committed


def test_drawn__chances__met_and_sticky() -> None:
    account, chance = np.arange(60_000), np.broadcast_to([500_000, 300_000, 200_000, 0], (60_000, 4))
    arm = drawn(account, chance, 9)
    assert np.bincount(arm, minlength=4) / 60_000 == pytest.approx([0.5, 0.3, 0.2, 0.0], abs=0.01)
    assert (drawn(account[::-1], chance, 9)[::-1] == arm).all()
    assert (drawn(account, chance, 10) != arm).mean() > 0.5


def test_off_policy__chances_that_followed_the_outcomes__intervals_hold_as_often_as_they_say() -> None:
    held, widths, errors = np.zeros(2), np.zeros(2), np.zeros((200, 2))
    for seed in range(200):
        batch, reward, _ = tried(5, 150, seed + 1)
        target = np.broadcast_to([-1.0, 0.0, 1.0], batch.chance.shape)  # the second strategy, less the control
        true = float((batch.context @ EFFECTS[2]).mean())
        for k, found in enumerate(off_policy(batch, reward, target)):
            held[k] += found.holds(true)
            widths[k] += found.high - found.low
            errors[seed, k] = found.value - true
    assert (held >= 182).all(), "95 % are expected, 91 % are three deviations below"
    assert (np.abs(errors.mean(axis=0)) < 4 * errors.std(axis=0) / np.sqrt(200)).all(), "unbiased"
    assert widths[1] < widths[0], "what was believed makes it narrower"


def test_off_policy__what_was_given__the_mean_of_what_came() -> None:
    batch, reward, _ = tried(2, 100, 1)
    inverse, _ = off_policy(batch, reward, batch.chance / PPM)
    assert inverse.value == pytest.approx(reward.mean())


def test_bandit__what_cannot_be__refused() -> None:
    account, context = users(4, 0)
    posterior, arm, reward = Posterior.prior(3, 2), np.zeros(4, np.int64), np.ones(4)
    for wrong in (np.array([0, 20_000, 20_000]), np.array([500_000, 400_000, 100_000]), np.array([1, 1])):
        with pytest.raises(InputError, match="without the untreated no uplift"):
            thompson(posterior, account, context, wrong, 0)
    with pytest.raises(InputError, match="a control, a strategy and a feature"):
        Posterior.prior(1, 2)
    for wrong_context in (context[:, :1], np.full((4, 2), np.nan)):
        with pytest.raises(InputError, match="2 numbers are expected"):
            posterior.updated(wrong_context, arm, reward)
    with pytest.raises(InputError, match="a number is expected of each of 4 users"):
        posterior.updated(context, arm, np.array([1.0, 0.0, 1.0, np.inf]))
    with pytest.raises(InputError, match="0 to 2 are expected, found 0 to 3"):
        posterior.updated(context, np.array([0, 1, 2, 3]), reward)
    with pytest.raises(InputError, match="1,000,000 ppm together"):
        drawn(account, np.full((4, 3), 300_000), 0)
    batch = Batch(account, context, np.broadcast_to([PPM, 0, 0], (4, 3)), arm, np.zeros((4, 3)))
    with pytest.raises(InputError, match="an arm that had no chance"):
        off_policy(batch, reward, np.broadcast_to([0.0, 1.0, 0.0], (4, 3)))
    with pytest.raises(InputError, match=r"\(4, 3\) and \(4,\) are expected"):
        off_policy(batch, reward[:3], np.zeros((4, 3)))
    doubled = Batch(account // 2, context, batch.chance, arm, batch.expected)
    with pytest.raises(InputError, match="assigned twice"):
        doubled.commitment(bytes(32))
