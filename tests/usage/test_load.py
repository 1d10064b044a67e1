from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.errors import InputError
from fairmeter.model import Utility
from fairmeter.units import MAX_AMOUNT, MAX_QUANTITY, MAX_READING, day_of
from fairmeter.usage import check_customers, load_bills, load_usage

USAGE: dict[str, list[Any]] = {
    "customer_id": ["mill", "mill", "home"],
    "utility": ["water", "electricity", "water"],
    "date": ["2016-02-28", "2016-02-28", "2016-02-29"],
    "quantity": ["5", "7", "0"],
}
BILLS: dict[str, list[Any]] = {
    "bill_id": ["1", "2", "3"],
    "customer_id": ["mill", "mill", "home"],
    "utility": ["water", "electricity", "water"],
    "supplier": ["works", "grid", "works"],
    "period_start": ["2017-02-01", "2017-02-01", "2017-02-01"],
    "period_end": ["2017-02-28", "2017-02-28", "2017-02-28"],
    "quantity": ["5000", "7000", "0"],
    "amount": ["1500", "420", "1"],
}


def _with(table: dict[str, list[Any]], column: str, row: int, value: Any) -> dict[str, list[Any]]:
    cells = list(table[column])
    cells[row - 1] = value
    return table | {column: cells}


def _csv(folder: Path, table: dict[str, list[Any]]) -> Path:
    path = folder / "table.csv"
    pl.DataFrame(table).write_csv(path)
    return path


def _parquet(folder: Path, table: dict[str, list[Any]], **types: Any) -> Path:
    path = folder / "table.parquet"
    pl.DataFrame(table, schema_overrides=types).write_parquet(path)
    return path


def _refusal(load: Any, path: Path) -> str:
    with pytest.raises(InputError) as refused:
        load(path)
    text = str(refused.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


def test_load_usage__rows_in_any_order__are_sorted_by_customer_utility_and_day(tmp_path: Path) -> None:
    usage = load_usage(_csv(tmp_path, USAGE))
    assert usage.customers == ("home", "mill")
    assert usage.customer.tolist() == [0, 1, 1]
    assert usage.utility.tolist() == [Utility.WATER, Utility.ELECTRICITY, Utility.WATER]
    assert usage.day.tolist() == [day_of(dt.date(2016, 2, day)) for day in (29, 28, 28)]
    assert usage.quantity.tolist() == [0, 7, 5]
    assert [usage.customer.dtype, usage.utility.dtype, usage.day.dtype] == [np.int32, np.uint8, np.int32]
    assert usage.quantity.dtype == np.int64


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "ä,", '"']),
            st.sampled_from([utility.label for utility in Utility]),
            st.dates(dt.date(1970, 1, 1), dt.date(2149, 6, 6)),
            st.integers(0, MAX_READING),
        ),
        min_size=1,
        max_size=30,
        unique_by=lambda row: row[:3],
    )
)
@settings(deadline=None, max_examples=40)
def test_load_usage__csv_and_parquet_of_the_same_rows__are_equal_and_complete(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, dt.date, int]]
) -> None:
    folder = tmp_path_factory.mktemp("usage")
    frame = pl.DataFrame(rows, schema=["customer_id", "utility", "date", "quantity"], orient="row")
    frame.write_csv(folder / "usage.csv")
    frame.write_parquet(folder / "usage.parquet")
    for path in (folder / "usage.csv", folder / "usage.parquet"):
        usage = load_usage(path)
        columns = zip(usage.customer, usage.utility, usage.day, usage.quantity, strict=True)
        assert [(usage.customers[c], int(u), int(d), int(q)) for c, u, d, q in columns] == sorted(
            (c, int(Utility[u.upper()]), int(day_of(d)), q) for c, u, d, q in rows
        )


def test_load_bills__all_columns_and_labels__keep_the_order_of_the_file(tmp_path: Path) -> None:
    labelled = BILLS | {
        "true_quantity": ["5000", "700", "0"],
        "fault": [None, "multiplier", None],
        "note": ["", "", "x"],
    }
    bills = load_bills(_csv(tmp_path, labelled))
    assert bills.bill_id.tolist() == [1, 2, 3]
    assert [bills.customers[index] for index in bills.customer] == ["mill", "mill", "home"]
    assert [bills.suppliers[index] for index in bills.supplier] == ["works", "grid", "works"]
    assert bills.days.tolist() == [28, 28, 28]
    assert bills.amount.tolist() == [1500, 420, 1]
    assert bills.true_quantity is not None
    assert bills.true_quantity.tolist() == [5000, 700, 0]
    assert bills.fault == (None, "multiplier", None)


def test_load_bills__without_labels__has_none(tmp_path: Path) -> None:
    bills = load_bills(_csv(tmp_path, BILLS))
    assert bills.true_quantity is None
    assert bills.fault is None


