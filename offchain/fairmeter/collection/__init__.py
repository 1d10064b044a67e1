"""How a supplier's debts are collected: the operator's settings, the seeds of its tests, scores for the register."""

from __future__ import annotations

from fairmeter.collection.draws import Draw, Draws
from fairmeter.collection.scored import check_scores, scored
from fairmeter.collection.settings import ArrearsSettings, ClassSettings, CurveSettings, Terms

__all__ = ["ArrearsSettings", "ClassSettings", "CurveSettings", "Draw", "Draws", "Terms", "check_scores", "scored"]
