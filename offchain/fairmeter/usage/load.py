"""Loads usage and bills from CSV or Parquet into columns, and refuses what cannot be right before anything is done."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.errors import MAX_ROWS_SHOWN, BadRow, InputError
from fairmeter.model import Bills, Bools, Int32s, Int64s, Payments, UInt8s, Usage, Utility
from fairmeter.units import MAX_AMOUNT, MAX_DAYS, MAX_QUANTITY, MAX_READING, date_of
from fairmeter.usage.keys import day_keys, index_in, meter_keys
from fairmeter.usage.table import MAX_DAY, Table, read_table

USAGE_COLUMNS: Final = ("customer_id", "utility", "date", "quantity")
BILL_COLUMNS: Final = (
    "bill_id",
    "customer_id",
    "utility",
    "supplier",
    "period_start",
    "period_end",
    "quantity",
    "amount",
)
PAYMENT_COLUMNS: Final = ("customer_id", "paid_on", "amount")
PAYMENT_EXTRAS: Final = ("due_on", "abnormal")
LABEL_COLUMNS: Final = ("true_quantity", "fault")


def load_usage(path: str | os.PathLike[str], customers: Collection[str] | None = None) -> Usage:
    """Daily readings from a .csv or .parquet file with the columns USAGE_COLUMNS; quantity in base units. If
    `customers` are given, of these alone: of a Parquet file the others' are then neither held nor checked.

    Raises InputError for a file, a column or a cell that is not as expected, and for a second reading of the same
    customer, utility and date; rows are listed up to ten and counted.
    """
    table = read_table(path, USAGE_COLUMNS, only=None if customers is None else ("customer_id", customers))
    utility = table.utilities("utility")
    day = table.days("date")
    quantity = table.integers("quantity", 0, MAX_READING)
    customer, customers = table.indices("customer_id")
    keys = day_keys(customer, utility, day)
    if not np.all(keys[1:] > keys[:-1]):
        order = np.argsort(keys, kind="stable")
        _refuse_duplicates(table, "date", "one reading a customer, utility and date is expected", keys, order)
        customer, utility, day, quantity = customer[order], utility[order], day[order], quantity[order]
    return Usage(customer, utility, day, quantity, customers)


def load_bills(path: str | os.PathLike[str]) -> Bills:
    """Bills from a .csv or .parquet file with the columns BILL_COLUMNS and, where it has them, LABEL_COLUMNS; in the
    file's order. Quantity in base units, amount in minor units.

    Raises InputError for a file, a column or a cell that is not as expected, for a period that is reversed or longer
    than 93 days, a bill_id used twice, and for bills of one customer, supplier and utility whose periods overlap.
    """
    table = read_table(path, BILL_COLUMNS, LABEL_COLUMNS)
    utility = table.utilities("utility")
    start, end = table.days("period_start"), table.days("period_end")
    quantity = table.integers("quantity", 0, MAX_QUANTITY)
    amount = table.integers("amount", 1, MAX_AMOUNT)
    true_quantity = table.integers("true_quantity", 0, MAX_QUANTITY) if table.has("true_quantity") else None
    fault = tuple(table.texts("fault").replace("", None).to_list()) if table.has("fault") else None
    _refuse_periods(table, start, end)
    bill_id = table.ids("bill_id")
    codes = np.unique(bill_id, return_inverse=True)[1].astype(np.int64)
    _refuse_duplicates(table, "bill_id", "bill_id must be unique", codes, np.argsort(codes, kind="stable"))
    customer, customers = table.indices("customer_id")
    supplier, suppliers = table.indices("supplier")
    bills = Bills(
        bill_id, customer, supplier, utility, start, end, quantity, amount, customers, suppliers, true_quantity, fault
    )
    _refuse_overlaps(table, bills)
    return bills


def load_payments(path: str | os.PathLike[str]) -> Payments:
    """Payments from a .csv or .parquet file with the columns PAYMENT_COLUMNS and, where it has them, PAYMENT_EXTRAS:
    amount in minor units, abnormal 0 or 1. Raises InputError for a file, a column or a cell that is not as expected."""
    table = read_table(path, PAYMENT_COLUMNS, PAYMENT_EXTRAS)
    customer, customers = table.indices("customer_id")
    day, amount = table.days("paid_on"), table.integers("amount", 1, MAX_AMOUNT)
    order = np.lexsort((amount, day, customer))
    due = table.days("due_on")[order] if table.has("due_on") else None
    abnormal = table.integers("abnormal", 0, 1)[order] > 0 if table.has("abnormal") else None
    return Payments(customer[order], day[order], amount[order], customers, due, abnormal)


def check_customers(bills: Bills, usage: Usage) -> None:
    """Raises InputError listing the bills whose customer has no reading at all of the bill's utility in `usage`; rows
    are the bills' numbers in their file."""
    customer = index_in(usage.customers, bills.customers)[bills.customer]
    refuse_unknown(bills, np.flatnonzero(unread_meters(bills, usage)), np.unique(bills.customer[customer >= 0]))


