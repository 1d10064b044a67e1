"""A small fleet on disk, and what a run makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from fairmeter.simulation import RunResult, run
from fairmeter.usage import write_fleet


@dataclass(frozen=True)
class Fleet:
    usage: Path
    bills: Path


@pytest.fixture(scope="session")
def small_fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return Fleet(*write_fleet(tmp_path_factory.mktemp("fleet"), 12, 14, seed=3))


@pytest.fixture(scope="session")
def finished(small_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(small_fleet.usage, small_fleet.bills, tmp_path_factory.mktemp("runs") / "first")
