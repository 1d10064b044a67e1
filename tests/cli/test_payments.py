from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke, JsonOf, Refused


def _paid(out: Path, *, due: bool) -> pl.DataFrame:
    """Thirty payers, twelve months; one payment in ten is three times as high, and said to be abnormal."""
    rng = np.random.default_rng(1)
    abnormal = rng.random((30, 12)) < 0.1
    amount = np.rint(rng.uniform(2000, 90_000, (30, 1)) * rng.uniform(0.9, 1.1, (30, 12)) * np.where(abnormal, 3, 1))
    days = [
        date(2020, 1, 1) + timedelta(30 * month + int(rng.integers(0, 5))) for _ in range(30) for month in range(12)
    ]
    frame = pl.DataFrame({
        "customer_id": [f"payer {row}" for row in range(30) for _ in range(12)],
        "paid_on": days, "amount": amount.ravel().astype(np.int64), "abnormal": abnormal.ravel().astype(np.int64),
    })  # fmt: skip
    if due:
        frame = frame.with_columns(due_on=pl.col("paid_on"))
    frame.sample(fraction=1.0, shuffle=True, seed=2).write_parquet(out)
    return frame


def test_payments__known_abnormal_ones__thresholds_that_find_them_and_the_next_of_each(
    json_of: JsonOf, invoke: Invoke, tmp_path: Path
) -> None:
    frame = _paid(tmp_path / "paid.parquet", due=False)
    call = ("payments", "--payments", tmp_path / "paid.parquet", "--out", tmp_path / "out.parquet")
    printed = json_of(*call)
    rows = pl.read_parquet(tmp_path / "out.parquet")
    assert (printed["payments"], printed["customers"], rows.height) == (360, 30, 390)
    following = rows.filter(pl.col("amount").is_null())
    last = frame.group_by("customer_id").agg(pl.col("paid_on").max().alias("last"))
    assert following.join(last, on="customer_id").select((pl.col("expected_on") > pl.col("last")).all()).item()
    known = [one for one in printed["classes"] if one["labelled"]]
    assert known
    assert all(one["threshold"]["found"] > 0.7 and one["threshold"]["false"] < 0.3 for one in known)
    assert sum(one["payments"] for one in printed["classes"]) == 360
    assert "finds" in invoke(*call).stdout


def test_payments__due_dates__one_row_each(json_of: JsonOf, tmp_path: Path) -> None:
    _paid(tmp_path / "paid.parquet", due=True)
    json_of("payments", "--payments", tmp_path / "paid.parquet", "--out", tmp_path / "out.parquet")
    rows = pl.read_parquet(tmp_path / "out.parquet")
    assert rows.height == 360
    assert rows["fires"].null_count() == 0
    assert rows["expected_on"].null_count() == 0


def test_payments__none_known_to_be_abnormal__thresholds_that_hold_up_no_more_than_set(
    json_of: JsonOf, tmp_path: Path
) -> None:
    _paid(tmp_path / "paid.parquet", due=False).drop("abnormal").write_parquet(tmp_path / "plain.parquet")
    call = ("payments", "--payments", tmp_path / "plain.parquet", "--out", tmp_path / "out.parquet", "--rate", 0.05)
    printed = json_of(*call)
    fired = pl.read_parquet(tmp_path / "out.parquet").filter(pl.col("amount").is_not_null())["fires"]
    assert not any(one["labelled"] for one in printed["classes"])
    assert all(one["threshold"]["false"] <= 0.05 < one["threshold"]["found"] for one in printed["classes"])
    assert 0 < fired.cast(pl.Int64).sum() <= 0.05 * 360


def test_payments__wrong_input__one_line(refused: Refused, tmp_path: Path) -> None:
    wrong = tmp_path / "paid.csv"
    wrong.write_text("customer_id,paid_on,amount,abnormal\na,2020-02-03,0,0\n")
    call = ("payments", "--payments", wrong, "--out")
    assert "row 1, column amount" in refused(2, *call, tmp_path / "out.parquet")
    assert ".parquet" in refused(2, *call, tmp_path / "out.csv")
