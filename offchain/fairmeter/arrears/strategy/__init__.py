"""Whom to remind, how, and when to give up: the patent's rule to the letter, and a plan within a budget."""

from __future__ import annotations

from fairmeter.arrears.strategy.bandit import Batch, Posterior, drawn, off_policy, thompson, together
from fairmeter.arrears.strategy.budget import plan
from fairmeter.arrears.strategy.economics import Decision, decide, horizon, return_on_contacts
from fairmeter.arrears.strategy.experiment import Arm, analyse, assign, commitment, needed
from fairmeter.arrears.strategy.hazard import Break, find_break

__all__ = [
    "Arm",
    "Batch",
    "Break",
    "Decision",
    "Posterior",
    "analyse",
    "assign",
    "commitment",
    "decide",
    "drawn",
    "find_break",
    "horizon",
    "needed",
    "off_policy",
    "plan",
    "return_on_contacts",
    "thompson",
    "together",
]
