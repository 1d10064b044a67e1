"""The oracle: watches for posted bills, judges them by the readings it holds, and submits the verdicts."""

from __future__ import annotations

from fairmeter.oracle.service import BATCHES_AT_ONCE, Judgement, Meters, Oracle, PostedBatch, Readings

__all__ = ["BATCHES_AT_ONCE", "Judgement", "Meters", "Oracle", "PostedBatch", "Readings"]
