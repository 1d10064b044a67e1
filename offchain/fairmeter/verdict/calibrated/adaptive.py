"""Keeps a set rate of false appeals while use drifts away from what the model was fitted to: adaptive conformal
inference (Gibbs and Candès, Adaptive conformal inference under distribution shift, 2021, equation 2), a month a step.

Whether a bill was correct is known once its period's readings are, so that each month tells how far the last level was
off."""

from __future__ import annotations

from typing import Final

STEP: Final = 0.5
"""Of the difference between the set rate and what a month showed, how much the next level makes up."""
_MANY: Final = 500
"""Correct bills of a month that count fully; fewer show less, in proportion."""


def next_level(level: float, rate: float, appealed: int, correct: int, parts: int = 1) -> float:
    """The level to decide next month at, a share from 0 to 1, so that correct bills are appealed at `rate` in the long
    run; `appealed` of this month's `correct` bills were, at `level`. Of one of `parts` an even share counts fully."""
    if correct == 0:
        return level
    weight = STEP * min(correct * parts / _MANY, 1.0)
    return min(max(level + weight * (rate - appealed / correct), 0.0), 1.0)
