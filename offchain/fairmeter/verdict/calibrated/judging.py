"""The calibrated policy behind the interface of all policies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairmeter.model import Bills, Decision, Usage
from fairmeter.verdict.calibrated.policy import CalibratedModel, decide, score
from fairmeter.verdict.calibrated.reasons import words
from fairmeter.verdict.policies import Judgements, Progress


@dataclass(frozen=True, slots=True)
class CalibratedPolicy:
    """Never INSUFFICIENT: of a meter without a past the interval is wide, and other bills say what is usual."""

    model: CalibratedModel
    rate: float
    """Share of the correct bills that may be appealed, 0 to 1."""

    @property
    def name(self) -> str:
        """calibrated."""
        return "calibrated"

    def judge(self, usage: Usage, bills: Bills, progress: Progress | None = None) -> Judgements:
        """As `VerdictPolicy.judge`; COVERAGE of correct bills charge from low to high."""
        scores = score(self.model, usage, bills, progress)
        decision = decide(scores, self.rate)
        reasons = tuple(words(scores, bills, decision == Decision.APPEAL))
        known = np.ones(len(bills), dtype=np.bool_)
        return Judgements(decision, scores.score, scores.expected, scores.low, scores.high, known, reasons)