def test_load_bills__ids_that_are_not_plain_integers__stay_text(tmp_path: Path) -> None:
    bills = load_bills(_csv(tmp_path, BILLS | {"bill_id": ["7", "007", "b"]}))
    assert bills.bill_id.tolist() == ["7", "007", "b"]


def test_load_bills__largest_values__are_kept(tmp_path: Path) -> None:
    table = _with(_with(BILLS, "quantity", 1, str(MAX_QUANTITY)), "amount", 1, str(MAX_AMOUNT))
    bills = load_bills(_csv(tmp_path, table))
    assert (bills.quantity[0], bills.amount[0]) == (MAX_QUANTITY, MAX_AMOUNT)


@pytest.mark.parametrize(
    "value", ["-1", "1.5", "1.0", "1e3", "+5", "1 ", "ten", "NaN", str(MAX_READING + 1), str(2**64), "-0x1"]
)
def test_load_usage__quantity_that_is_no_reading__names_row_and_value(tmp_path: Path, value: str) -> None:
    text = _refusal(load_usage, _csv(tmp_path, _with(USAGE, "quantity", 2, value)))
    assert text == f"quantity must be an integer from 0 to {MAX_READING}: row 2, column quantity: {value!r}"


@pytest.mark.parametrize("value", ["2016-02-30", "2016-2-3", "28.02.2016", "2016-02-28T00", "1969-12-31", "2149-06-07"])
def test_load_usage__date_that_is_none_or_out_of_range__names_row_and_value(tmp_path: Path, value: str) -> None:
    text = _refusal(load_usage, _csv(tmp_path, _with(USAGE, "date", 3, value)))
    assert text.startswith("date must be a date YYYY-MM-DD from 1970-01-01 to 2149-06-06: row 3")
    assert repr(value) in text


def test_load_usage__unknown_utility__names_those_known(tmp_path: Path) -> None:
    text = _refusal(load_usage, _csv(tmp_path, _with(USAGE, "utility", 1, "steam")))
    assert text == "utility must be one of electricity, water, gas, phone: row 1, column utility: 'steam'"


def test_load_usage__missing_columns__names_all_and_those_found(tmp_path: Path) -> None:
    table = {"customer_id": ["home"], "day": ["2016-01-01"], "quantity": ["1"]}
    assert _refusal(load_usage, _csv(tmp_path, table)) == (
        "missing column utility, date; found customer_id, day, quantity"
    )


def test_load_usage__empty_cells__are_counted_and_the_first_listed(tmp_path: Path) -> None:
    table = {name: cells * 5 for name, cells in USAGE.items()} | {"quantity": [None] * 15}
    text = _refusal(load_usage, _csv(tmp_path, _with(table, "utility", 2, "")))
    assert text.startswith(
        "a value is missing: row 1, column quantity: is empty; row 2, column utility: is empty; row 2"
    )
    assert text.endswith("and 6 more")


def test_load_usage__second_reading_of_a_day__names_both_rows(tmp_path: Path) -> None:
    table = {name: [*cells, cells[0]] for name, cells in USAGE.items()}
    assert _refusal(load_usage, _csv(tmp_path, table)) == (
        "one reading a customer, utility and date is expected: row 4, column date: 2016-02-28 is in row 1 already"
    )


@pytest.mark.parametrize(
    ("column", "dtype", "values", "expected"),
    [
        ("quantity", pl.Float64, [1.0, 2.0, 3.0], "column quantity must hold integers, found Float64"),
        ("date", pl.Int64, [1, 2, 3], "column date must hold dates, found Int64"),
        ("utility", pl.Boolean, [True, True, False], "column utility must hold text, found Boolean"),
    ],
)
def test_load_usage__parquet_column_of_another_type__names_it(
    tmp_path: Path, column: str, dtype: Any, values: list[Any], expected: str
) -> None:
    path = _parquet(tmp_path, USAGE | {column: values}, **{column: dtype})
    assert _refusal(load_usage, path) == expected


