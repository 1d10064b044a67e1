"""Assignment that cannot be changed afterwards, and intervals that survive peeking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.arrears.strategy import analyse, assign, commitment, needed
from fairmeter.errors import InputError

SALT = bytes(range(32))


@given(seed=st.integers(0, 2**64 - 1), arms=st.integers(2, 6))
def test_assign__any_seed__sticky_and_even(seed: int, arms: int) -> None:
    account = np.arange(6000)
    arm = assign(account, arms, seed)
    assert (assign(account[::-1], arms, seed)[::-1] == arm).all()
    count = np.bincount(arm, minlength=arms)
    assert ((count - 6000 / arms) ** 2 / (6000 / arms)).sum() < 40


def test_assign__another_seed__another_assignment() -> None:
    one, two = (assign(np.arange(6000), 3, seed) for seed in (1, 2))
    assert 0.28 < (one == two).mean() < 0.39


@given(order=st.permutations(range(20)), changed=st.integers(0, 19))
def test_commitment__one_user_in_another_arm__another_hash(order: list[int], changed: int) -> None:
    account, arm = np.arange(20) * 7, np.arange(20) % 3
    committed = commitment(account, arm, SALT)
    assert commitment(account[order], arm[order], SALT) == committed
    arm[changed] = 3
    assert commitment(account, arm, SALT) != committed


def test_commitment__an_account_twice_or_a_short_salt__refused() -> None:
    with pytest.raises(InputError, match="assigned twice"):
        commitment(np.array([1, 1]), np.array([0, 1]), SALT)
    with pytest.raises(InputError, match="32 bytes"):
        commitment(np.array([1]), np.array([0]), b"")


def test_needed__a_known_case__as_the_textbook() -> None:
    assert needed(0.3, 0.1, 2) == 356
    assert needed(0.3, 0.1, 4) > needed(0.3, 0.1, 2)
    assert needed(0.3, -0.1, 2) < needed(0.3, -0.05, 2)
    with pytest.raises(InputError, match="two different ones"):
        needed(0.3, 0.0, 2)
    with pytest.raises(InputError, match="1 arms"):
        needed(0.3, 0.1, 1)


def test_analyse__no_effect_and_a_look_after_every_hundred__rarely_claimed() -> None:
    claimed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        arm, paid = rng.integers(0, 3, 3000), rng.random(3000) < 0.3
        looks = (analyse(arm[:seen], paid[:seen], 3, 1000) for seen in range(100, 3001, 100))
        claimed += any(one.works for look in looks for one in look)
    assert claimed <= 10, "5 % of the tests may claim an effect that is none"


def test_analyse__an_effect__found_with_what_was_planned() -> None:
    count = 2 * needed(0.3, 0.1, 3)
    found = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        arm = rng.integers(0, 3, 3 * count)
        paid = rng.random(3 * count) < np.array([0.3, 0.4, 0.3])[arm]
        first, second = analyse(arm, paid, 3, count)
        found += first.works and first.low > 0
        assert first.low < first.effect < first.high
        assert first.arm == 1
        assert second.arm == 2
    assert found >= 70, "twice the users of a fixed test give its power"


def test_analyse__an_arm_without_users__refused() -> None:
    with pytest.raises(InputError, match="no users in arm 1, 3"):
        analyse(np.array([0, 2]), np.array([True, False]), 4, 100)
