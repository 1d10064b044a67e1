"""How well verdict policies find faults: quality with intervals, honest splits, and simpler peers."""

from __future__ import annotations

from fairmeter.verdict.evaluation.comparison import Compared, Rate, compare, policies
from fairmeter.verdict.evaluation.metrics import (
    CURVE_RATES,
    RATES,
    Evaluation,
    Labels,
    Part,
    Quality,
    evaluate,
    threshold,
)
from fairmeter.verdict.evaluation.peers import PEERS
from fairmeter.verdict.evaluation.splits import SET_RATES, Judged, by_customer, by_time

__all__ = [
    "CURVE_RATES",
    "PEERS",
    "RATES",
    "SET_RATES",
    "Compared",
    "Evaluation",
    "Judged",
    "Labels",
    "Part",
    "Quality",
    "Rate",
    "by_customer",
    "by_time",
    "compare",
    "evaluate",
    "policies",
    "threshold",
]
