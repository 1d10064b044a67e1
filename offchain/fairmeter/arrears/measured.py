"""How good the models of arrears are, by what they are for."""

from __future__ import annotations

from dataclasses import dataclass

from fairmeter.arrears.default import Evaluated
from fairmeter.arrears.response import Jump, Lateness, Responded


@dataclass(frozen=True, slots=True)
class Measured:
    """On the public sets that were there."""

    default: tuple[Evaluated, ...]
    response: tuple[Responded, ...]
    jumps: tuple[Jump, ...]
    """What the next level of a bank's strategy recovers at each threshold; none where the set was absent."""
    lateness: Lateness | None
    absent: tuple[str, ...]
    """Files that were not there."""
