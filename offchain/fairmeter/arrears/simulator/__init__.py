"""Customers in arrears as the public sets know them, what rules of whom to contact recover from them, and what is
forgone until it is known which strategy works."""

from __future__ import annotations

from dataclasses import dataclass

from fairmeter.arrears.simulator.choosing import (
    DELAY,
    PERIODS,
    STRATEGIES,
    TEST,
    THOMPSON,
    UNIFORM,
    WAYS,
    Choosing,
    Strategy,
    choose,
)
from fairmeter.arrears.simulator.comparing import (
    COMPARED,
    COSTS,
    EVERYBODY,
    NOBODY,
    PATENT,
    RULES,
    VALUE,
    Recovery,
    compare,
)
from fairmeter.arrears.simulator.fitting import fit
from fairmeter.arrears.simulator.learning import TIMES
from fairmeter.arrears.simulator.world import FITTED, World


@dataclass(frozen=True, slots=True)
class Simulated:
    """What `fairmeter arrears simulate` shows."""

    recovery: Recovery
    choosing: Choosing


__all__ = [
    "COMPARED",
    "COSTS",
    "DELAY",
    "EVERYBODY",
    "FITTED",
    "NOBODY",
    "PATENT",
    "PERIODS",
    "RULES",
    "STRATEGIES",
    "TEST",
    "THOMPSON",
    "TIMES",
    "UNIFORM",
    "VALUE",
    "WAYS",
    "Choosing",
    "Recovery",
    "Simulated",
    "Strategy",
    "World",
    "choose",
    "compare",
    "fit",
]