def test_load_usage__file_missing_empty_headed_only_or_foreign__is_refused(tmp_path: Path) -> None:
    assert _refusal(load_usage, tmp_path / "absent.csv") == "no such file"
    (folder := tmp_path / "folder.parquet").mkdir()
    assert _refusal(load_usage, folder) == "is not a file"
    (empty := tmp_path / "empty.csv").touch()
    assert _refusal(load_usage, empty) == "is empty"
    (headed := tmp_path / "headed.csv").write_text(",".join(USAGE) + "\n")
    assert _refusal(load_usage, headed) == "has no rows"
    (foreign := tmp_path / "usage.xlsx").write_bytes(b"PK")
    assert _refusal(load_usage, foreign) == "expected a .csv or .parquet file, not .xlsx"
    (broken := tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing more")
    assert _refusal(load_usage, broken).startswith("cannot be read as a parquet table: ")
    (latin := tmp_path / "latin.csv").write_bytes(",".join(USAGE).encode() + b"\n\xe4,water,2016-01-01,1\n")
    assert _refusal(load_usage, latin).startswith("cannot be read as a csv table: ")


def test_load_usage__row_with_more_cells_than_the_header__is_named(tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text(
        "customer_id,utility,date,quantity,note\nhome,water,2016-01-01,1,\nhome,water,2016-01-02,1,234,of the kitchen\n"
    )
    assert _refusal(load_usage, path) == "the header has 5 columns: row 2, column 6: 6 cells"


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("amount", "0", f"amount must be an integer from 1 to {MAX_AMOUNT}: row 2, column amount: '0'"),
        ("amount", str(MAX_AMOUNT + 1), f"amount must be an integer from 1 to {MAX_AMOUNT}: row 2, column amount"),
        ("quantity", str(MAX_QUANTITY + 1), f"quantity must be an integer from 0 to {MAX_QUANTITY}: row 2"),
        (
            "period_end",
            "2017-01-31",
            "period_end must not be before period_start: row 2, column period_end: 2017-01-31 is before 2017-02-01",
        ),
        (
            "period_start",
            "2016-11-27",
            "a billing period must have at most 93 days: row 2, column period_end: the period has 94 days",
        ),
        ("bill_id", "1", "bill_id must be unique: row 2, column bill_id: 1 is in row 1 already"),
    ],
)
def test_load_bills__one_wrong_cell__is_named(tmp_path: Path, column: str, value: str, expected: str) -> None:
    assert _refusal(load_bills, _csv(tmp_path, _with(BILLS, column, 2, value))).startswith(expected)


def test_load_bills__wrong_label__is_named(tmp_path: Path) -> None:
    text = _refusal(load_bills, _csv(tmp_path, BILLS | {"true_quantity": ["1", "-2", "3"]}))
    assert text.startswith("true_quantity must be an integer from 0")


def test_load_bills__period_within_an_earlier_longer_one__names_both_bills(tmp_path: Path) -> None:
    days = [("2017-03-05", "2017-03-06"), ("2017-02-10", "2017-02-12"), ("2017-02-01", "2017-03-31")]
    table = BILLS | {
        "customer_id": ["home"] * 3,
        "utility": ["water"] * 3,
        "supplier": ["works"] * 3,
        "period_start": [start for start, _ in days],
        "period_end": [end for _, end in days],
    }
    assert _refusal(load_bills, _csv(tmp_path, table)) == (
        "periods of one customer, supplier and utility must not overlap: "
        "row 1, column period_start: bill 1 overlaps bill 3 of row 3; "
        "row 2, column period_start: bill 2 overlaps bill 3 of row 3"
    )


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 200), st.integers(0, 40)),
        min_size=1,
        max_size=12,
    )
)
@settings(deadline=None, max_examples=100)
def test_load_bills__any_periods__are_refused_exactly_if_two_of_an_account_overlap(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int, int]]
) -> None:
    path = tmp_path_factory.mktemp("bills") / "bills.parquet"
    first = dt.date(2017, 1, 1)
    pl.DataFrame(
        {
            "bill_id": range(len(rows)),
            "customer_id": [row[0] for row in rows],
            "utility": ["gas"] * len(rows),
            "supplier": [row[1] for row in rows],
            "period_start": [first + dt.timedelta(row[2]) for row in rows],
            "period_end": [first + dt.timedelta(row[2] + row[3]) for row in rows],
            "quantity": [1] * len(rows),
            "amount": [1] * len(rows),
        }
    ).write_parquet(path)
    charged = [(c, s, day) for c, s, start, length in rows for day in range(start, start + length + 1)]
    if len(set(charged)) == len(charged):
        assert len(load_bills(path)) == len(rows)
    else:
        assert "must not overlap" in _refusal(load_bills, path)


def test_check_customers__meters_with_readings__pass(tmp_path: Path) -> None:
    check_customers(load_bills(_csv(tmp_path, BILLS)), load_usage(_csv(tmp_path, USAGE)))


def test_check_customers__unknown_customer_and_utility__name_the_bills(tmp_path: Path) -> None:
    usage = load_usage(_csv(tmp_path, USAGE))
    table = _with(_with(BILLS, "customer_id", 1, "stranger"), "utility", 3, "gas")
    with pytest.raises(InputError) as refused:
        check_customers(load_bills(_csv(tmp_path, table)), usage)
    assert str(refused.value) == (
        "bills: the usage has no readings for a billed meter: "
        "row 1, column customer_id: customer stranger is unknown; row 3, column utility: customer home has no gas"
    )
