"""A scorecard: points a bin, that add up to a score, and the reasons why a customer has no more of them.

Logistic regression on the weights of evidence (Siddiqi 2006), with a ridge and without negative coefficients, so that
a bin with more risk never earns points. A score of 600 means odds of 50 to 1 of paying, and 20 points double them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from fairmeter.arrears.default.binning import Bins, bins, evidence
from fairmeter.arrears.features import Features, Floats
from fairmeter.model import Bools

LEAST_INFORMATION: Final = 0.02
"""Information value below which a feature is left out: "not predictive" in the usual reading."""
_RIDGE: Final = 1.0
_DOUBLING: Final = 20.0
_FACTOR: Final = _DOUBLING / np.log(2.0)
_OFFSET: Final = 600.0 - _FACTOR * np.log(50.0)
REASONS: Final = 3


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Fitted; plain arrays."""

    like: Features
    """Names and categories of the features that are used, without rows."""
    bins: tuple[Bins, ...]
    weight: Floats
    """(k,) coefficient of each feature's evidence, 0 or more."""
    intercept: float

    @classmethod
    def fit(cls, features: Features, target: Bools) -> Scorecard:
        """To customers of whom `target` (n,) says who defaulted."""
        every = bins(features, target)
        used = [k for k, one in enumerate(every) if one.information >= LEAST_INFORMATION]
        chosen, own = features.only(used), tuple(every[k] for k in used)
        weight, intercept = _regression(evidence(chosen, own), target)
        return cls(chosen.take(np.empty(0, dtype=np.int64)), own, weight, intercept)

    def probability(self, features: Features) -> Floats:
        """(n,) of a default, of customers with the features that it was fitted to."""
        return np.asarray(expit(self._evidence(features) @ self.weight + self.intercept))

    def points(self, features: Features) -> Floats:
        """(n,) whole points: higher is safer."""
        logit = self._evidence(features) @ self.weight + self.intercept
        return np.asarray(np.round(_OFFSET - _FACTOR * logit))

    def reasons(self, features: Features) -> list[str]:
        """(n,) what costs a customer most points against the best bin of the same feature: up to REASONS of them, each
        with its points, in the words of the column's name."""
        lost = self._lost()
        places = np.column_stack(
            [own.of(column) for own, column in zip(self.bins, self._chosen(features).values.T, strict=True)]
            or [np.zeros(len(features), dtype=np.int64)]
        )
        cost = np.column_stack(
            [points[place] for points, place in zip(lost, places.T, strict=False)] or [np.zeros(len(features))]
        )
        worst = np.argsort(-cost, axis=1, kind="stable")[:, :REASONS]
        texts = [self._texts(k, points) for k, points in enumerate(lost)]
        return [
            "; ".join(texts[k][places[row, k]] for k in ranked if cost[row, k] > 0)
            for row, ranked in enumerate(worst.tolist())
        ]

    def _lost(self) -> list[Floats]:
        """Points that each bin of each feature costs against the feature's best."""
        return [
            np.round(_FACTOR * weight * (own.weight - own.weight.min()))
            for own, weight in zip(self.bins, self.weight, strict=True)
        ]

    def _texts(self, k: int, points: Floats) -> list[str]:
        """A reason for each bin of feature `k`."""
        name, categories, edges = self.like.names[k], self.like.categories[k], self.bins[k].edges
        if categories:
            where = [f"is {category}" for category in categories]
        else:
            low, high = [None, *edges.tolist()], [*edges.tolist(), None]
            where = [_range(above, upto) for above, upto in zip(low, high, strict=True)]
        return [f"{name} {text} ({-cost:+.0f})" for text, cost in zip([*where, "is not known"], points, strict=True)]

    def _chosen(self, features: Features) -> Features:
        place = {name: k for k, name in enumerate(features.names)}
        return features.only([place[name] for name in self.like.names])

    def _evidence(self, features: Features) -> Floats:
        return evidence(self._chosen(features), self.bins)


def _range(above: float | None, upto: float | None) -> str:
    if above is None:
        return "is whatever it is" if upto is None else f"is {upto:.6g} or less"
    return f"is above {above:.6g}" if upto is None else f"is above {above:.6g}, up to {upto:.6g}"


def _regression(evidences: Floats, target: Bools) -> tuple[Floats, float]:
    """Coefficients and intercept of the likeliest logistic model with coefficients of 0 or more."""
    count = evidences.shape[1]
    design = np.column_stack([evidences, np.ones(len(target))])

    def loss(beta: Floats) -> tuple[float, Floats]:
        logit = design @ beta
        value = float(np.logaddexp(0.0, logit).sum() - logit[target].sum() + _RIDGE / 2 * (beta[:-1] @ beta[:-1]))
        gradient = design.T @ (expit(logit) - target)
        gradient[:-1] += _RIDGE * beta[:-1]
        return value, gradient

    start = np.zeros(count + 1)
    start[-1] = np.log(target.mean() / (1 - target.mean()))
    bounds = [(0.0, None)] * count + [(None, None)]
    beta = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x
    return np.asarray(beta[:-1]), float(beta[-1])
