"""Boosted trees: the mean log odds of several histogram gradient boosting models with fixed seeds.

Small steps, strong shrinkage and few features a split, so that probabilities are met without another calibration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from fairmeter.arrears.features import Features, Floats
from fairmeter.model import Bools

MODELS: Final = 2
_ROWS_A_LEAF: Final = 30


@dataclass(frozen=True, slots=True)
class Boosted:
    """Fitted."""

    models: tuple[HistGradientBoostingClassifier, ...]

    @classmethod
    def fit(cls, features: Features, target: Bools, seed: int) -> Boosted:
        """To customers of whom `target` (n,) says who defaulted."""
        models = (_model(features, seed + k) for k in range(MODELS))
        with threadpool_limits(1):  # sums in one order, whatever the machine has
            return cls(tuple(model.fit(features.values, target) for model in models))

    def probability(self, features: Features) -> Floats:
        """(n,) of a default, of customers with the features that it was fitted to."""
        odds = np.mean([model.decision_function(features.values) for model in self.models], axis=0)
        return np.asarray(expit(odds))


def _model(features: Features, seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=0.03,
        max_iter=200,
        max_leaf_nodes=16,
        min_samples_leaf=_ROWS_A_LEAF,
        l2_regularization=20.0,
        max_features=0.1,
        categorical_features=features.categorical(),
        early_stopping=False,
        random_state=seed,
    )
