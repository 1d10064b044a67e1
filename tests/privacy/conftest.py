"""A table of customers, a key, and what reads them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fairmeter.privacy import AccessLog, Custody, DataKey

KEY, OTHER = DataKey(bytes(range(32))), DataKey(bytes(range(1, 33)))


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    frame = pl.DataFrame({"account": [1, 2, 3], "name": ["Li", "Kim", "Ann"], "address": ["li@a.b", "k@a.b", "a@a.b"]})
    frame.write_csv(path)
    return path


@pytest.fixture
def log(tmp_path: Path) -> AccessLog:
    return AccessLog(tmp_path / "access.jsonl")


@pytest.fixture
def custody(log: AccessLog) -> Custody:
    return Custody("test", KEY, log)
