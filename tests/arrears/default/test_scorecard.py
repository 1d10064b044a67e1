"""The scorecard's bins, points, reasons and grades."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.arrears.default import Boosted, Scorecard, grades
from fairmeter.arrears.default.binning import LEAST_SHARE, bins
from fairmeter.arrears.features import Features
from fairmeter.arrears.quality import quality


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), slope=st.sampled_from([-2.0, 0.0, 2.0]))
def test_bins__any_feature__weights_monotone_and_none_too_small(seed: int, slope: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=400).round(1)
    target = rng.random(400) < 1 / (1 + np.exp(1 - slope * values))
    own = bins(Features.of(pl.DataFrame({"x": values})), target)[0]
    steps = np.diff(own.weight[:-1])
    assert (steps > 0).all() or (steps < 0).all()
    assert np.bincount(own.of(values)).min() >= LEAST_SHARE * 400
    assert own.weight[-1] == pytest.approx(0.0), "nothing is known of what is missing"


def test_scorecard__customers_of_known_risk__found_and_met(borrowers: Any) -> None:
    known, others = np.arange(3000) < 2000, np.arange(3000) >= 2000
    card = Scorecard.fit(borrowers.features.take(known), borrowers.default[known])
    probability = card.probability(borrowers.features.take(others))
    best = quality(borrowers.risk[others], borrowers.default[others], np.random.default_rng(0), 20)
    reached = quality(probability, borrowers.default[others], np.random.default_rng(0), 20)
    assert card.like.names == ("months late", "income", "housing")
    assert reached.area.value > best.area.value - 0.03
    assert reached.calibration_error.value < 0.06


def test_points__each_doubling_of_the_odds__twenty_points(borrowers: Any) -> None:
    card = Scorecard.fit(borrowers.features, borrowers.default)
    probability, points = card.probability(borrowers.features), card.points(borrowers.features)
    paying = np.log2((1 - probability) / probability)
    assert np.abs(600 + 20 * (paying - np.log2(50)) - points).max() <= 0.5


def test_reasons__a_customer__the_dearest_first_and_none_in_the_best_bins(borrowers: Any) -> None:
    card = Scorecard.fit(borrowers.features, borrowers.default)
    asked = pl.DataFrame(
        {"noise": [0.0] * 3, "housing": ["rent", "own", "own"], "months late": [4, 0, 0], "income": [None, 1e9, 1.0]}
    )
    first, best, poor = card.reasons(Features.of(asked, borrowers.features))
    assert first.startswith("months late is above 3 (-")
    assert "income is not known (-" in first
    assert "housing is rent (-" in first
    assert best == ""
    assert poor.startswith("income is ")


def test_grades__probabilities__rising(borrowers: Any) -> None:
    assert grades(np.array([0.0, 0.05, 0.1, 0.2, 0.4, 1.0])).tolist() == ["A", "B", "C", "D", "E", "E"]
    probability = Scorecard.fit(borrowers.features, borrowers.default).probability(borrowers.features)
    shares = [borrowers.default[grades(probability) == grade].mean() for grade in "BCDE"]
    assert shares == sorted(shares)


def test_boosted__same_seed__same_probabilities_and_near_the_risk(borrowers: Any) -> None:
    one, two = (Boosted.fit(borrowers.features, borrowers.default, 3).probability(borrowers.features) for _ in "ab")
    assert (one == two).all()
    assert np.corrcoef(one, borrowers.risk)[0, 1] > 0.9
