"""One interface for verdict policies: what a run, a command or an evaluation asks of any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fairmeter.model import Bills, Bools, Decision, Int64s, Presets, Reference, UInt8s, Usage, Verdicts
from fairmeter.units import PPM
from fairmeter.verdict.trend import judge

Floats = npt.NDArray[np.float64]

Progress = Callable[[float], None]
"""Told the share that is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Judgements:
    """What a policy says of n bills."""

    decision: UInt8s
    """(n,) `Decision`."""
    score: Floats
    """(n,) higher is more anomalous; NaN where nothing is known."""
    expected: Int64s
    """(n,) base units that a correct bill is expected to charge; 0 where `known` is false."""
    low: Int64s
    """(n,) base units."""
    high: Int64s
    """(n,) base units: a bill from low to high is no surprise."""
    known: Bools
    """(n,) whether anything is expected."""
    reasons: tuple[str, ...]
    """One for each bill whose decision is APPEAL, in their order."""

    def __len__(self) -> int:
        return len(self.decision)


class VerdictPolicy(Protocol):
    """Judges bills by the readings before each, and by the bills of the same days."""

    @property
    def name(self) -> str:
        """As the command line has it."""

    def judge(self, usage: Usage, bills: Bills, progress: Progress | None = None) -> Judgements:
        """Of n bills, in their order."""


@dataclass(frozen=True, slots=True)
class TrendPolicy:
    """The exact trend verdict. A bill from nothing up to what last year, its trend and the first preset allow is
    payable."""

    presets: Presets
    readings: Callable[[Usage, Bills], Reference]
    """Finds the readings of the bills' reference periods."""

    @property
    def name(self) -> str:
        """trend."""
        return "trend"

    def judge(self, usage: Usage, bills: Bills, progress: Progress | None = None) -> Judgements:
        """As `VerdictPolicy.judge`; nothing is known of a bill that is INSUFFICIENT."""
        reference = self.readings(usage, bills)
        verdicts = judge(
            reference,
            bills.quantity,
            bills.days,
            first_preset=self.presets.first,
            second_preset=self.presets.second,
            degree=self.presets.degree,
        )
        if progress is not None:
            progress(1.0)
        total, present = reference.readings.sum(axis=1), reference.present.sum(axis=1)
        last_year = total * (reference.days / np.maximum(present, 1))
        growth = np.where(verdicts.has_expected, verdicts.expected_ppm, 0) / PPM
        expected = np.where(verdicts.has_actual, np.maximum(last_year * (1 + growth), 0), 0)
        allowed = np.maximum(last_year * (1 + growth + self.presets.first / PPM), 0)
        high = np.where(verdicts.has_actual, allowed, 0)
        return Judgements(
            verdicts.decision, trend_score(verdicts), _rounded(expected), np.zeros(len(bills), dtype=np.int64),
            _rounded(high), verdicts.has_actual, _trend_reasons(verdicts),
        )  # fmt: skip


def trend_score(verdicts: Verdicts) -> Floats:
    """(n,) actual less expected growth of the trend verdict; NaN where INSUFFICIENT. Below the second preset, where
    nothing is expected, the actual growth."""
    above = np.where(verdicts.has_expected, verdicts.actual_ppm - verdicts.expected_ppm, verdicts.actual_ppm) / PPM
    return np.where(verdicts.has_actual, above, np.nan)


def _trend_reasons(verdicts: Verdicts) -> tuple[str, ...]:
    appealed = verdicts.decision == Decision.APPEAL
    growths = zip(verdicts.actual_ppm[appealed].tolist(), verdicts.expected_ppm[appealed].tolist(), strict=True)
    return tuple(
        f"{actual / PPM:+.1%} on last year where {expected / PPM:+.1%} was expected" for actual, expected in growths
    )


def _rounded(quantity: Floats) -> Int64s:
    return np.rint(np.minimum(quantity, 2.0**62)).astype(np.int64)
