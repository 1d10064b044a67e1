"""A payment run from readings and bills: deploys, posts, judges, answers appeals, and records it all."""

from __future__ import annotations

from fairmeter.simulation.result import Listener, Progress, RunResult
from fairmeter.simulation.run import run
from fairmeter.simulation.scenario import PolicyName, Scenario, Screening, load_scenario
from fairmeter.simulation.screening import RulesFile, load_rules

__all__ = [
    "Listener", "PolicyName", "Progress", "RulesFile", "RunResult", "Scenario", "Screening", "load_rules",
    "load_scenario", "run",
]  # fmt: skip
