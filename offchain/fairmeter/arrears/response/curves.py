"""How well an order of people finds those on whom a contact works; by resampled clusters.

Gain of contacting a share of the people, the likeliest to respond first: what the treated among them did less what the
untreated did, each weighted by how rarely that was done (Horvitz and Thompson 1952), a person of all. AUUC: the mean
gain over all shares. Qini: AUUC less that of contacting in any order (Radcliffe 2007), for these weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.arrears.features import Floats
from fairmeter.arrears.quality import Interval, weights
from fairmeter.arrears.response.trials import Trial

SHARES: Final = tuple(np.linspace(0, 1, 21).tolist())
"""Of the people, at which the curve is drawn."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """One order of the people."""

    qini: Interval
    auuc: Interval
    drawn: Floats
    """(resamples,) Qini on each; of two orders with equal generators, pairs."""
    curve: tuple[float, ...]
    """Gain at each of SHARES."""

    @property
    def finds(self) -> bool:
        """Whether it is known to find them: the interval of its Qini lies above zero."""
        return self.qini.low > 0


def rank(effect: Floats, trial: Trial, rng: np.random.Generator) -> Ranking:
    """Of people by falling `effect` (n,); equal ones in the order of the rows."""
    order = np.argsort(-effect, kind="stable")
    gain, cluster = gains(trial)[order], trial.cluster[order]
    auuc, qini = _areas(gain, np.ones(len(gain)))
    drawn = np.array([_areas(gain, weight[cluster]) for weight in weights(int(cluster.max()) + 1, rng)])
    curve = np.interp(SHARES, np.arange(len(gain) + 1) / len(gain), np.concatenate(([0.0], np.cumsum(gain)))) / len(
        gain
    )
    return Ranking(Interval.of(qini, drawn[:, 1]), Interval.of(auuc, drawn[:, 0]), drawn[:, 1], tuple(curve.tolist()))


def gains(trial: Trial) -> Floats:
    """(n,) what each person adds: the outcome, weighted, against it for the untreated."""
    share = trial.propensity
    return np.asarray(trial.outcome * np.where(trial.treated, 1 / share, -1 / (1 - share)))


def _areas(gain: Floats, weight: Floats) -> tuple[float, float]:
    """AUUC and Qini of people in order, each counted `weight` times."""
    total = float(weight.sum())
    reached = np.cumsum(gain * weight) / total
    auuc = float(np.sum((np.concatenate(([0.0], reached[:-1])) + reached) / 2 * weight)) / total
    return auuc, auuc - float(reached[-1]) / 2
