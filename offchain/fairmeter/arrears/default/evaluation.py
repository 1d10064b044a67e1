"""The scorecard, the boosted trees and their peers on one set: each customer judged by models that never saw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.arrears.checks import check_features
from fairmeter.arrears.default.boosting import Boosted
from fairmeter.arrears.default.grades import Graded, by_grade
from fairmeter.arrears.default.peers import PEERS, absent
from fairmeter.arrears.default.scorecard import Scorecard
from fairmeter.arrears.default.sets import Payments
from fairmeter.arrears.features import Features, Floats, Ints
from fairmeter.arrears.quality import Interval, Quality, quality
from fairmeter.model import Bools

FOLDS: Final = 5
SCORECARD: Final = "scorecard"
BOOSTED: Final = "boosted trees"

Tell = Callable[[float], None]
"""Told the share that is done."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One model's probabilities, out of sample, and how good they are."""

    name: str
    quality: Quality
    ahead: Interval
    """Its area less the scorecard's, on the same resamples."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One set."""

    name: str
    customers: int
    defaults: int
    contestants: tuple[Contestant, ...]
    """Ours first."""
    chosen: str
    """The scorecard, unless the boosted trees' area is larger on 97.5 % of the resamples."""
    grades: tuple[Graded, ...]
    """By the chosen model."""
    left_out: tuple[str, ...]
    """Peers whose library is not installed."""


def compare(payments: Payments, seed: int, tell: Tell) -> Evaluated:
    """Raises InputError for features that cannot be learnt from (`checks.check_features`)."""
    features, target = payments.features, payments.default
    check_features(features, target)
    left_out = absent()
    models = {name: model for name, model in _MODELS.items() if name not in left_out}
    probability = _out_of_sample(features, target, models, seed, tell)
    found = {name: quality(own, target, np.random.default_rng(seed)) for name, own in probability.items()}
    contestants = tuple(Contestant(name, own, _ahead(own, found[SCORECARD])) for name, own in found.items())
    better = _ahead(found[BOOSTED], found[SCORECARD]).low > 0
    chosen = BOOSTED if better else SCORECARD
    graded = by_grade(probability[chosen], target)
    return Evaluated(payments.name, len(target), int(target.sum()), contestants, chosen, graded, left_out)


def folds(target: Bools, count: int, rng: np.random.Generator) -> Ints:
    """(n,) which of `count` parts a customer is in: equally many of either outcome in each, drawn at random."""
    part = np.empty(len(target), dtype=np.int64)
    for outcome in (True, False):
        rows = rng.permutation(np.flatnonzero(target == outcome))
        part[rows] = np.arange(len(rows)) % count
    return part


def _scorecard(features: Features, target: Bools, others: Features, _: int) -> Floats:
    return Scorecard.fit(features, target).probability(others)


def _boosted(features: Features, target: Bools, others: Features, seed: int) -> Floats:
    return Boosted.fit(features, target, seed).probability(others)


_MODELS: Final = {SCORECARD: _scorecard, BOOSTED: _boosted, **PEERS}


def _out_of_sample(
    features: Features, target: Bools, models: dict[str, Callable[..., Floats]], seed: int, tell: Tell
) -> dict[str, Floats]:
    part = folds(target, FOLDS, np.random.default_rng(seed))
    probability = {name: np.empty(len(target)) for name in models}
    for fold in range(FOLDS):
        out = part == fold
        known, others = features.take(~out), features.take(out)
        for k, (name, model) in enumerate(models.items()):
            probability[name][out] = model(known, target[~out], others, seed)
            tell((fold + (k + 1) / len(models)) / FOLDS)
    return probability


def _ahead(one: Quality, than: Quality) -> Interval:
    return Interval.of(one.area.value - than.area.value, one.areas - than.areas)
