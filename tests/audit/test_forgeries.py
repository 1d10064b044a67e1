"""Coherent forgeries: one thing is changed, every hash in the manifest is made anew, and the audit must name what was
changed. Whoever forges holds the seed, and so every key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from fairmeter.contracts.artifacts import CONTRACTS

if TYPE_CHECKING:
    from tests.audit.conftest import Forger

BILLS = 12
CREATED = len(CONTRACTS)
"""The first transaction after those that create the contracts."""

Row = dict[str, Any]
Change = Callable[[Row], object]


def flip(column: str, at: int = -1, mask: int = 1) -> Change:
    """Flip bits of one byte of a binary cell."""

    def change(row: Row) -> None:
        value = bytearray(row[column])
        value[at] ^= mask
        row[column] = bytes(value)

    return change


def add(column: str, amount: int = 1) -> Change:
    """Add to a number; a missing one becomes it."""

    def change(row: Row) -> None:
        row[column] = (row[column] or 0) + amount

    return change


def put(column: str, value: object) -> Change:
    def change(row: Row) -> None:
        row[column] = value

    return change


def turn(column: str) -> Change:
    def change(row: Row) -> None:
        row[column] = not row[column]

    return change


def other_decision(row: Row) -> None:
    row["decision"] = row["decision"] % 3 + 1


def one_day_later(row: Row) -> None:
    row["reference_start"] += 1


EVIDENCE = {
    "first reading": flip("readings", 4),
    "last reading": flip("readings", -1, 0x80),
    "missing day": flip("missing"),
    "salt": flip("salt", 0),
    "reference period": one_day_later,
    "reference days": add("reference_days", -1),
}
VERDICTS = {"decision": other_decision, "actual": add("actual_ppm"), "expected": add("expected_ppm", -1)}
POSTED = {
    "batch": add("batch"),
    "index": add("index"),
    "utility": put("utility", "gas"),
    "supplier": put("supplier", "another"),
    "account": add("account"),
    "start": add("start", -1),
    "days": add("days"),
    "quantity": add("quantity"),
    "amount": add("amount", -1),
    "replaces": add("replaces"),
    "word": flip("word"),
    "bill_id": put("bill_id", "b1"),
}
RECEIPTS = {
    "status": turn("status"),
    "gas": add("gas_used"),
    "contract": put("contract", bytes(20)),
    "count": add("logs"),
}
LOGGED = {"address": flip("address"), "topic": flip("topics"), "data": put("data", b"?"), "place": add("log")}
SENT = {"timestamp": add("timestamp"), "block": add("block"), "hash": flip("hash"), "signature": flip("raw")}

EDITS = [
    *(("evidence", row, name, change, "evidence") for name, change in EVIDENCE.items() for row in range(BILLS)),
    *(("verdicts", row, name, change, "verdicts") for name, change in VERDICTS.items() for row in range(0, BILLS, 2)),
    *(("bills", row, name, change, "bills") for name, change in POSTED.items() for row in (0, 4, 7)),
    *(("receipts", row, name, change, "replay") for name, change in RECEIPTS.items() for row in (CREATED, 27, 33, -1)),
    *(("logs", row, name, change, "replay") for name, change in LOGGED.items() for row in (1, 40, 75, -1)),
    *(("transactions", row, name, change, "replay") for name, change in SENT.items() for row in (5, 25, 41, -1)),
]


@pytest.mark.parametrize(
    ("table", "row", "change", "check"),
    [pytest.param(t, row, change, check, id=f"{t}-{row}-{name}") for t, row, name, change, check in EDITS],
)
def test_audit__one_cell_forged__found_and_named(
    forger: Forger, table: str, row: int, change: Change, check: str
) -> None:
    forger.edit(table, row, change)
    finding = forger.found()
    assert finding is not None
    assert finding.check == check, str(finding)


def swapped(rows: list[Row], first: int, second: int, *columns: str) -> list[Row]:
    for column in columns:
        rows[first][column], rows[second][column] = rows[second][column], rows[first][column]
    return rows


def renumbered(rows: list[Row]) -> list[Row]:
    """As if what is gone had never been."""
    for number, row in enumerate(rows):
        row["transaction"] = number
    return rows


@pytest.mark.parametrize("first", [CREATED, CREATED + 3, 15, 23, 25, 27, 33, 36])
def test_audit__transactions_reordered__found_by_replay(forger: Forger, first: int) -> None:
    forger.rewrite("transactions", lambda rows: swapped(rows, first, first + 1, "hash", "raw", "label"))
    finding = forger.found()
    assert finding is not None
    assert finding.check == "replay", str(finding)


@pytest.mark.parametrize("gone", [CREATED, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 43])
def test_audit__transaction_dropped__found_by_replay(forger: Forger, gone: int) -> None:
    forger.rewrite("transactions", lambda rows: renumbered(rows[:gone] + rows[gone + 1 :]))
    forger.rewrite("receipts", lambda rows: renumbered(rows[:gone] + rows[gone + 1 :]))
    forger.rewrite("logs", lambda rows: [row for row in rows if row["transaction"] != gone])
    forger.manifest["sums"]["transactions"] -= 1
    finding = forger.found()
    assert finding is not None
    assert finding.check == "replay", str(finding)


@pytest.mark.parametrize("table", ["receipts", "logs", "bills", "verdicts", "evidence"])
def test_audit__last_row_twice__found(forger: Forger, table: str) -> None:
    *groups, last = forger.groups(table)
    forger.write(table, [*groups, last, last.slice(len(last) - 1)])
    finding = forger.found()
    assert finding is not None
    assert finding.check == ("replay" if table in ("receipts", "logs") else table), str(finding)


@pytest.mark.parametrize("table", ["transactions", "receipts", "logs", "bills", "verdicts", "evidence"])
def test_audit__end_cut_off__found(forger: Forger, table: str) -> None:
    *groups, last = forger.groups(table)
    forger.write(table, [*groups, last.slice(0, len(last) - 1)])
    finding = forger.found()
    assert finding is not None
    assert finding.check == ("replay" if table in ("transactions", "receipts", "logs") else table), str(finding)


@pytest.mark.parametrize("table", ["bills", "verdicts", "evidence"])
def test_audit__batches_reordered__found(forger: Forger, table: str) -> None:
    rows = pa.concat_tables(forger.groups(table))
    first, second = (rows.filter(pc.field("batch") == batch) for batch in pc.unique(rows["batch"]).to_pylist()[:2])
    forger.write(table, [second, first, rows.slice(len(first) + len(second))])
    finding = forger.found()
    assert finding is not None
    assert finding.check == table, str(finding)


def test_audit__label_forged__found(forger: Forger) -> None:
    labels = pa.concat_tables(forger.groups("transactions"))["label"].to_pylist()
    forger.edit("transactions", labels.index("VerdictGate.submitVerdicts"), put("label", "PaymentLedger.release"))
    finding = forger.found()
    assert finding is not None
    assert finding.check == "calls"
    assert "VerdictGate.submitVerdicts" in finding.expected


def test_audit__customers_exchanged_within_an_account__found(forger: Forger) -> None:
    forger.edit("bills", 5, put("customer_id", "somebody"))
    finding = forger.found()
    assert finding is not None
    assert finding.check == "bills"
    assert "customer of account" in finding.where


def test_audit__cell_without_a_value__found(forger: Forger) -> None:
    forger.edit("evidence", 3, put("salt", None))
    finding = forger.found()
    assert finding is not None
    assert (finding.check, finding.found) == ("files", "nothing")
