"""What dishonest operators sign: of a form that is accepted, and following from its own figures."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.model import Decision, Int64s, Presets, Reference, Verdicts
from fairmeter.simulation.conduct import FALSE_VERDICTS, forged, lied
from fairmeter.simulation.scenario import Conduct
from fairmeter.units import MAX_INT40, MAX_PRESET, MAX_QUANTITY, MIN_INT40, PPM, Ppm
from fairmeter.verdict import judge

GROWTH: Final = st.integers(MIN_INT40, MAX_INT40)


@st.composite
def judged(draw: st.DrawFn) -> tuple[Verdicts, Presets]:
    presets = Presets(Ppm(draw(st.integers(-MAX_PRESET, MAX_PRESET))), Ppm(draw(st.integers(-MAX_PRESET, MAX_PRESET))))
    rows = draw(st.lists(st.tuples(st.sampled_from(list(Decision)), GROWTH, GROWTH), min_size=1, max_size=20))
    known = np.array([decision is not Decision.INSUFFICIENT for decision, _, _ in rows])
    verdicts = Verdicts(
        decision=np.array([decision for decision, _, _ in rows], np.uint8),
        actual_ppm=np.where(known, [actual for _, actual, _ in rows], 0),
        expected_ppm=np.where(known, [expected for _, _, expected in rows], 0),
        has_actual=known,
        has_expected=known,
        exact=np.zeros(len(rows), np.bool_),
    )
    return verdicts, presets


def of_each(verdicts: Verdicts, presets: Presets) -> tuple[Int64s, Int64s]:
    """The first and second presets of each bill."""
    return np.full(len(verdicts), presets.first), np.full(len(verdicts), presets.second)


@given(judged(), st.sampled_from(sorted(FALSE_VERDICTS)), st.integers(0, PPM), st.integers(0, 2**32))
def test_lied__any_conduct__changed_decisions_follow_from_their_growths(
    case: tuple[Verdicts, Presets], conduct: Conduct, share: int, seed: int
) -> None:
    verdicts, presets = case
    claimed = lied(conduct, verdicts, *of_each(verdicts, presets), share=share, generator=np.random.default_rng(seed))
    changed = claimed.decision != verdicts.decision
    pay = changed & (claimed.decision == Decision.PAY)
    appeal = changed & (claimed.decision == Decision.APPEAL)
    assert (pay | appeal == changed).all()
    assert (claimed.has_actual[changed]).all()
    assert (claimed.actual_ppm[pay] < presets.second).all()
    assert not claimed.has_expected[pay].any()
    assert (claimed.actual_ppm[appeal] - claimed.expected_ppm[appeal] > presets.first).all()
    assert (claimed.actual_ppm[appeal] >= presets.second).all()
    for name in ("actual_ppm", "expected_ppm", "has_actual", "has_expected"):
        assert (getattr(claimed, name)[~changed] == getattr(verdicts, name)[~changed]).all()


@given(judged(), st.integers(0, 2**32))
def test_lied__flip_of_all__every_decision_turned(case: tuple[Verdicts, Presets], seed: int) -> None:
    verdicts, presets = case
    claimed = lied(
        Conduct.FLIP, verdicts, *of_each(verdicts, presets), share=PPM, generator=np.random.default_rng(seed)
    )
    assert (claimed.decision != verdicts.decision).all()


@pytest.mark.parametrize("degree", [1, 2])
@given(data=st.data())
def test_forged__any_bill__judged_pay_from_its_own_readings(degree: int, data: st.DataObject) -> None:
    n2 = data.draw(st.integers(28, 93))
    days = np.array([data.draw(st.integers(max(n2 - 1, 1), min(n2 + 1, 93)))])
    quantity = np.array([data.draw(st.integers(1, MAX_QUANTITY // 93) | st.integers(1, 10**6))])
    empty = np.zeros((1, n2))
    reference = Reference(np.array([0], np.int32), np.array([n2], np.int32), empty.astype(np.int64), empty > 0)
    presets = Presets(degree=degree)
    verdict = judge(
        forged(reference, quantity, days),
        quantity,
        days.astype(np.int32),
        first_preset=presets.first,
        second_preset=presets.second,
        degree=degree,
    )
    assert verdict.decision[0] == Decision.PAY
