"""What a run gives back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long piece of work is."""

    phase: str
    done: int
    total: int


SET_UP: Final = "set up"
"""The phase that opens accounts, grants mandates and endows: done once for a customer, not with every bill."""

Listener = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Sums:
    """Of a whole run: bills by verdict and balance, and their amounts by state at its end, in minor units."""

    bills: int
    settled: int
    """Judged PAY, and debited when judged."""
    appealed: int
    insufficient: int
    arrears: int
    """Judged PAY, and not covered by balance or mandate when judged."""
    amount_billed: int
    amount_unjudged: int
    amount_settled: int
    amount_pending: int
    amount_waiting: int
    amount_held: int
    amount_arrears: int
    amount_void: int
    transactions: int
    gas_used: int

    def to_json(self) -> dict[str, int]:
        """By name."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run. `sums` is in the bundle too; the rest differs from machine to machine and lies outside it."""

    sums: Sums
    seconds: float
    """From the files to the finished bundle."""
    phases: Mapping[str, float]
    """Seconds by phase; they sum to `seconds`."""
    peak_memory: int
    """Bytes, of the whole process so far."""
    engine: str
    implementation: str
    bundle: Path
    inferred_tariffs: tuple[str, ...]
    """A line for each tariff that no file gave."""

    @property
    def bills_per_second(self) -> float:
        """Of the payment run: everything but the set-up."""
        return self.sums.bills / (self.seconds - self.phases.get(SET_UP, 0.0))

    def to_json(self) -> dict[str, Any]:
        """One flat object: what `fairmeter run --json` prints and run.json keeps."""
        return {
            **self.sums.to_json(),
            "seconds": round(self.seconds, 3),
            "phases": {name: round(seconds, 3) for name, seconds in self.phases.items()},
            "bills_per_second": round(self.bills_per_second, 1),
            "peak_memory": self.peak_memory,
            "engine": self.engine,
            "implementation": self.implementation,
            "bundle": str(self.bundle),
            "inferred_tariffs": list(self.inferred_tariffs),
        }
