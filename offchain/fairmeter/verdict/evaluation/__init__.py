"""How well verdict policies find faults: quality with intervals, honest splits, and simpler peers."""

from __future__ import annotations

from fairmeter.verdict.evaluation.metrics import Evaluation, Labels, Quality, evaluate, threshold
from fairmeter.verdict.evaluation.peers import PEERS, trend
from fairmeter.verdict.evaluation.splits import Judged, by_customer, by_time

__all__ = [
    "PEERS",
    "Evaluation",
    "Judged",
    "Labels",
    "Quality",
    "by_customer",
    "by_time",
    "evaluate",
    "threshold",
    "trend",
]
