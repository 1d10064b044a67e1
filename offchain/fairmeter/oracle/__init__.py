"""The oracle: watches for posted bills, judges them by the readings it holds, and submits the verdicts."""

from __future__ import annotations

from fairmeter.oracle.service import Judgement, Meters, Oracle

__all__ = ["Judgement", "Meters", "Oracle"]
