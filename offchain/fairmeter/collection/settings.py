"""How a supplier's debts are collected: a TOML file of the operator's.

[arrears]
mean_bill = 60_000                      # minor units
contact = 50_000                        # what a contact costs, of the mean bill, ppm, as in a scenario
incremental_days = 14
max_contacts = 6
[[arrears.classes]]                     # class 1
grades = ["A", "B"]                     # as `fairmeter score` gives them
response = [1_300_000, 1_600_000]       # strategies 1 and 2: by how much a contact multiplies the hazard of repaying
[arrears.classes.curve]                 # what became known of the class; without it nothing of it is given up
day = [14, 28]
contacted = [500_000, 600_000]
natural = [450_000, 560_000]
contacts = [1_000_000, 1_500_000]
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Final

from annotated_types import Ge, Gt, Le, Len
from pydantic import ConfigDict

from fairmeter.units import PPM

_CLOSED: Final = ConfigDict(extra="forbid")
GRADES: Final = ("A", "B", "C", "D", "E")
Ppm = Annotated[int, Ge(0), Le(PPM)]


@dataclass(frozen=True, slots=True)
class CurveSettings:
    """What became known of a class: columns of one length."""

    __pydantic_config__ = _CLOSED

    day: Annotated[tuple[Annotated[int, Ge(0), Le(65_535)], ...], Len(1, 128)]
    """After the judging, ascending."""
    contacted: tuple[Ppm, ...]
    """Have repaid by then if contacted, ppm."""
    natural: tuple[Ppm, ...]
    """The same of those who are not."""
    contacts: tuple[Annotated[int, Ge(0), Le(63 * PPM)], ...]
    """Mean number until then, ppm of one."""


@dataclass(frozen=True, slots=True)
class ClassSettings:
    """One class of debts; its number is its place, from 1."""

    __pydantic_config__ = _CLOSED

    grades: Annotated[tuple[str, ...], Len(1)]
    """Of the customers who are in it, as `fairmeter score` gives them."""
    response: Annotated[tuple[Annotated[int, Gt(0), Le(100 * PPM)], ...], Len(1, 15)]
    """By strategy, from 1: by how much a contact multiplies the hazard of repaying, ppm."""
    curve: CurveSettings | None = None
    """Without one no debt of the class is given up."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The table `[arrears]`; `contact` as in a scenario."""

    __pydantic_config__ = _CLOSED

    mean_bill: Annotated[int, Ge(1), Le(2**48 - 1)]
    """Minor units."""
    classes: Annotated[tuple[ClassSettings, ...], Len(1, 255)]
    contact: Ppm = 50_000
    """What a contact costs, of the mean bill, ppm."""
    incremental_days: Annotated[int, Ge(0), Le(65_535)] = 14
    max_contacts: Annotated[int, Ge(0), Le(63)] = 6

    def __post_init__(self) -> None:
        graded = [grade for one in self.classes for grade in one.grades]
        if len(set(graded)) < len(graded) or set(graded) - set(GRADES):
            raise ValueError(f"each of {', '.join(GRADES)} is in one class at most, found {', '.join(graded)}")
        for one in self.classes:
            columns = () if one.curve is None else asdict(one.curve).values()
            if len({len(column) for column in columns}) > 1:
                raise ValueError("a curve's columns have one length")

    @property
    def unit_cost(self) -> int:
        """Of a contact, minor units."""
        return max(self.mean_bill * self.contact // PPM, 1)


@dataclass(frozen=True, slots=True)
class ArrearsSettings:
    """The file."""

    __pydantic_config__ = _CLOSED

    arrears: Terms
