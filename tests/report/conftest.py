"""One small run with faulty bills, and the means to change its bundle with every hash made anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fairmeter import commands
from fairmeter.bundle import BILL_TABLES, Bundle, BundleWriter, table_of
from fairmeter.report import Report, load
from fairmeter.usage import write_fleet

CUSTOMERS = 14
MONTHS = 15


@dataclass(frozen=True)
class FinishedRun:
    """Where a run wrote, and what it read."""

    directory: Path
    usage: Path
    bills: Path


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """42 bills of a synthetic fleet, on eth-tester."""
    folder = tmp_path_factory.mktemp("report")
    usage, bills = write_fleet(folder / "fleet", CUSTOMERS, MONTHS, seed=1)
    commands.run(usage, bills, folder / "run")
    return FinishedRun(folder / "run", usage, bills)


@pytest.fixture(scope="session")
def report(finished: FinishedRun) -> Report:
    """The report of the run."""
    return load(finished.directory)


Change = Callable[[str, pl.DataFrame], pl.DataFrame]


@pytest.fixture
def altered(finished: FinishedRun, tmp_path: Path) -> Callable[..., Path]:
    """A copy of the run whose tables went through a function, and whose manifest's fields were replaced."""

    def alter(change: Change = lambda _, table: table, **fields: Any) -> Path:
        target = tmp_path / "altered"
        shutil.copytree(finished.directory, target, ignore=shutil.ignore_patterns("bundle"))
        bundle = Bundle(finished.directory)
        compiler_input = (bundle.folder / "compiler-input.json").read_bytes()
        with BundleWriter(target / "bundle", compiler_input) as writer:
            for name in BILL_TABLES:
                table = change(name, pl.DataFrame(pl.from_arrow(bundle.table(name)))).to_arrow()
                writer.append(
                    name, table_of(name, {column: table[column].to_pylist() for column in table.column_names})
                )
            writer.finish({**bundle.manifest, **fields})
        return target

    return alter
