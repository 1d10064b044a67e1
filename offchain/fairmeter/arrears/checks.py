"""Features that cannot be learnt from are refused by name, before anything is fitted."""

from __future__ import annotations

from typing import Final

import numpy as np

from fairmeter.arrears.features import Features, Floats
from fairmeter.arrears.quality import area
from fairmeter.errors import InputError
from fairmeter.model import Bools

LEAKS: Final = 0.995
"""Area under the curve from which one feature alone says the answer: it was written after it."""
LEAST_EVENTS: Final = 20
"""Of each outcome, below which no score is fitted."""


def check_features(features: Features, target: Bools) -> None:
    """Raises InputError, naming the columns, for features that are all missing, constant, or say the answer, and for
    fewer than LEAST_EVENTS rows of either outcome."""
    fewer = int(min(target.sum(), (~target).sum()))
    if fewer < LEAST_EVENTS:
        raise InputError(f"{len(target):,} rows, {fewer} of the rarer outcome: {LEAST_EVENTS} are needed")
    values = features.values
    known = ~np.isnan(values)
    _refuse("missing in every row", features, np.asarray(~known.any(axis=0)))
    spread = np.asarray(np.nanmax(values, axis=0) - np.nanmin(values, axis=0), dtype=np.float64)
    _refuse("constant", features, (spread == 0) & known.all(axis=0))
    leaking = [_says(column, bool(kinds), target) for column, kinds in zip(values.T, features.categories, strict=True)]
    _refuse("leaking the answer", features, np.array(leaking, dtype=np.bool_))


def check_probabilities(name: str, probability: Floats) -> None:
    """Raises InputError for probabilities, as of a model from elsewhere, that lie outside 0..1 or are no number."""
    wrong = ~((probability >= 0) & (probability <= 1))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(f"{name}: {int(wrong.sum())} outside 0..1, the first {probability[row]} in row {row + 1}")


def _refuse(problem: str, features: Features, wrong: Bools) -> None:
    if wrong.any():
        names = ", ".join(name for name, bad in zip(features.names, wrong, strict=True) if bad)
        raise InputError(f"features {problem}: {names}; leave them out")


def _says(column: Floats, category: bool, target: Bools) -> bool:
    """Whether the column, or its being missing, ranks the rows as the answer does."""
    if category:
        codes = np.nan_to_num(column, nan=-1.0).astype(np.int64) + 1
        rate = np.bincount(codes, target) / np.maximum(np.bincount(codes), 1)
        few = np.bincount(codes)[codes].mean() < LEAST_EVENTS
        return not few and area(rate[codes], target) >= LEAKS
    filled = np.where(np.isnan(column), np.nanmin(column) - 1, column)
    one = area(filled, target)
    return max(one, 1 - one, area(np.isnan(column).astype(np.float64), target)) >= LEAKS
