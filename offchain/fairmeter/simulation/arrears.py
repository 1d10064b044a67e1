"""What a scenario file says of customers in arrears, in its table `[arrears]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from annotated_types import Ge, Le
from pydantic import ConfigDict

from fairmeter.units import PPM

_CLOSED: Final = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Credit:
    """Every supplier's credit line, of which its debts are paid that are likely enough to be repaid."""

    __pydantic_config__ = _CLOSED

    funds: Annotated[int, Ge(1), Le(PPM)] = 100_000
    """What a supplier pays in, of what it bills in the run, ppm."""
    threshold: Annotated[int, Ge(1), Le(PPM)] = 400_000
    """The least probability of repaying, of every class, ppm."""
    per_account: Annotated[int, Ge(1), Le(100 * PPM)] = 3 * PPM
    """What an account owes its line at most, of the mean bill, ppm."""
    term: Annotated[int, Ge(1), Le(3_650)] = 30
    """Days until a debt is lost."""


@dataclass(frozen=True, slots=True)
class Arrears:
    """With it bills in arrears are scored, reminded of by strategies under test, and given up by the register."""

    __pydantic_config__ = _CLOSED

    behind: Annotated[int, Ge(0), Le(PPM)] = 300_000
    """Of the customers, ppm: pay nothing in, but what they owe, sooner or later or never, as the customers of public
    sets do (`arrears.simulator`)."""
    contact: Annotated[int, Ge(0), Le(PPM)] = 50_000
    """What a contact costs, of the mean bill, ppm."""
    credit: Credit | None = None
    """None where no supplier has a line."""
