"""How the cost of a run grows with its bills: time and peak memory on revm, each size in a process of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import fairmeter
from benchmarks.measure import Contestant, run
from benchmarks.prepare import MONTHS, SEED


def measure(folder: Path, sizes: Sequence[int], keep: bool, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """One run a size, the fleet's making not counted; bundles are removed unless `keep`."""
    found = []
    for bills in sizes:
        fleet = folder / f"fleet-{bills}"
        if not (fleet / "bills.parquet").is_file():
            fairmeter.write_fleet(fleet, bills, MONTHS, SEED)
        result = folder / f"growth-{bills}.json"
        command: list[str | Path] = [sys.executable, "-m", "benchmarks.contestants.ours", "revm", fleet]
        figures = run(Contestant(f"growth {bills}", command, result))
        tell(f"{bills:,} bills: {figures['seconds']:.1f} s, {figures['peak_mb']} MB")
        found.append(figures)
        if not keep:
            shutil.rmtree(result.with_suffix(".run"))
    return found
