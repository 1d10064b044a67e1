from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from fairmeter.errors import InputError
from fairmeter.privacy import Custody
from fairmeter.vault.collect import collect
from fairmeter.vault.fields import Field

DAYS = [dt.date(2016, 1, 1), dt.date(2016, 1, 2), dt.date(2016, 1, 1)]


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, Path]:
    scores = {"account": [7, 8], "probability": [0.25, 0.5], "points": [610, 580], "grade": ["B", "C"],
              "reasons": ["late 3 times", "new"]}  # fmt: skip
    pl.DataFrame(scores).write_parquet(tmp_path / "scores.parquet")
    payments = {"customer_id": ["7", "8", "7"], "paid_on": DAYS, "amount": [100, 200, 300]}
    pl.DataFrame(payments).write_csv(tmp_path / "payments.csv")
    usage = {"customer_id": ["7", "7", "8"], "utility": ["water"] * 3, "date": DAYS, "quantity": [1, 2, 3]}
    pl.DataFrame(usage).write_parquet(tmp_path / "usage.parquet")
    return {path.stem: path for path in tmp_path.iterdir()}


def test_collect__all_tables__the_customers_own_rows(tables: dict[str, Path]) -> None:
    found = collect("7", Custody(), **tables)
    assert json.loads(found[Field.GRADE]) == {"probability": 0.25, "points": 610, "grade": "B"}
    assert found[Field.REASONS] == b"late 3 times"
    assert found[Field.PAYMENTS] == b"paid_on,amount\n2016-01-01,100\n2016-01-01,300\n"
    assert found[Field.READINGS] == b"utility,date,quantity\nwater,2016-01-01,1\nwater,2016-01-02,2\n"


def test_collect__one_table__its_field_alone(tables: dict[str, Path]) -> None:
    assert set(collect("8", Custody(), payments=tables["payments"])) == {Field.PAYMENTS}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nobody", "has nothing of nobody"),
        ("column", "expected a table with the column customer_id"),
        ("absent", "expected a table with the column customer_id"),
        ("ending", "expected a .csv or .parquet file"),
        ("nothing", "nothing to collect from"),
    ],
)
def test_collect__wrong_input__one_line(tables: dict[str, Path], tmp_path: Path, name: str, problem: str) -> None:
    files = {
        "nobody": tables["payments"],
        "column": tables["scores"],
        "absent": tmp_path / "absent.csv",
        "ending": tmp_path / "payments.xlsx",
        "nothing": None,
    }
    with pytest.raises(InputError, match=problem) as refused:
        collect("nobody", Custody(), payments=files[name])
    assert "\n" not in str(refused.value)
