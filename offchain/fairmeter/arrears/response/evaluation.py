"""Learners of effects on one trial: each person judged by models that never saw its cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.arrears.features import Floats
from fairmeter.arrears.quality import Interval, quality
from fairmeter.arrears.response.backtest import Net, backtest
from fairmeter.arrears.response.classes import ClassEffect, by_class, mean
from fairmeter.arrears.response.curves import Ranking, rank
from fairmeter.arrears.response.forest import NAME as FOREST
from fairmeter.arrears.response.forest import Moved, check_installed, persons
from fairmeter.arrears.response.learners import (
    DOUBLY_ROBUST,
    LEARNERS,
    TWO_MODELS,
    Response,
    absent,
    corrected,
    response,
)
from fairmeter.arrears.response.trials import Trial

FOLDS: Final = 5
CHOSEN: Final = DOUBLY_ROBUST


@dataclass(frozen=True, slots=True)
class Ranked:
    """One learner."""

    name: str
    ranking: Ranking
    ahead: Interval
    """Its Qini less that of CHOSEN, on the same resamples."""


@dataclass(frozen=True, slots=True)
class Responded:
    """One trial."""

    name: str
    people: int
    clusters: int
    treated: int
    effect: Interval
    """Of the contact on all, in probability."""
    calibration: tuple[Interval, Interval]
    """Expected calibration error of the probability without and with the contact, on those without and with it."""
    learners: tuple[Ranked, ...]
    """Ours first."""
    classes: tuple[ClassEffect, ...]
    """The effect on each class, by CHOSEN's thirds among them."""
    moved: Moved | None
    """Where the forest's intervals lie; None where it was not asked for, or people were treated
    together."""
    nets: tuple[Net, ...]
    """What rules of whom to contact would have earned, by CHOSEN's effects."""
    left_out: tuple[str, ...]
    """Peers whose library is not installed."""

    @property
    def works(self) -> bool:
        """Whether an effect is claimed: its interval does not contain zero."""
        return not self.effect.holds(0.0)


def respond(trial: Trial, seed: int, tell: Callable[[float], None], *, forest: bool = False) -> Responded:
    """`tell` is told the share that is done. With `forest` the causal forest is one of the learners, and has an
    interval for each person. Raises ToolMissingError where it is asked for and not installed."""
    left_out = absent()
    names = [name for name in LEARNERS if name not in left_out]
    if forest:
        check_installed()
    found, effect, intervals = out_of_sample(trial, seed, names, forest, tell)
    rankings = {name: rank(own, trial, np.random.default_rng(seed)) for name, own in effect.items()}
    everyone = corrected(trial, np.ones(len(trial.treated), dtype=np.bool_), found)
    return Responded(
        trial.name,
        len(trial.treated),
        int(trial.cluster.max()) + 1,
        int(trial.treated.sum()),
        mean(everyone, trial.cluster),
        (_calibration(found.natural, trial, False, seed), _calibration(found.contacted, trial, True, seed)),
        tuple(Ranked(name, own, _ahead(own, rankings[CHOSEN])) for name, own in rankings.items()),
        by_class(everyone, effect[CHOSEN], trial),
        Moved.of(*intervals) if forest and not trial.clustered else None,
        backtest(found.contacted, effect[CHOSEN], everyone, trial, seed),
        left_out,
    )


def out_of_sample(
    trial: Trial, seed: int, names: list[str], forest: bool, tell: Callable[[float], None]
) -> tuple[Response, dict[str, Floats], Floats]:
    """Probabilities, the effects by two models and by each of the learners `names`, and the forest's intervals (2, n),
    of people whose cluster the models have not seen."""
    part = _parts(trial, seed)
    count, steps = len(part), len(names) + forest
    whole, intervals = Response(np.empty(count), np.empty(count)), np.empty((2, count))
    effect = {name: np.empty(count) for name in [*names[:1], TWO_MODELS, *names[1:], *[FOREST] * forest]}
    for fold in range(FOLDS):
        known = part != fold
        found = response(trial, known, seed)
        whole.natural[~known], whole.contacted[~known] = found.natural, found.contacted
        for k, name in enumerate(names):
            effect[name][~known] = LEARNERS[name](trial, known, seed)
            tell((fold + (k + 1) / steps) / FOLDS)
        if forest:
            told = persons(trial, known, seed)
            effect[FOREST][~known], intervals[:, ~known] = told.effect, (told.low, told.high)
            tell((fold + 1) / FOLDS)
    effect[TWO_MODELS] = whole.contacted - whole.natural
    return whole, effect, intervals


def _parts(trial: Trial, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(n,) which of FOLDS parts a person is in, with all of its cluster."""
    clusters = int(trial.cluster.max()) + 1
    return (np.random.default_rng(seed).permutation(clusters) % FOLDS)[trial.cluster]


def _calibration(probability: Floats, trial: Trial, arm: bool, seed: int) -> Interval:
    rows = trial.treated == arm
    return quality(probability[rows], trial.outcome[rows], np.random.default_rng(seed)).calibration_error


def _ahead(one: Ranking, than: Ranking) -> Interval:
    return Interval.of(one.qini.value - than.qini.value, one.drawn - than.drawn)
