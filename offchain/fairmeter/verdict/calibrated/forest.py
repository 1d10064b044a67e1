"""Boosted trees as plain arrays: fitted by scikit-learn, kept as bytes that depend on the trees alone, read back and
evaluated by scikit-learn's own predictor. Nothing is pickled.

Fitting runs on one thread, so that sums are added in one order and the same rows give the same trees.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from threadpoolctl import threadpool_limits

from fairmeter.errors import InputError
from fairmeter.verdict.calibrated.history import Floats

_NODE: Final = np.dtype([
    ("value", "<f8"), ("num_threshold", "<f8"), ("feature_idx", "<i4"), ("left", "<u4"), ("right", "<u4"),
    ("missing_go_to_left", "u1"), ("is_leaf", "u1"),
])  # fmt: skip
"""What a node needs to be evaluated; counts and gains, which only explain the fit, are left out."""


@dataclass(frozen=True, slots=True)
class Forest:
    """A sum of trees over a matrix of features; NaN is a value like another."""

    baseline: float
    nodes: npt.NDArray[Any]
    """(t,) _NODE of all trees, one after the other; the children's numbers count within a tree."""
    sizes: npt.NDArray[np.int64]
    """(trees,) nodes of each."""
    width: int
    """Columns of the matrix."""

    def __call__(self, matrix: Floats) -> Floats:
        """(n,) the sum of the trees' values at n rows of `matrix` (n, width). Raises InputError for another width."""
        if matrix.shape[1] != self.width:
            raise InputError(
                "model: the calibrated policy was fitted to other figures than this version of fairmeter has"
            )
        no_categories = np.zeros((0, 8), dtype=np.uint32)
        no_places = np.zeros(self.width, dtype=np.uint32)
        rows = np.ascontiguousarray(matrix)
        total = np.full(len(rows), self.baseline)
        for nodes in np.split(self.nodes, np.cumsum(self.sizes)[:-1]):
            record = np.zeros(len(nodes), dtype=PREDICTOR_RECORD_DTYPE)
            for name in _NODE.names or ():
                record[name] = nodes[name]
            tree = TreePredictor(record, no_categories, no_categories)
            total += tree.predict(rows, no_categories, no_places, 1)
        return total

    def write(self, out: io.BytesIO) -> None:
        """Append the canonical bytes."""
        for array in (np.array([self.baseline]), np.array([self.width], dtype=np.int64), self.sizes, self.nodes):
            np.lib.format.write_array(out, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)

    @classmethod
    def read(cls, source: io.BytesIO) -> Forest:
        """What `write` wrote. Raises ValueError for other bytes, and for nodes that lead out of their tree or
        matrix."""
        baseline, width, sizes, nodes = (np.lib.format.read_array(source, allow_pickle=False) for _ in range(4))
        forest = cls(float(baseline[0]), nodes, sizes, int(width[0]))
        if not forest._sound():
            raise ValueError("a tree's nodes lead nowhere")
        return forest

    def _sound(self) -> bool:
        """The predictor looks at no bound: a wrong number would read any memory, or go round for ever."""
        if self.nodes.dtype != _NODE or self.sizes.dtype != np.int64 or np.any(self.sizes < 1):
            return False
        if self.sizes.sum() != len(self.nodes):
            return False
        size = np.repeat(self.sizes, self.sizes)
        own = np.arange(len(self.nodes)) - np.repeat(np.cumsum(self.sizes) - self.sizes, self.sizes)
        inner = self.nodes["is_leaf"] == 0
        children = np.stack([self.nodes["left"], self.nodes["right"]])[:, inner].astype(np.int64)
        column = self.nodes["feature_idx"][inner]
        within = np.all((children > own[inner]) & (children < size[inner]))
        return bool(within and np.all((column >= 0) & (column < self.width)))


def fit_regression(matrix: Floats, target: Floats, *, trees: int, rate: float, seed: int) -> Forest:
    """Least squares."""
    model = HistGradientBoostingRegressor(
        max_iter=trees, learning_rate=rate, max_leaf_nodes=31, min_samples_leaf=40, l2_regularization=1.0,
        early_stopping=False, random_state=seed,
    )  # fmt: skip
    with threadpool_limits(1, user_api="openmp"):
        model.fit(_some_value(matrix), target)
    return _portable(model, matrix.shape[1])


def fit_classes(matrix: Floats, fault: Floats, weight: Floats, *, trees: int, rate: float, seed: int) -> Forest:
    """Log odds of a fault; each split looks at a random part of the features."""
    model = HistGradientBoostingClassifier(
        max_iter=trees, learning_rate=rate, max_leaf_nodes=31, min_samples_leaf=30, l2_regularization=2.0,
        max_features=0.4, early_stopping=False, random_state=seed,
    )  # fmt: skip
    with threadpool_limits(1, user_api="openmp"):
        model.fit(_some_value(matrix), fault, sample_weight=weight)
    return _portable(model, matrix.shape[1])


def _some_value(matrix: Floats) -> Floats:
    """A column without any value, which scikit-learn cannot bin, made one of zeros: no tree splits on either."""
    return np.where(np.isnan(matrix).all(axis=0), 0.0, matrix)


def _portable(model: Any, width: int) -> Forest:
    trees = [predictors[0].nodes for predictors in model._predictors]  # noqa: SLF001  scikit-learn shows its trees nowhere else
    nodes = np.zeros(sum(map(len, trees)), dtype=_NODE)
    joined = np.concatenate(trees)
    for name in _NODE.names or ():
        nodes[name] = joined[name]
    baseline = float(np.ravel(model._baseline_prediction)[0])  # noqa: SLF001
    return Forest(baseline, nodes, np.array([len(tree) for tree in trees], dtype=np.int64), width)
