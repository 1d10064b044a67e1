"""The calibrated policy beside the trend verdict and simpler scores, on the same bills through the same code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.errors import InputError
from fairmeter.model import Bills, Bools, Usage, Utility
from fairmeter.verdict.calibrated import class_names
from fairmeter.verdict.calibrated.history import Floats
from fairmeter.verdict.evaluation.forecasts import FORECASTS, forecast_score
from fairmeter.verdict.evaluation.metrics import Evaluation, Labels, Part, curve, evaluate, parts
from fairmeter.verdict.evaluation.peers import PEERS
from fairmeter.verdict.evaluation.splits import SET_RATES, Judged, by_customer, by_time
from fairmeter.verdict.policies import Progress, VerdictPolicy

CALIBRATED: Final = "calibrated"
CUSTOMERS: Final = "other customers"
TIME: Final = "later time"

Tell = Callable[[str, float], None]
"""Told what is being judged, and the share that is done."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of false appeals that was set, and what came of it; shares of the correct bills."""

    set: float
    met: float
    by_class: dict[str, float]
    """Of classes with LEAST_BILLS correct bills or more."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One policy on one split of the bills."""

    policy: str
    split: str
    """CUSTOMERS, all bills, each by a model that never saw its customer; or TIME, the later half, by one fitted to the
    time before. What is not fitted is the same on both, but for the bills."""
    evaluation: Evaluation
    by_utility: dict[str, Part]
    by_class: dict[str, Part]
    curve: tuple[float, ...]
    """Share of the faulty bills found at each of `metrics.CURVE_RATES`."""
    rates: tuple[Rate, ...]
    """Where a rate can be set: of the calibrated policy."""


LEAST_BILLS: Final = 200


def policies() -> tuple[str, ...]:
    """The names of all that take seconds; `compare` knows the FORECASTS besides."""
    return (CALIBRATED, "trend", *PEERS)


def compare(
    usage: Usage, bills: Bills, trend: VerdictPolicy, names: Sequence[str], seed: int, tell: Tell
) -> list[Compared]:
    """The named policies (`policies`, FORECASTS), in their order, on both splits. Raises InputError for a name that is
    none, for bills without labels, and for readings too few to fit to; ToolMissingError without a package."""
    known = (*policies(), *FORECASTS)
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"policy {', '.join(unknown)}: expected {', '.join(known)}")
    bench = _Bench.of(usage, bills, seed)
    result = []
    for name in names:
        result.extend(bench.compared(name, trend, partial(tell, name)))
    return result


@dataclass(frozen=True, slots=True)
class _Bench:
    usage: Usage
    bills: Bills
    labels: Labels
    utility: npt.NDArray[np.str_]
    of_class: dict[str, npt.NDArray[np.str_]]
    """By split: those of the model that judges it."""
    before: int
    seed: int

    @classmethod
    def of(cls, usage: Usage, bills: Bills, seed: int) -> _Bench:
        labels = Labels.of(bills)
        before = int(np.median(bills.start))
        of_class = {CUSTOMERS: class_names(usage, bills, seed), TIME: class_names(usage, bills, seed, before)}
        utility = np.array(["", *(utility.label for utility in Utility)])[bills.utility]
        return cls(usage, bills, labels, utility, of_class, before, seed)

    def compared(self, name: str, trend: VerdictPolicy, progress: Progress) -> list[Compared]:
        later = self.bills.start >= self.before
        every = np.ones(len(self.bills), dtype=np.bool_)
        if name == CALIBRATED:
            correct = ~self.labels.faulty
            first = by_customer(self.usage, self.bills, self.seed, lambda done: progress(done / 2))
            second = by_time(
                self.usage, self.bills, correct, self.seed, self.before, lambda done: progress((1 + done) / 2)
            )
            return [
                self._of(name, CUSTOMERS, first.score, every, self._rates(first, every, CUSTOMERS)),
                self._of(name, TIME, second.score, later, self._rates(second, later, TIME)),
            ]
        if name in FORECASTS:
            score = forecast_score(self.usage, self.bills, FORECASTS[name], progress)
        elif name in PEERS:
            score = PEERS[name](self.usage, self.bills)
        else:
            score = trend.judge(self.usage, self.bills).score
        progress(1.0)
        return [self._of(name, CUSTOMERS, score, every, ()), self._of(name, TIME, score, later, ())]

    def _of(self, name: str, split: str, score: Floats, rows: Bools, rates: tuple[Rate, ...]) -> Compared:
        labels, judged = self.labels.take(rows), score[rows]
        return Compared(
            name,
            split,
            evaluate(judged, labels, np.random.default_rng(self.seed)),
            parts(judged, labels, self.utility[rows]),
            parts(judged, labels, self.of_class[split][rows]),
            curve(judged, labels),
            rates,
        )

    def _rates(self, judged: Judged, rows: Bools, split: str) -> tuple[Rate, ...]:
        correct = rows & ~self.labels.faulty
        of_class = self.of_class[split]
        names, count = np.unique(of_class[correct], return_counts=True)
        large = names[count >= LEAST_BILLS].tolist()
        return tuple(
            Rate(
                rate,
                float(appealed[correct].mean()),
                {name: float(appealed[correct & (of_class == name)].mean()) for name in large},
            )
            for rate, appealed in zip(SET_RATES, judged.appealed, strict=True)
        )
