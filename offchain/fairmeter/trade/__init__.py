"""Runs at the trade desk: purchases of every kind under its risk control."""

from __future__ import annotations

from fairmeter.trade.result import TradeResult
from fairmeter.trade.run import run
from fairmeter.trade.scenario import TradeScenario

__all__ = ["TradeResult", "TradeScenario", "run"]
