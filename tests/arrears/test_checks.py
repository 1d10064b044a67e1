"""What cannot be learnt from is refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from fairmeter.arrears.checks import check_features, check_probabilities
from fairmeter.arrears.features import Features
from fairmeter.errors import InputError


def test_check_features__ordinary_ones__accepted(borrowers: Any) -> None:
    check_features(borrowers.features, borrowers.default)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("empty", "missing in every row"), ("same", "constant"), ("later", "leaking"), ("known", "leaking")],
)
def test_check_features__one_that_cannot_be_learnt_from__named(borrowers: Any, name: str, problem: str) -> None:
    default = borrowers.default
    columns = {
        "empty": pl.Series(name, [None] * len(default), dtype=pl.Float64),
        "same": pl.Series(name, np.ones(len(default))),
        "later": pl.Series(name, np.where(default, -100.0, 5.0) + np.arange(len(default)) % 7),
        "known": pl.Series(name, np.where(default, 1.0, np.nan)).fill_nan(None),
    }
    features = Features.of(borrowers.frame.with_columns(columns[name]))
    with pytest.raises(InputError, match=f"features {problem}.*: {name}; leave them out"):
        check_features(features, default)


def test_check_features__too_few_defaults__says_how_many(borrowers: Any) -> None:
    with pytest.raises(InputError, match="3 of the rarer outcome: 20 are needed"):
        check_features(borrowers.features, np.arange(len(borrowers.default)) < 3)


@pytest.mark.parametrize("wrong", [-0.1, 1.5, np.nan])
def test_check_probabilities__outside_0_to_1__first_row_named(wrong: float) -> None:
    with pytest.raises(InputError, match=r"p: 1 outside 0..1, the first .* in row 2"):
        check_probabilities("p", np.array([0.5, wrong, 1.0]))


def test_features_of__others_with_a_column_less__named(borrowers: Any) -> None:
    with pytest.raises(InputError, match="features missing: income"):
        Features.of(borrowers.frame.drop("income"), borrowers.features)


def test_features_of__a_category_never_seen__missing(borrowers: Any) -> None:
    others = borrowers.frame.head(2).with_columns(pl.Series("housing", ["castle", "own"]))
    assert np.isnan(Features.of(others, borrowers.features).values[:, 2]).tolist() == [True, False]
