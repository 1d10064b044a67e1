"""Verdicts on bills, from readings alone: pure functions of arrays."""

from __future__ import annotations

from fairmeter.verdict.policies import Judgements, TrendPolicy, VerdictPolicy
from fairmeter.verdict.trend import judge, judge_one

__all__ = ["Judgements", "TrendPolicy", "VerdictPolicy", "judge", "judge_one"]
