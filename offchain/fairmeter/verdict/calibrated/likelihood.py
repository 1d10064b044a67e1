"""How much likelier each kind of fault makes the quantity billed than a correct reading does.

The correct daily use has, in logarithms, a predicted location and scale; what is left, divided by the scale, has one
distribution, counted on periods that were not fitted. A fault that turns a true quantity T into Q has the likelihood of
the T it would take, times dT/dQ where the fault stretches. Faults that may have happened in several ways (which
digit, how many days) are averaged over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.model import Bools, Int64s
from fairmeter.verdict.calibrated.faults import ESTIMATES, LEAST, MOST, MULTIPLIERS, OVERLAP_DAYS
from fairmeter.verdict.calibrated.features import log_use
from fairmeter.verdict.calibrated.history import Floats

HYPOTHESES: Final = (
    *(f"multiplier {factor}" for factor in MULTIPLIERS),
    "estimate",
    "overlap",
    "digit",
    "transposition",
)
"""Columns of `Likelihood.ratios`: kinds of fault whose true quantity follows from the billed one."""
_RANGE: Final = 15.0
_STEP: Final = 0.1
_SMOOTH: Final = 7
_FLOOR: Final = -30.0
_PSEUDO_COUNT: Final = 0.3
_ESTIMATE_FACTORS: Final = tuple(np.linspace(*ESTIMATES, 11).tolist())
_OVERLAPS: Final = tuple(range(OVERLAP_DAYS[0], OVERLAP_DAYS[1] + 1, 5))
_POWERS: Final = (0, 1, 2)
"""Decimal places below the quantity's first where a digit may have been misread."""
_EXACT: Final = 1.0
"""Base units within which a corrected quantity equals a flat past exactly."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The correct daily use of n periods, as predicted."""

    location: Floats
    """(n,) log base units a day."""
    scale: Floats
    """(n,) log; the unit of the residual's distribution."""


def residual_density(residual: Floats) -> Floats:
    """(2·_RANGE/_STEP,) log density of residuals in units of their scale, in steps of _STEP from -_RANGE."""
    edges = np.linspace(-_RANGE, _RANGE, round(2 * _RANGE / _STEP) + 1)
    counted = np.histogram(np.clip(residual, edges[0], edges[-1]), edges)[0] + _PSEUDO_COUNT
    padded = np.pad(counted, _SMOOTH // 2, mode="reflect")
    smooth = np.convolve(padded, np.full(_SMOOTH, 1 / _SMOOTH), "valid")
    return np.asarray(np.log(smooth / smooth.sum() / _STEP))


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Log likelihoods of true quantities under a prediction."""

    prediction: Prediction
    density: Floats
    days: Floats
    """(n,) of the period."""
    daily: Floats
    """(n,) base units a day before the period, NaN where unknown."""
    unit: Int64s
    """(n,) base units in the register's last digit."""

    def of(self, log: Floats) -> Floats:
        """(n,) log density of a log daily use; beyond the counted range it falls as an inverse square."""
        z = (log - self.prediction.location) / self.prediction.scale
        cell = np.clip((z + _RANGE) / _STEP, 0, len(self.density) - 1).astype(np.int64)
        beyond = np.maximum(np.abs(z), _RANGE) / _RANGE
        return np.asarray(self.density[cell] - 2 * np.log(beyond) - np.log(self.prediction.scale))

    def ratios(self, quantity: Floats) -> Floats:
        """(n, len(HYPOTHESES)) log likelihood of each kind of fault less that of a correct reading."""
        log = log_use(quantity, self.days)
        correct = self.of(log)
        faults = [self.of(log - np.log(factor)) for factor in MULTIPLIERS]
        faults.append(_mean_of(self.of(log - np.log(factor)) for factor in _ESTIMATE_FACTORS))
        daily = np.nan_to_num(self.daily)
        faults.append(_mean_of(self._subtracted(quantity, daily * days) for days in _OVERLAPS))
        first = 10.0 ** np.floor(np.log10(np.maximum(quantity / self.unit, 1.0)))
        faults.extend(_mean_of(self._misread(quantity, first, weight)) for weight in (1, 9))
        return np.stack(faults, axis=1) - correct[:, None]

    def _misread(self, quantity: Floats, first: Floats, weight: int) -> Iterator[Floats]:
        for place in _POWERS:
            power = np.maximum(first / 10.0**place, 1.0) * self.unit.astype(np.float64)
            yield from (self._subtracted(quantity, weight * digit * power) for digit in range(1, 10))

    def _subtracted(self, quantity: Floats, excess: Floats) -> Floats:
        true = quantity - excess
        possible = (true >= quantity / MOST) & (true <= quantity / LEAST)
        used = np.where(possible, true, 1.0)
        stretched = np.log(np.maximum(quantity, 1.0) / np.maximum(used, 1.0))
        return np.where(possible, self.of(log_use(used, self.days)) + stretched, _FLOOR)


def exact_faults(quantity: Floats, flat: Floats, unit: Int64s) -> Floats:
    """(n, 2) whether the past is flat, and which fault turns the quantity it foretells into exactly the one billed: 0
    none, 1 a multiplier, 2 a digit, 3 a transposition; NaN where the past is not flat.

    flat: (n,) the period's quantity if each day equals those before, base units; NaN where they are not all equal.
    """
    excess = (quantity - flat) / unit
    power = 10.0 ** np.floor(np.log10(np.maximum(excess, 1.0)))
    # 9, 18, … 81 times a power of ten, the last six of which have a digit more than the power that they are of.
    nines = [excess / 9 / (power / shift) for shift in (1.0, 10.0)]
    multiplied = np.any([np.abs(quantity - factor * flat) < _EXACT for factor in MULTIPLIERS], axis=0)
    found = np.select(
        [multiplied, _is_digit(excess / power), np.any([_is_digit(nine) for nine in nines], axis=0)],
        [1.0, 2.0, 3.0],
        0.0,
    )
    known = ~np.isnan(flat)
    return np.stack([known.astype(np.float64), np.where(known, found, np.nan)], axis=1)


def _is_digit(value: Floats) -> Bools:
    return np.asarray((np.abs(value - np.rint(value)) < 1e-6) & (value > 0.5) & (value < 9.5))


def _mean_of(logs: Iterator[Floats]) -> Floats:
    """Log of the mean of the exponentials."""
    stacked = np.stack(list(logs))
    highest = stacked.max(axis=0)
    return np.asarray(highest + np.log(np.mean(np.exp(stacked - highest), axis=0)))
