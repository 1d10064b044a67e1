"""What a contact is worth: effects measured on trials, person by person, and claimed only where they are sure."""

from __future__ import annotations

from fairmeter.arrears.response.classes import ClassEffect
from fairmeter.arrears.response.discontinuity import DEBTS, Jump, jumps
from fairmeter.arrears.response.evaluation import Ranked, Responded, respond
from fairmeter.arrears.response.forest import Moved, check_installed
from fairmeter.arrears.response.lateness import INVOICES, Lateness, lateness
from fairmeter.arrears.response.trials import TRIALS, Trial

__all__ = [
    "DEBTS",
    "INVOICES",
    "TRIALS",
    "ClassEffect",
    "Jump",
    "Lateness",
    "Moved",
    "Ranked",
    "Responded",
    "Trial",
    "check_installed",
    "jumps",
    "lateness",
    "respond",
]
