from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from fairmeter.errors import InputError
from fairmeter.verdict.evaluation import CURVE_RATES, Labels, evaluate, threshold
from fairmeter.verdict.evaluation.metrics import curve, parts

ROWS = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=60)


def _labels(faulty: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Labels:
    kinds = tuple("digit" if fault else None for fault in faulty.tolist())
    return Labels(faulty, np.where(faulty, 100.0, 0.0), np.arange(len(faulty)) // 2, kinds)


@given(rows=ROWS.filter(lambda rows: {fault for _, fault in rows} == {True, False}))
def test_evaluate__any_scores_with_ties__the_area_of_the_reference(rows: list[tuple[int, bool]]) -> None:
    score, faulty = np.array([float(row[0]) for row in rows]), np.array([row[1] for row in rows])
    area = evaluate(score, _labels(faulty), np.random.default_rng(0), resamples=2).quality.area
    assert area == pytest.approx(roc_auc_score(faulty, score))


def test_evaluate__faults_above_all_correct_bills__found_at_every_rate() -> None:
    faulty = np.arange(2000) < 100
    result = evaluate(np.where(faulty, 2.0, np.linspace(0, 1, 2000)), _labels(faulty), np.random.default_rng(0), 20)
    assert result.quality.recall == (1.0, 1.0, 1.0)
    assert (result.quality.area, result.quality.money, result.by_fault) == (1.0, 1.0, {"digit": 1.0})
    assert result.low.area == result.high.area == 1.0


def test_evaluate__random_scores__recall_is_the_rate_and_the_interval_holds_a_half() -> None:
    rng = np.random.default_rng(1)
    faulty = rng.random(40_000) < 0.2
    result = evaluate(rng.random(40_000), _labels(faulty), rng, 40)
    assert result.quality.recall == pytest.approx((0.001, 0.01, 0.05), abs=0.006)
    assert result.low.area < 0.5 < result.high.area


def test_evaluate__score_unknown__ranks_below_all_else() -> None:
    faulty = np.array([True, False, False, False])
    score = np.array([np.nan, 0.0, 1.0, 2.0])
    assert evaluate(score, _labels(faulty), np.random.default_rng(0), 2).quality.area == 0.0


def test_evaluate__no_faulty_bill__refused() -> None:
    with pytest.raises(InputError, match="both faulty and correct"):
        evaluate(np.zeros(3), _labels(np.zeros(3, dtype=np.bool_)), np.random.default_rng(0))


@given(score=st.lists(st.integers(0, 9).map(float), min_size=1, max_size=50), rate=st.floats(0, 0.9))
def test_threshold__any_rate__at_most_that_share_lies_above(score: list[float], rate: float) -> None:
    values = np.array(score)
    assert np.mean(values > threshold(values, np.ones(len(values), dtype=np.bool_), rate)) <= rate


@given(rows=ROWS.filter(lambda rows: {fault for _, fault in rows} == {True, False}))
def test_curve__any_scores__rises_and_agrees_with_the_thresholds(rows: list[tuple[int, bool]]) -> None:
    score, faulty = np.array([float(row[0]) for row in rows]), np.array([row[1] for row in rows])
    found = curve(score, _labels(faulty))
    assert list(found) == sorted(found)
    for rate, share in zip(CURVE_RATES, found, strict=True):
        assert share == pytest.approx(np.mean(score[faulty] > threshold(score, ~faulty, rate)))


def test_parts__two_of_them__at_the_threshold_of_all() -> None:
    score = np.concatenate([np.linspace(0, 1, 1000), [2.0, 0.5]])
    faulty = np.arange(1002) >= 1000
    names = np.where(np.arange(1002) % 2 == 0, "even", "odd")
    found = parts(score, _labels(faulty), names)
    assert (found["even"].recall, found["odd"].recall) == (1.0, 0.0)
    assert sum(part.false_appeals or 0.0 for part in found.values()) == pytest.approx(0.02)
