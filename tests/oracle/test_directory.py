"""The meter directory on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fairmeter.errors import InputError
from fairmeter.oracle import Meters, load_meters, write_meters

KEYS = np.arange(96, dtype=np.uint8).reshape(3, 32)
METERS = Meters(np.array([1 << 32 | 1, 1 << 32 | 2, 2 << 32 | 1]), np.array([1, 0, 1], np.int32), KEYS)
CUSTOMERS = ("flat", "house")


def test_load_meters__what_was_written__is_the_same_and_private(tmp_path: Path) -> None:
    path = tmp_path / "meters.parquet"
    write_meters(path, METERS, CUSTOMERS)
    found = load_meters(path, CUSTOMERS)
    assert found.accounts.tolist() == METERS.accounts.tolist()
    assert found.customer.tolist() == METERS.customer.tolist()
    assert found.disclosure_keys.tolist() == KEYS.tolist()
    assert path.stat().st_mode & 0o077 == 0


def test_load_meters__readings_of_other_customers__counts_as_they_do(tmp_path: Path) -> None:
    path = tmp_path / "meters.parquet"
    write_meters(path, METERS, CUSTOMERS)
    assert load_meters(path, ("attic", "house")).customer.tolist() == [1, -1, 1]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda frame: pl.concat([frame, frame.head(1)]), "account 4294967297 is in it twice"),
        (lambda frame: frame.with_columns(disclosure_key=pl.lit(b"\x01")), "a disclosure key has 32 bytes"),
        (lambda frame: frame.with_columns(customer_id=pl.lit(None, pl.String)), "has no empty cell"),
        (lambda frame: frame.head(0), "at least one account"),
        (lambda frame: frame.drop("account"), "has the columns account"),
    ],
)
def test_load_meters__another_file__is_refused(tmp_path: Path, change: object, problem: str) -> None:
    path = tmp_path / "meters.parquet"
    write_meters(path, METERS, CUSTOMERS)
    assert callable(change)
    change(pl.read_parquet(path)).write_parquet(path)
    with pytest.raises(InputError, match=problem):
        load_meters(path, CUSTOMERS)


def test_load_meters__no_such_file__is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read as a meter directory"):
        load_meters(tmp_path / "none.parquet", CUSTOMERS)
