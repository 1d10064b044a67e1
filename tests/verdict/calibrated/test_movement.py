from __future__ import annotations

import statistics

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.verdict.calibrated.movement import others_median

VALUES = st.lists(st.tuples(st.integers(0, 2), st.one_of(st.just(float("nan")), st.integers(-9, 9).map(float))))


@given(rows=VALUES.filter(bool))
def test_others_median__any_groups__the_median_of_all_others(rows: list[tuple[int, float]]) -> None:
    group, values = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    median, count = others_median(values, group)
    for row, (own, value) in enumerate(rows):
        if np.isnan(value):
            continue
        others = [v for place, (g, v) in enumerate(rows) if g == own and place != row and not np.isnan(v)]
        assert count[row] == len(others)
        assert np.isnan(median[row]) if not others else median[row] == statistics.median(others)