def unread_meters(bills: Bills, usage: Usage) -> Bools:
    """(n,) whether `usage` has no reading at all of the bill's customer and utility."""
    customer = index_in(usage.customers, bills.customers)[bills.customer]
    return ~np.isin(meter_keys(customer, bills.utility), meter_keys(usage.customer, usage.utility))


def refuse_unknown(bills: Bills, rows: Int64s, customers: Int32s) -> None:
    """Raises InputError if there are any `rows`, of bills whose meters have no readings; `customers` are those who have
    some, of any utility."""
    if len(rows):
        has_readings = np.isin(bills.customer[rows[:MAX_ROWS_SHOWN]], customers)
        shown = zip(rows[:MAX_ROWS_SHOWN].tolist(), has_readings.tolist(), strict=True)
        bad = [BadRow(row + 1, *_unknown(bills, row, known)) for row, known in shown]
        raise InputError("bills: the usage has no readings for a billed meter", bad, len(rows))


def _unknown(bills: Bills, row: int, has_readings: bool) -> tuple[str, str]:
    name = bills.customers[bills.customer[row]]
    if has_readings:
        return "utility", f"customer {name} has no {Utility(int(bills.utility[row])).label}"
    return "customer_id", f"customer {name} is unknown"


def _refuse_periods(table: Table, start: Int32s, end: Int32s) -> None:
    reversed_ = end < start
    first = np.flatnonzero(reversed_)[:MAX_ROWS_SHOWN]
    table.refuse(
        "period_end",
        "period_end must not be before period_start",
        reversed_,
        [f"{date_of(int(end[row]))} is before {date_of(int(start[row]))}" for row in first],
    )
    days = end - start + 1
    long = days > MAX_DAYS
    problems = [f"the period has {days[row]} days" for row in np.flatnonzero(long)[:MAX_ROWS_SHOWN]]
    table.refuse("period_end", f"a billing period must have at most {MAX_DAYS} days", long, problems)


def _refuse_duplicates(table: Table, column: str, expected: str, keys: Int64s, order: npt.NDArray[np.int64]) -> None:
    """Refuse every row whose key an earlier row has; `order` sorts the keys stably."""
    ranked = keys[order]
    again = np.concatenate(([False], ranked[1:] == ranked[:-1]))
    bad = np.zeros(len(keys), dtype=np.bool_)
    bad[order[again]] = True
    rows = np.flatnonzero(bad)[:MAX_ROWS_SHOWN]
    earlier = order[np.searchsorted(ranked, keys[rows], side="left")]
    values = table.frame[column].gather(rows).to_list()
    problems = [f"{value} is in row {row + 1} already" for value, row in zip(values, earlier, strict=True)]
    table.refuse(column, expected, bad, problems)


def _refuse_overlaps(table: Table, bills: Bills) -> None:
    account = _account_codes(bills.customer, bills.supplier, bills.utility)
    order = np.lexsort((bills.end, bills.start, account))
    # Lifting each account above the one before makes the running maximum start afresh with every account.
    lift = account[order] * (MAX_DAY + 1)
    reached = np.maximum.accumulate(lift + bills.end[order])
    overlaps = np.concatenate(([False], (lift + bills.start[order])[1:] <= reached[:-1]))
    bad: Bools = np.zeros(len(bills), dtype=np.bool_)
    bad[order[overlaps]] = True
    if not bad.any():
        return
    grew = np.concatenate(([True], reached[1:] > reached[:-1]))
    latest = np.maximum.accumulate(np.where(grew, np.arange(len(bills)), 0))
    other = np.zeros(len(bills), dtype=np.int64)
    other[order[1:]] = order[latest[:-1]]
    rows = np.flatnonzero(bad)[:MAX_ROWS_SHOWN]
    ids = bills.bill_id
    table.refuse(
        "period_start",
        "periods of one customer, supplier and utility must not overlap",
        bad,
        [f"bill {ids[row]} overlaps bill {ids[other[row]]} of row {other[row] + 1}" for row in rows],
    )


def _account_codes(customer: Int32s, supplier: Int32s, utility: UInt8s) -> Int64s:
    """(n,) dense numbers of the distinct (customer, supplier, utility)."""
    suppliers = np.int64(int(supplier.max()) + 1)
    combined = (customer.astype(np.int64) * suppliers + supplier) * 8 + utility
    codes: Int64s = np.unique(combined, return_inverse=True)[1].astype(np.int64)
    return codes
