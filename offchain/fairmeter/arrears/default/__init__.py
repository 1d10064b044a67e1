"""Who will not pay: a scorecard with reasons, boosted trees beside it, and how good either is."""

from __future__ import annotations

from fairmeter.arrears.default.boosting import Boosted
from fairmeter.arrears.default.evaluation import Contestant, Evaluated, compare
from fairmeter.arrears.default.grades import GRADES, Graded, grades
from fairmeter.arrears.default.scorecard import Scorecard
from fairmeter.arrears.default.sets import SETS, Payments

__all__ = [
    "GRADES",
    "SETS",
    "Boosted",
    "Contestant",
    "Evaluated",
    "Graded",
    "Payments",
    "Scorecard",
    "compare",
    "grades",
]
