from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.verdict.calibrated import next_level

MONTHS, BILLS = 400, 1000


@given(rate=st.floats(0.005, 0.1), wrong=st.floats(0.3, 3.0))
def test_next_level__appeals_at_another_rate_than_the_level__the_set_rate_in_the_long_run(
    rate: float, wrong: float
) -> None:
    level, met = rate, []
    for _ in range(MONTHS):
        appealed = round(BILLS * min(level * wrong, 1.0))
        met.append(appealed / BILLS)
        level = next_level(level, rate, appealed, BILLS)
    assert abs(np.mean(met) - rate) < 0.0015


@given(level=st.floats(0, 1), correct=st.integers(1, 60), parts=st.integers(1, 8))
def test_next_level__part_of_the_bills__counts_as_all_would_if_they_were_as_many_times_more(
    level: float, correct: int, parts: int
) -> None:
    assert next_level(level, 0.01, 1, correct, parts) == next_level(level, 0.01, parts, correct * parts)


@given(level=st.floats(0, 1), rate=st.floats(0, 1), correct=st.integers(0, 3000), share=st.floats(0, 1))
def test_next_level__any_month__stays_a_share_and_moves_against_the_error(
    level: float, rate: float, correct: int, share: float
) -> None:
    appealed = int(share * correct)
    after = next_level(level, rate, appealed, correct)
    assert 0 <= after <= 1
    if correct == 0:
        assert after == level
    elif appealed / correct > rate:
        assert after <= level
    else:
        assert after >= level
