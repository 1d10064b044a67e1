"""Customers in arrears as the public sets know them, and what rules of whom to contact recover from them."""

from __future__ import annotations

from fairmeter.arrears.simulator.comparing import EVERYBODY, NOBODY, PATENT, RULES, VALUE, Recovery, compare
from fairmeter.arrears.simulator.fitting import fit
from fairmeter.arrears.simulator.learning import TIMES
from fairmeter.arrears.simulator.world import FITTED, World

__all__ = [
    "EVERYBODY",
    "FITTED",
    "NOBODY",
    "PATENT",
    "RULES",
    "TIMES",
    "VALUE",
    "Recovery",
    "World",
    "compare",
    "fit",
]
