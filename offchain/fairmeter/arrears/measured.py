"""How good the models of arrears are, by what they are for."""

from __future__ import annotations

from dataclasses import dataclass

from fairmeter.arrears.default import Evaluated


@dataclass(frozen=True, slots=True)
class Measured:
    """On the public sets that were there."""

    default: tuple[Evaluated, ...]
    absent: tuple[str, ...]
    """Files that were not there."""
