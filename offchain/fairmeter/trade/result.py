"""What a run at the trade desk gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairmeter.trade.tally import TradeSums


@dataclass(frozen=True, slots=True)
class TradeResult:
    """A finished run. `sums` is in the bundle too; the rest differs from machine to machine and lies outside it."""

    sums: TradeSums
    refusals: Mapping[str, int]
    """Transactions that contracts refused, by the error."""
    seconds: float
    phases: Mapping[str, float]
    """Seconds by phase; they sum to `seconds`."""
    peak_memory: int
    """Bytes, of the whole process so far."""
    engine: str
    implementation: str
    bundle: Path

    def to_json(self) -> dict[str, Any]:
        """One object: what `fairmeter trade --json` prints and run.json keeps."""
        return {
            **self.sums.to_json(),
            "refusals": dict(self.refusals),
            "seconds": round(self.seconds, 3),
            "phases": {name: round(seconds, 3) for name, seconds in self.phases.items()},
            "transactions_per_second": round(self.sums.transactions / self.seconds, 1),
            "peak_memory": self.peak_memory,
            "engine": self.engine,
            "implementation": self.implementation,
            "bundle": str(self.bundle),
        }
