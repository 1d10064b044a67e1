"""What a scenario says of refunds: who asks for them, and which of the departments act."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from annotated_types import Ge, Le
from pydantic import ConfigDict

from fairmeter.units import PPM, SECONDS_A_DAY

Share = Annotated[int, Ge(0), Le(PPM)]
"""Parts per million."""
_CLOSED: Final = ConfigDict(extra="forbid")


class Asleep(StrEnum):
    """Which department does nothing before its head is called."""

    NOBODY = "nobody"
    MARKETING = "marketing"
    FINANCE = "finance"


@dataclass(frozen=True, slots=True)
class Refunds:
    """Refunds of a run. Each share is of all bills, drawn by itself; who is drawn asks once its bill is settled."""

    __pydantic_config__ = _CLOSED

    honest: Share = 0
    """Whose customer asks for `part` of it back, with cause."""
    duplicates: Share = 0
    """Of these, ppm: asked for again once paid, by the same papers, and then for all of the bill by others."""
    wrong: Share = 0
    """Of the honest ones, ppm: with papers that finance sends back, and marketing corrects."""
    collusion: Share = 0
    """Of all bills: one of marketing asks for all of it without cause, and a colleague, who is of finance as well,
    forwards it."""
    part: Annotated[int, Ge(1), Le(PPM)] = 300_000
    """Of a bill, ppm."""
    limit: Annotated[int, Ge(0)] = 100_000
    """Minor units, above which two of finance sign."""
    department_time: Annotated[int, Ge(1)] = 5 * SECONDS_A_DAY
    """Until an order that waits for a department can be escalated, seconds."""
    asleep: Asleep = Asleep.NOBODY
