"""Figures of quality against their definitions, written out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

from fairmeter.arrears.quality import area, equal_bins, quality

ROWS = st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=4, max_size=60).filter(
    lambda rows: len({target for _, target in rows}) == 2
)


@given(rows=ROWS)
def test_quality__any_rows__as_scikit_learn_has_them(rows: list[tuple[int, bool]]) -> None:
    probability = np.array([score / 10 for score, _ in rows])
    target = np.array([outcome for _, outcome in rows])
    found = quality(probability, target, np.random.default_rng(0), resamples=3)
    false, true, _ = roc_curve(target, probability, drop_intermediate=False)
    assert np.isclose(found.area.value, roc_auc_score(target, probability))
    assert np.isclose(found.ks.value, np.max(true - false).clip(np.max(false - true)))
    assert np.isclose(found.brier.value, brier_score_loss(target, probability))


@given(rows=ROWS)
def test_area__scores_reversed__the_rest_of_one(rows: list[tuple[int, bool]]) -> None:
    score, target = np.array([float(one) for one, _ in rows]), np.array([outcome for _, outcome in rows])
    assert np.isclose(area(score, target) + area(-score, target), 1.0)


def test_quality__probabilities_that_are_met__hardly_any_calibration_error() -> None:
    rng = np.random.default_rng(1)
    risk = rng.random(20_000)
    target = rng.random(20_000) < risk
    met = quality(risk, target, np.random.default_rng(0), 20)
    shrunk = quality(0.5 + (risk - 0.5) / 2, target, np.random.default_rng(0), 20)
    assert met.calibration_error.value < 0.01
    assert met.area.low < met.area.value < met.area.high
    assert abs(shrunk.calibration_error.value - 0.125) < 0.01
    assert shrunk.area.value == met.area.value


def test_equal_bins__equal_scores__as_many_rows_in_each() -> None:
    assert np.bincount(equal_bins(np.zeros(25), 10)).tolist() == [3, 2, 3, 2, 3, 2, 3, 2, 3, 2]
