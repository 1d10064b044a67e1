"""What a contact changes for each person, with an interval for each: econml's causal forest (Athey et al. 2019).

Its trees take halves of the people one by one, so that its intervals are right where people were treated one by one,
and too narrow where whole clusters were: then only the effects are given.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from fairmeter.arrears.features import Floats
from fairmeter.arrears.response.trials import Trial
from fairmeter.errors import ToolMissingError
from fairmeter.model import Bools

NAME: Final = "econml causal forest"
TREES: Final = 400
LEVEL: Final = 0.05


@dataclass(frozen=True, slots=True)
class Persons:
    """Of m people."""

    effect: Floats
    """(m,) in probability."""
    low: Floats
    high: Floats
    """(m,) where it is with 95 %, of each person for itself."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the intervals of each person lie, each of 95 % for itself alone."""

    above: float
    """Share of the people whose interval lies above zero."""
    below: float
    width: float
    """Mean width of the intervals."""

    @classmethod
    def of(cls, low: Floats, high: Floats) -> Moved:
        """Of intervals (n,)."""
        return cls(float((low > 0).mean()), float((high < 0).mean()), float((high - low).mean()))


def check_installed() -> None:
    """Raises ToolMissingError without econml."""
    if importlib.util.find_spec("econml") is None:
        raise ToolMissingError("intervals for each person need econml: pip install 'fairmeter[forest]'")


def persons(trial: Trial, known: Bools, seed: int) -> Persons:
    """Those not `known`, by a forest fitted to the known. Raises ToolMissingError without econml."""
    check_installed()
    from econml.dml import CausalForestDML  # noqa: PLC0415

    design, count = trial.features.indicators(), int(known.sum())
    model = CausalForestDML(
        model_y=HistGradientBoostingClassifier(learning_rate=0.04, max_iter=100, max_leaf_nodes=8, random_state=seed),
        model_t=make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
        discrete_outcome=True,
        discrete_treatment=True,
        n_estimators=TREES,
        min_samples_leaf=max(20, count // 200),
        cv=2,
        n_jobs=1,
        random_state=seed,
    )
    with threadpool_limits(1):  # sums in one order, whatever the machine has
        model.fit(
            trial.outcome[known].astype(np.int64),
            trial.treated[known].astype(np.int64),
            X=design[known],
            groups=trial.cluster[known] if trial.clustered else None,
        )
        found = model.effect_inference(design[~known])
        low, high = found.conf_int(alpha=LEVEL)
    return Persons(*(np.asarray(values, np.float64).ravel() for values in (found.point_estimate, low, high)))
