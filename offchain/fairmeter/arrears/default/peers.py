"""What the scorecard and the boosted trees are compared with, from the same features of the same customers."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairmeter.arrears.features import Features, Floats
from fairmeter.model import Bools

Peer = Callable[[Features, Bools, Features, int], Floats]
"""Fitted to features and outcomes, with a seed, the probability of a default of others."""


def _logistic(features: Features, target: Bools, others: Features, _: int) -> Floats:
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    model.fit(features.indicators(), target)
    return np.asarray(model.predict_proba(others.indicators())[:, 1])


def _boosting(features: Features, target: Bools, others: Features, seed: int) -> Floats:
    model = HistGradientBoostingClassifier(categorical_features=features.categorical(), random_state=seed)
    model.fit(features.values, target)
    return np.asarray(model.predict_proba(others.values)[:, 1])


def _optbinning(features: Features, target: Bools, others: Features, _: int) -> Floats:
    """The library's scorecard: binning with monotonic trends chosen for each feature, then its logistic regression."""
    import pandas as pd  # noqa: PLC0415
    from optbinning import BinningProcess, Scorecard  # noqa: PLC0415

    names = list(features.names)
    categorical = [name for name, kinds in zip(names, features.categories, strict=True) if kinds]
    process = BinningProcess(names, categorical_variables=categorical, selection_criteria={"iv": {"min": 0.02}})
    model = Scorecard(binning_process=process, estimator=LogisticRegression(max_iter=2000))
    model.fit(pd.DataFrame(features.values, columns=names), target.astype(np.int64))
    return np.asarray(model.predict_proba(pd.DataFrame(others.values, columns=names))[:, 1])


PEERS: Final[dict[str, Peer]] = {
    "logistic regression": _logistic,
    "gradient boosting": _boosting,
    "optbinning": _optbinning,
}
_LIBRARY: Final = {"optbinning": "optbinning"}


def absent() -> tuple[str, ...]:
    """The peers whose library is not installed."""
    return tuple(name for name, library in _LIBRARY.items() if importlib.util.find_spec(library) is None)
