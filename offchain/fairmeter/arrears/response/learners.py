"""What a contact changes, person by person: two models, and a doubly robust learner.

Two models: one of the outcome with the contact, one without, and their difference (T-learner, Kuenzel et al. 2019).
Doubly robust: the models, fitted on the other half, correct themselves by what the treated and the untreated did, and a
third model learns the corrected differences (Kennedy 2023); right if the models or the propensity are.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from fairmeter.arrears.features import Floats
from fairmeter.arrears.response.trials import Trial
from fairmeter.model import Bools


@dataclass(frozen=True, slots=True)
class Response:
    """Of n people."""

    natural: Floats
    """(n,) probability of the outcome without the contact."""
    contacted: Floats
    """(n,) and with it."""


Learner = Callable[[Trial, Bools, int], Floats]
"""Fitted to the rows `known` of a trial with a seed, the effect on each of the others, in probability."""


def response(trial: Trial, known: Bools, seed: int) -> Response:
    """Probabilities of those not `known`, by boosted trees fitted to the treated and to the untreated of the known."""
    others = trial.features.take(~known).values
    with threadpool_limits(1):  # sums in one order, whatever the machine has
        models = [_classifier(trial, known & (trial.treated == arm), seed) for arm in (False, True)]
        natural, contacted = (np.asarray(model.predict_proba(others)[:, 1]) for model in models)
    return Response(natural, contacted)


def doubly_robust(trial: Trial, known: Bools, seed: int) -> Floats:
    """By the halves of the known, drawn by cluster."""
    side = np.random.default_rng(seed).random(int(trial.cluster.max()) + 1)[trial.cluster] < 0.5
    effect = np.zeros(len(trial.treated))
    for half in (side, ~side):
        unseen = ~(known & half)
        found = corrected(trial, unseen, response(trial, known & half, seed))
        effect[known & ~half] = found[~half[unseen] & known[unseen]]
    with threadpool_limits(1):
        model = HistGradientBoostingRegressor(
            learning_rate=0.03,
            max_iter=80,
            max_leaf_nodes=6,
            min_samples_leaf=_leaf(int(known.sum())),
            l2_regularization=20.0,
            categorical_features=trial.features.categorical(),
            early_stopping=False,
            random_state=seed,
        ).fit(trial.features.values[known], effect[known])
        return np.asarray(model.predict(trial.features.values[~known]))


def corrected(trial: Trial, rows: Bools, found: Response) -> Floats:
    """The augmented inverse propensity weighted effect on each of `rows` (Robins et al. 1994): the models' difference,
    and their errors on what was done, weighted by how rarely it was."""
    treated, outcome, share = trial.treated[rows], trial.outcome[rows], trial.propensity[rows]
    error = np.where(treated, (outcome - found.contacted) / share, -(outcome - found.natural) / (1 - share))
    return np.asarray(found.contacted - found.natural + error)


def _classifier(trial: Trial, rows: Bools, seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=0.04,
        max_iter=100,
        max_leaf_nodes=8,
        min_samples_leaf=_leaf(int(rows.sum())),
        l2_regularization=10.0,
        categorical_features=trial.features.categorical(),
        early_stopping=False,
        random_state=seed,
    ).fit(trial.features.values[rows], trial.outcome[rows])


def _leaf(rows: int) -> int:
    """People in a leaf at least: a leaf's effect is a difference of two rates, and needs many."""
    return max(20, rows // 50)


def _logistic(trial: Trial, known: Bools, _: int) -> Floats:
    """scikit-learn's two models, linear."""
    design = trial.features.indicators()

    def probability(arm: bool) -> Floats:
        rows = known & (trial.treated == arm)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(
            design[rows], trial.outcome[rows]
        )
        return np.asarray(model.predict_proba(design[~known])[:, 1])

    return probability(True) - probability(False)


def _boosting(trial: Trial, known: Bools, seed: int) -> Floats:
    """scikit-learn's two models, boosted trees as they come."""

    def probability(arm: bool) -> Floats:
        rows = known & (trial.treated == arm)
        model = HistGradientBoostingClassifier(
            categorical_features=trial.features.categorical(), random_state=seed
        ).fit(trial.features.values[rows], trial.outcome[rows])
        return np.asarray(model.predict_proba(trial.features.values[~known])[:, 1])

    with threadpool_limits(1):
        return probability(True) - probability(False)


def _causalml(trial: Trial, known: Bools, seed: int) -> Floats:
    """The library's X-learner (Kuenzel et al. 2019) with boosted trees and linear effects."""
    from causalml.inference.meta import BaseXClassifier  # noqa: PLC0415

    model = BaseXClassifier(
        outcome_learner=HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=8, random_state=seed),
        effect_learner=LinearRegression(),
        control_name=0,
    )
    design = trial.features.indicators()
    with threadpool_limits(1):
        model.fit(
            X=design[known],
            treatment=trial.treated[known].astype(np.int64),
            y=trial.outcome[known].astype(np.int64),
            p=trial.propensity[known],
        )
        return np.asarray(model.predict(design[~known], p=trial.propensity[~known])).ravel()


DOUBLY_ROBUST: Final = "doubly robust"
TWO_MODELS: Final = "two models"
"""Whose effects are the differences of `response`."""
LEARNERS: Final[dict[str, Learner]] = {
    DOUBLY_ROBUST: doubly_robust,
    "scikit-learn two models, logistic": _logistic,
    "scikit-learn two models, boosting": _boosting,
    "causalml X-learner": _causalml,
}
"""Ours first, the peers after; they are fitted beside `response`."""


def absent() -> tuple[str, ...]:
    """The peers whose library is not installed."""
    return () if importlib.util.find_spec("causalml") else ("causalml X-learner",)
