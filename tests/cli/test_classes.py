from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke, JsonOf, Refused


@pytest.fixture
def files(large_fleet: Path) -> tuple[str, ...]:
    return "--usage", str(large_fleet / "usage.parquet"), "--bills", str(large_fleet / "bills.parquet")


def _payments(files: tuple[str, ...], out: Path) -> Path:
    """Half of the customers pay on the day, the others three weeks late and every second month."""
    bills = pl.read_parquet(files[3]).with_columns(late=pl.col("customer_id").hash(0) % 2)
    month = pl.col("period_start").dt.month() % 2
    paid = bills.filter((pl.col("late") == 0) | (month == 0)).select(
        "customer_id",
        "amount",
        due_on=pl.col("period_end"),
        paid_on=pl.col("period_end") + 21 * pl.duration(days="late"),
    )
    paid.write_parquet(out)
    return out


def test_classes__a_fleet__each_account_in_one_with_a_profile(
    json_of: JsonOf, files: tuple[str, ...], tmp_path: Path
) -> None:
    printed = json_of("classes", *files, "--out", tmp_path / "classes.parquet")
    accounts = pl.read_parquet(tmp_path / "classes.parquet")
    counted = dict(accounts.group_by("class").len().iter_rows())
    assert {one["name"]: one["accounts"] for one in printed["classes"] if one["accounts"]} == counted
    billed = pl.read_parquet(files[3]).select("customer_id", "utility").unique()
    assert accounts.height == printed["accounts"] == billed.height
    assert accounts.join(billed, on=["customer_id", "utility"], how="anti").is_empty()
    stable = [trial["classes"] for trial in printed["trials"] if trial["stability"] >= printed["stable_from"]]
    assert len(printed["classes"]) == max(stable, default=1)


def test_classes__bills_in_another_order__the_same(json_of: JsonOf, files: tuple[str, ...], tmp_path: Path) -> None:
    shuffled = tmp_path / "bills.parquet"
    pl.read_parquet(files[3]).sample(fraction=1.0, shuffle=True, seed=1).write_parquet(shuffled)
    assert json_of("classes", *files) == json_of("classes", *files[:2], "--bills", shuffled)


def test_classes__payments__their_lateness_and_intervals_count(
    json_of: JsonOf, invoke: Invoke, files: tuple[str, ...], tmp_path: Path
) -> None:
    payments = _payments(files, tmp_path / "payments.parquet")
    printed = json_of("classes", *files, "--payments", payments)
    late = [one["profile"]["late"] for one in printed["classes"] if "late" in one["profile"]]
    assert set(late) <= {0.0, 21.0}
    without = json_of("classes", *files)["classes"]
    assert not any("late" in one["profile"] or "interval" in one["profile"] for one in without)
    shown = invoke("classes", *files, "--payments", payments).stdout
    assert "days between payments" in shown


def test_classes__wrong_payments__one_line(refused: Refused, files: tuple[str, ...], tmp_path: Path) -> None:
    wrong = tmp_path / "payments.csv"
    wrong.write_text("customer_id,paid_on,amount\na,2020-02-30,100\n")
    assert "row 1, column paid_on" in refused(2, "classes", *files, "--payments", wrong)
    assert ".parquet" in refused(2, "classes", *files, "--out", tmp_path / "classes.csv")
