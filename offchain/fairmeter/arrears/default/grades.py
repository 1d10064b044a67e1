"""Credit grades: ranges of the probability of a default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.arrears.features import Floats
from fairmeter.model import Bools

GRADES: Final = ("A", "B", "C", "D", "E")
_FROM: Final = (0.05, 0.10, 0.20, 0.40)
"""Probability from which each grade after the first holds."""


@dataclass(frozen=True, slots=True)
class Graded:
    """The customers of one grade: how many, what was expected of them, and what came."""

    grade: str
    customers: int
    expected: float | None
    """Mean probability; None without customers, as the next."""
    observed: float | None
    """Share that defaulted."""


def grades(probability: Floats) -> npt.NDArray[np.str_]:
    """(n,) one of GRADES."""
    return np.array(GRADES)[np.searchsorted(_FROM, probability, side="right")]


def by_grade(probability: Floats, target: Bools) -> tuple[Graded, ...]:
    """Of each grade, in their order."""
    of = grades(probability)
    return tuple(_graded(grade, probability[of == grade], target[of == grade]) for grade in GRADES)


def _graded(grade: str, probability: Floats, target: Bools) -> Graded:
    if not len(target):
        return Graded(grade, 0, None, None)
    return Graded(grade, len(target), float(probability.mean()), float(target.mean()))
