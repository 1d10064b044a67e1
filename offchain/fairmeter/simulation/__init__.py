"""A payment run from readings and bills: deploys, posts, judges, answers appeals, and records it all."""

from __future__ import annotations

from fairmeter.simulation.result import Listener, Progress, RunResult
from fairmeter.simulation.run import run
from fairmeter.simulation.scenario import Scenario, load_scenario

__all__ = ["Listener", "Progress", "RunResult", "Scenario", "load_scenario", "run"]
