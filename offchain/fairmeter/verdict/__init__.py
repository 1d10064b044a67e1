"""Verdicts on bills, from readings alone: pure functions of arrays."""

from __future__ import annotations

from fairmeter.verdict.trend import judge, judge_one

__all__ = ["judge", "judge_one"]
