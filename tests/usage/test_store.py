"""What is read of a usage file in pieces is what is read of it whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fairmeter.errors import InputError
from fairmeter.model import Bills, Reference
from fairmeter.usage import UsageStore, load_bills, load_usage, reference_period, reference_readings, store, write_fleet
from fairmeter.usage.keys import meter_keys


@pytest.fixture
def fleet(tmp_path: Path) -> tuple[Path, Path]:
    return write_fleet(tmp_path, 30, 15, seed=5)


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of any size are read in pieces."""
    monkeypatch.setattr(store, "WHOLE_ROWS", 0)


def reference(path: Path, bills: Bills) -> Reference:
    first, days = reference_period(bills.start, bills.end)
    meters = np.unique(meter_keys(bills.customer, bills.utility))
    matrix = UsageStore(path, bills).matrix(meters, int(first.min()), int((first + days - 1).max()))
    return matrix.reference(bills.customer, bills.utility, bills.start, bills.end)


def assert_as_whole(path: Path, bills: Bills) -> None:
    expected, found = reference_readings(load_usage(path), bills), reference(path, bills)
    for name in ("start", "days", "readings", "present"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def write_as(path: Path, frame: pl.DataFrame, how: str) -> Path:
    """The readings in another form."""
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=1)
    target = path.with_name(f"{how}.{'csv' if how == 'csv' else 'parquet'}")
    match how:
        case "csv":
            shuffled.write_csv(target)
        case "shuffled":
            shuffled.write_parquet(target, row_group_size=1_000)
        case "texts":
            shuffled.with_columns(pl.col("date", "quantity").cast(pl.String)).write_parquet(
                target, row_group_size=1_000
            )
        case "no statistics":
            frame.write_parquet(target, row_group_size=5_000, statistics=False)
        case _:
            frame.write_parquet(target)
    return target


@pytest.mark.parametrize("how", ["as it is", "shuffled", "texts", "no statistics", "csv"])
@pytest.mark.usefixtures("streamed")
def test_matrix__any_order_and_form__the_readings_of_the_whole(fleet: tuple[Path, Path], how: str) -> None:
    usage, bills = fleet
    path = usage if how == "as it is" else write_as(usage, pl.read_parquet(usage), how)
    assert_as_whole(path, load_bills(bills))


@pytest.mark.usefixtures("streamed")
def test_matrix__other_customers__left_out(fleet: tuple[Path, Path]) -> None:
    usage, bills = fleet
    frame = pl.read_parquet(bills)
    frame.filter(pl.col("customer_id") > "c00000012").write_parquet(bills)
    assert_as_whole(usage, load_bills(bills))


@pytest.mark.usefixtures("streamed")
def test_matrix__fleet__reads_the_months_that_bills_need(
    fleet: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage, bills = fleet
    read: list[int] = []
    parts = UsageStore._parts

    def noted(self: UsageStore, groups: np.ndarray[tuple[int], np.dtype[np.int64]]) -> object:
        read.extend(groups.tolist())
        return parts(self, groups)

    monkeypatch.setattr(UsageStore, "_parts", noted)
    reference(usage, load_bills(bills))
    assert read == [0, 1, 2]


@pytest.mark.usefixtures("streamed")
def test_matrix__a_day_twice__named_as_in_the_whole(fleet: tuple[Path, Path]) -> None:
    usage, bills = fleet
    frame = pl.read_parquet(usage)
    doubled = pl.concat([frame, frame.slice(7, 1)])
    doubled.write_parquet(usage)
    with pytest.raises(InputError) as whole:
        load_usage(usage)
    with pytest.raises(InputError) as found:
        reference(usage, load_bills(bills))
    assert str(found.value) == str(whole.value)


@pytest.mark.usefixtures("streamed")
@pytest.mark.parametrize(
    ("column", "value"), [("quantity", -1), ("utility", "steam"), ("quantity", None), ("customer_id", "")]
)
def test_matrix__a_bad_cell__named_as_in_the_whole(fleet: tuple[Path, Path], column: str, value: object) -> None:
    usage, bills = fleet
    frame = pl.read_parquet(usage).with_row_index()
    place = 911
    wrong = pl.when(pl.col("index") == place).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
    frame.with_columns(wrong).drop("index").write_parquet(usage, row_group_size=400)
    with pytest.raises(InputError) as whole:
        load_usage(usage)
    with pytest.raises(InputError) as found:
        reference(usage, load_bills(bills))
    assert str(found.value) == str(whole.value)


@pytest.mark.usefixtures("streamed")
@pytest.mark.parametrize("change", ["customer", "utility"])
def test_matrix__meter_without_readings__named_as_in_the_whole(
    fleet: tuple[Path, Path], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage, bills = fleet
    own = pl.col("customer_id") == "c00000003"
    frame = pl.read_parquet(usage)
    if change == "customer":
        frame.filter(~own).write_parquet(usage)
    else:
        other = pl.col("utility").replace({"electricity": "water", "water": "gas", "gas": "phone", "phone": "gas"})
        frame.with_columns(pl.when(own).then(other).otherwise("utility").alias("utility")).write_parquet(usage)
    with pytest.raises(InputError) as found:
        reference(usage, load_bills(bills))
    monkeypatch.setattr(store, "WHOLE_ROWS", 10**9)
    with pytest.raises(InputError) as whole:
        UsageStore(usage, load_bills(bills))
    assert str(found.value) == str(whole.value)


@pytest.mark.usefixtures("streamed")
def test_matrix__meter_silent_in_the_year_before__has_no_readings(fleet: tuple[Path, Path]) -> None:
    usage, bills = fleet
    own = pl.col("customer_id") == "c00000003"
    pl.read_parquet(usage).filter(~own | (pl.col("date") > pl.date(2023, 9, 1))).write_parquet(usage)
    billed = load_bills(bills)
    assert_as_whole(usage, billed)
    silent = reference(usage, billed).present[billed.customer == billed.customers.index("c00000003")]
    assert not silent.any()
