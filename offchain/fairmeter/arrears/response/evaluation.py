"""Learners of effects on one trial: each person judged by models that never saw its cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.arrears.features import Floats
from fairmeter.arrears.quality import Interval, quality
from fairmeter.arrears.response.backtest import Net, backtest
from fairmeter.arrears.response.curves import Ranking, effect_on_all, rank
from fairmeter.arrears.response.learners import LEARNERS, Response, absent, corrected, response
from fairmeter.arrears.response.trials import Trial

FOLDS: Final = 5
CHOSEN: Final = "doubly robust"


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
    nets: tuple[Net, ...]
    """What rules of whom to contact would have earned, by CHOSEN's effects."""
    left_out: tuple[str, ...]
    """Peers whose library is not installed."""

    @property
    def works(self) -> bool:
        """Whether an effect is claimed: its interval does not contain zero."""
        return not self.effect.holds(0.0)


def respond(trial: Trial, seed: int, tell: Callable[[float], None]) -> Responded:
    """`tell` is told the share that is done."""
    left_out = absent()
    names = [name for name in LEARNERS if name not in left_out]
    part = _parts(trial, seed)
    count = len(part)
    natural, contacted = np.empty(count), np.empty(count)
    effect = {name: np.empty(count) for name in names}
    for fold in range(FOLDS):
        known = part != fold
        found = response(trial, known, seed)
        natural[~known], contacted[~known] = found.natural, found.contacted
        for k, name in enumerate(names):
            effect[name][~known] = LEARNERS[name](trial, known, seed)
            tell((fold + (k + 1) / len(names)) / FOLDS)
    rankings = {name: rank(own, trial, np.random.default_rng(seed)) for name, own in effect.items()}
    everyone = corrected(trial, np.ones(count, dtype=np.bool_), Response(natural, contacted))
    return Responded(
        trial.name,
        count,
        int(trial.cluster.max()) + 1,
        int(trial.treated.sum()),
        effect_on_all(everyone, trial.cluster, np.random.default_rng(seed)),
        (_calibration(natural, trial, False, seed), _calibration(contacted, trial, True, seed)),
        tuple(Ranked(name, own, _ahead(own, rankings[CHOSEN])) for name, own in rankings.items()),
        backtest(contacted, effect[CHOSEN], everyone, trial, seed),
        left_out,
    )


def _parts(trial: Trial, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(n,) which of FOLDS parts a person is in, with all of its cluster."""
    clusters = int(trial.cluster.max()) + 1
    return (np.random.default_rng(seed).permutation(clusters) % FOLDS)[trial.cluster]


def _calibration(probability: Floats, trial: Trial, arm: bool, seed: int) -> Interval:
    rows = trial.treated == arm
    return quality(probability[rows], trial.outcome[rows], np.random.default_rng(seed)).calibration_error


def _ahead(one: Ranking, than: Ranking) -> Interval:
    return Interval.of(one.qini.value - than.qini.value, one.drawn - than.drawn)
