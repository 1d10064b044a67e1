"""What whom-to-contact rules would have earned in a trial, net of what contacts cost.

The patent's rule contacts who is likely enough to repay (p >= c/m); the plan contacts who is moved by it, as many
people at most. The plan takes the rule's place only where it was surely better on other people: each half of the
clusters is treated as the other half says, and where that half is not sure, by the patent's rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.arrears.features import Floats
from fairmeter.arrears.quality import Interval
from fairmeter.arrears.response.classes import mean
from fairmeter.arrears.response.trials import Trial
from fairmeter.arrears.strategy.budget import plan

COST: Final = 0.05
"""Of a contact, against the debt: c/m."""


@dataclass(frozen=True, slots=True)
class Net:
    """One rule."""

    rule: str
    contacted: float
    """Share of the people."""
    net: Interval
    """Recovered less what contacts cost, in debts a person."""
    ahead: Interval
    """Of the patent's rule."""


def backtest(contacted: Floats, effect: Floats, corrected: Floats, trial: Trial, seed: int) -> tuple[Net, ...]:
    """`contacted` (n,) probability of paying if contacted and `effect` (n,) of the contact, out of sample; `corrected`
    (n,) the effects as `learners.corrected` gives them, which the rules are measured by."""
    patent = contacted >= COST
    planned = plan(effect[:, None], COST, np.ones(len(effect), dtype=np.int64), int(patent.sum())) > 0
    worth = corrected - COST

    half = (np.random.default_rng(seed).permutation(int(trial.cluster.max()) + 1) % 2 == 0)[trial.cluster]
    chosen = patent.copy()
    for side in (half, ~half):
        if mean((worth * (planned.astype(np.float64) - patent))[side], trial.cluster[side]).low > 0:
            chosen[~side] = planned[~side]
    own, every = trial.cluster, np.ones(len(effect), dtype=np.bool_)
    rules = {
        "everybody": every,
        "the patent's rule": patent,
        "the plan": planned,
        "the plan, where surely better": chosen,
    }
    return tuple(
        Net(name, float(rule.mean()), mean(worth * rule, own), mean(worth * (rule.astype(np.int64) - patent), own))
        for name, rule in rules.items()
    )
