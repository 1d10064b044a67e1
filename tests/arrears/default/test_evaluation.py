"""Models compared out of sample, and what is reached on the public sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairmeter.arrears.default import SETS, Payments, compare, evaluation
from fairmeter.arrears.default.peers import absent
from fairmeter.arrears.quality import quality
from fairmeter.errors import InputError


def _silent(_: float) -> None:
    return


def test_compare__a_set_without_structure__the_simplest_is_chosen(borrowers: Any) -> None:
    shuffled = np.random.default_rng(0).permutation(borrowers.default)
    found = compare(Payments("shuffled", borrowers.features, shuffled), 0, _silent)
    assert found.chosen == "scorecard"
    assert all(one.quality.area.low < 0.55 for one in found.contestants), "no model may have seen its customers"


def test_compare__linear_risk__scorecard_chosen_grades_met(borrowers: Any) -> None:
    found = compare(Payments("drawn", borrowers.features, borrowers.default), 0, _silent)
    assert found.chosen == "scorecard"
    assert sum(one.customers for one in found.grades) == found.customers == 3000
    for one in found.grades:
        if one.customers > 300 and one.expected is not None and one.observed is not None:
            assert abs(one.expected - one.observed) < 0.05


def test_compare__one_outcome__refused(borrowers: Any) -> None:
    with pytest.raises(InputError, match="0 of the rarer outcome"):
        compare(Payments("none", borrowers.features, np.zeros(3000, dtype=np.bool_)), 0, _silent)


def test_compare__german_credit__not_behind_any_peer(shared: Path) -> None:
    file = "payments/german_credit.open.parquet"
    found = compare(SETS[file](shared / "data" / file), 0, _silent)
    area = {one.name: one.quality.area for one in found.contestants}
    assert set(area) == {"scorecard", "boosted trees", "logistic regression", "gradient boosting", "optbinning"} - set(
        absent()
    )
    assert area["scorecard"].value > 0.8
    assert all(area["scorecard"].value > one.low for one in area.values())


def test_boosted__uci_credit_default__area_and_calibration_reached(shared: Path) -> None:
    file = "payments/uci_credit_default.open.parquet"
    clients = SETS[file](shared / "data" / file)
    models = {evaluation.BOOSTED: evaluation._MODELS[evaluation.BOOSTED]}
    probability = evaluation._out_of_sample(clients.features, clients.default, models, 0, _silent)
    found = quality(probability[evaluation.BOOSTED], clients.default, np.random.default_rng(0), resamples=1)
    assert found.area.value >= 0.785
    assert found.calibration_error.value <= 0.01
