"""How often intervals of effects hold what is so, on people whose effects are known: of classes by corrected effects,
and with --forest of each person by the causal forest; treated one by one, and whole clusters of 50 together.

    PYTHONPATH=scripts python -m benchmarks.effects --trials 100 --forest
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl
from rich.console import Console
from rich.progress import Progress

from fairmeter.arrears.features import Features, Floats
from fairmeter.arrears.quality import equal_bins
from fairmeter.arrears.response.classes import THIRDS, by_class
from fairmeter.arrears.response.evaluation import out_of_sample
from fairmeter.arrears.response.forest import NAME
from fairmeter.arrears.response.learners import TWO_MODELS, corrected
from fairmeter.arrears.response.trials import Trial
from fairmeter.model import Bools

PEOPLE: Final = 2_000
TOGETHER: Final = 50
"""People of a cluster."""
SHARED: Final = 0.1
"""Deviation, in probability, of what people of a cluster have in common."""


def main() -> None:
    """Prints shares of the intervals that held, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--forest", action="store_true", help="also by econml")
    arguments = parser.parse_args()
    with Progress(console=Console(stderr=True)) as progress:
        found = {}
        for name, clustered in (("one by one", False), ("clusters", True)):
            runs = _runs(arguments.trials, clustered, arguments.forest)
            found[name] = _held(list(progress.track(runs, arguments.trials, description=name)))
    Console().print_json(json.dumps({"trials": arguments.trials, "people": PEOPLE, **found}))


def drawn(seed: int, clustered: bool) -> tuple[Trial, Floats]:
    """A trial, and the effect on each of its people: 0.2 for whom x is high, down to none, whatever their class."""
    rng = np.random.default_rng(seed)
    x, z, kind = rng.normal(size=PEOPLE), rng.normal(size=PEOPLE), rng.integers(0, 3, PEOPLE)
    cluster = np.arange(PEOPLE) // TOGETHER
    common = rng.normal(0, SHARED, PEOPLE // TOGETHER)[cluster] if clustered else 0.0
    treated: Bools = (rng.permutation(PEOPLE // TOGETHER) % 2 == 0)[cluster] if clustered else rng.random(PEOPLE) < 0.5
    effect = 0.2 / (1 + np.exp(-2 * x)) * (kind > 0)
    outcome = rng.random(PEOPLE) < np.clip(0.35 + 0.1 * np.tanh(z) + common + treated * effect, 0, 1)
    features = Features.of(pl.DataFrame({"x": x, "z": z, "kind": kind}))
    own = cluster if clustered else None
    return Trial.of(
        "drawn", features, treated, outcome, cluster=own, kind=kind, classes=("none", "some", "others")
    ), effect


def _runs(trials: int, clustered: bool, forest: bool) -> Iterator[dict[str, float]]:
    for seed in range(trials):
        trial, effect = drawn(seed, clustered)
        found, learnt, intervals = out_of_sample(trial, seed, [], forest, lambda _: None)
        expected = learnt[TWO_MODELS]
        whole = corrected(trial, np.ones(PEOPLE, np.bool_), found)
        third = equal_bins(expected, len(THIRDS))
        true = [effect[trial.kind == k].mean() for k in range(3)] + [effect[third == k].mean() for k in range(3)]
        classes = by_class(whole, expected, trial)
        held = [one.effect.holds(float(value)) for one, value in zip(classes, true, strict=True)]
        one: dict[str, float] = {
            "all classes at once": all(held),
            "claimed of who has no effect": classes[0].works,
        }
        if forest:
            low, high = intervals
            one["each person, forest"] = float(((low <= effect) & (effect <= high)).mean())
            one["claimed of who has no effect, forest"] = float(((low > 0) | (high < 0))[effect == 0].mean())
            one["error, forest"] = float(np.abs(learnt[NAME] - effect).mean())
        yield one


def _held(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(float(np.mean([one[name] for one in runs])), 4) for name in runs[0]}


if __name__ == "__main__":
    main()
