"""What a strategy that is given from a threshold on does there: regression discontinuity (Hahn et al. 2001).

Debts just below and just above the threshold are alike but for the strategy; a line is fitted to either side, debts
near the threshold counting most, and the jump between them is the effect. Two checks: at places where nothing changes,
and in what the strategy cannot change, there must be none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from fairmeter.arrears.features import Floats, read_frame
from fairmeter.arrears.quality import Interval, weights

DEBTS: Final = "payments/bank_debt_recovery.open.parquet"
THRESHOLDS: Final = (1000.0, 2000.0, 3000.0, 5000.0)
"""USD of expected recovery, from which the next level of strategy is used."""
_BANDWIDTH: Final = 0.4
"""Of the threshold: how far a debt may lie from it and still count."""


@dataclass(frozen=True, slots=True)
class Jump:
    """At one threshold."""

    threshold: float
    debts: int
    """Near enough to count."""
    recovered: Interval
    """USD more, just above."""
    age: Interval
    """Years by which debtors just above are older: what the strategy cannot change."""
    before: Interval
    """USD more at the middle between this threshold and the one before, where nothing changes."""

    @property
    def works(self) -> bool:
        """Whether an effect is claimed: its interval does not contain zero, and both checks' intervals do."""
        return not self.recovered.holds(0.0) and self.age.holds(0.0) and self.before.holds(0.0)


def jumps(path: Path, seed: int) -> tuple[Jump, ...]:
    """At each of THRESHOLDS. Raises InputError for a file that cannot be read."""
    frame = read_frame(path)
    expected, actual, age = (
        frame[name].to_numpy().astype(np.float64)
        for name in ("expected_recovery_amount", "actual_recovery_amount", "age")
    )
    found = []
    for before, threshold in zip((0.0, *THRESHOLDS), THRESHOLDS, strict=False):
        middle = (before + threshold) / 2
        near = np.abs(expected - threshold) < _BANDWIDTH * threshold
        own = expected < threshold  # below it one strategy alone is at work around the middle
        own &= expected > before
        found.append(
            Jump(
                threshold,
                int(near.sum()),
                jump(expected[near], actual[near], threshold, seed),
                jump(expected[near], age[near], threshold, seed),
                jump(expected[own], actual[own], middle, seed),
            )
        )
    return tuple(found)


def jump(place: Floats, value: Floats, threshold: float, seed: int) -> Interval:
    """Of `value` (n,) where `place` (n,) passes `threshold`."""
    away = place - threshold
    above = away > 0
    near = 1 - np.abs(away) / max(float(np.abs(away).max()), 1e-9)
    design = np.column_stack([above, np.ones(len(away)), away, away * above]).astype(np.float64)

    def fitted(weight: Floats) -> float:
        root = np.sqrt(near * weight)
        return float(np.linalg.lstsq(design * root[:, None], value * root, rcond=None)[0][0])

    drawn = np.array([fitted(weight) for weight in weights(len(away), np.random.default_rng(seed))])
    return Interval.of(fitted(np.ones(len(away))), drawn)
