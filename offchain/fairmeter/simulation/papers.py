"""What a scenario says of bills' papers: what is missing, wrong or written by whom it must not be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le
from pydantic import ConfigDict

from fairmeter.units import PPM

Share = Annotated[int, Ge(0), Le(PPM)]
"""Parts per million."""


@dataclass(frozen=True, slots=True)
class Papers:
    """The papers of a run's bills, written once their batch is released. Each share is of all bills, drawn by
    itself."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    unfiled: Share = 0
    """For which nobody opens a file."""
    uninvoiced: Share = 0
    """Whose invoice never comes."""
    wrong_tax: Share = 0
    """Pushed with a wrong tax rate, which the check returns."""
    duplicates: Share = 0
    """Whose invoice is at first that of another bill, which verification returns."""
    two_levels: Share = 0
    """Of which the first approver means to be the second as well: by a second key of its own, which is refused, and
    then by one that is said to be another's."""
    tax: Annotated[int, Ge(0), Le(PPM)] = 130_000
    """Of the tariff's table, ppm."""
    second: Annotated[int, Ge(0)] = 100_000
    """Minor units, above which an application takes a second approval."""
    third: Annotated[int, Ge(0)] = 1_000_000
    """And a third."""

    def __post_init__(self) -> None:
        if self.second > self.third:
            raise ValueError(f"papers: a third approval above {self.third}, before a second above {self.second}")
