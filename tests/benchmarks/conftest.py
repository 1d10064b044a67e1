"""Work like the contestants', small."""

from __future__ import annotations

from pathlib import Path

import pytest

import fairmeter
from benchmarks import prepare
from benchmarks.work import Array, Work


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Work, Array]:
    """300 bills of a fleet, and the exact decision of each."""
    folder: Path = tmp_path_factory.mktemp("fleet")
    return prepare.judged_work(*fairmeter.write_fleet(folder, 300, prepare.MONTHS, prepare.SEED))


@pytest.fixture(scope="session")
def work(judged: tuple[Work, Array]) -> Work:
    return judged[0]
