"""The calibrated policy: odds of a meter-reading fault, learnt from readings alone, at a set rate of false appeals."""

from __future__ import annotations

from fairmeter.verdict.calibrated.adaptive import next_level
from fairmeter.verdict.calibrated.artifact import digest, read, write
from fairmeter.verdict.calibrated.judging import CalibratedPolicy
from fairmeter.verdict.calibrated.policy import CalibratedModel, Scores, class_names, decide, fit, recalibrate, score
from fairmeter.verdict.calibrated.reasons import Figures, figures, words

__all__ = [
    "CalibratedModel",
    "CalibratedPolicy",
    "Figures",
    "Scores",
    "class_names",
    "decide",
    "digest",
    "figures",
    "fit",
    "next_level",
    "read",
    "recalibrate",
    "score",
    "words",
    "write",
]
