"""Two runs of the same bills side by side: what was paid, appealed, and won back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl
from rich.table import Table
from rich.text import Text

from fairmeter.errors import InputError
from fairmeter.report.data import Report
from fairmeter.report.figures import money, share
from fairmeter.report.tables import titled

ROWS: Final[Mapping[str, str]] = {
    "policy": "policy",
    "paid": "bills paid when judged",
    "appealed": "bills appealed",
    "recovered_bills": "of these, found too high",
    "withdrawn": "of these, right",
    "insufficient": "too little history",
    "arrears": "in arrears when judged",
    "amount_settled": "settled",
    "amount_appealed": "appealed",
    "amount_recovered": "recovered for customers",
    "amount_arrears": "still owed",
    "gas_a_bill": "gas a bill",
}
"""Of a side, in order, and what a table calls each."""
_MONEY: Final = "amount_"
_RIGHT: Final = "withdrawn"


def side(report: Report) -> dict[str, Any]:
    """One run by the names of ROWS: bills, and amounts in minor units. Recovered is what appealed bills charged and
    nobody owes: adjusted, conceded, ruled away or expired."""
    sums, bills = report.manifest["sums"], report.bills
    appealed = bills.select("appeal", "amount", "void").drop_nulls("appeal")
    return {
        "policy": report.policy,
        "paid": sums["settled"],
        "appealed": len(appealed),
        "recovered_bills": len(appealed.filter(pl.col("void") > 0)),
        "withdrawn": len(appealed.filter(pl.col("appeal") == _RIGHT)),
        "insufficient": sums["insufficient"],
        "arrears": sums["arrears"],
        "amount_settled": sums["amount_settled"],
        "amount_appealed": int(appealed["amount"].sum()),
        "amount_recovered": int(appealed["void"].sum()),
        "amount_arrears": sums["amount_arrears"],
        "gas_a_bill": round(sums["gas_used"] / max(len(bills), 1)),
    }


def compared(report: Report, other: Report) -> list[list[str]]:
    """Rows for people: the name, then each side. Raises InputError for runs of other bills."""
    if not report.bills.select("bill_id").sort("bill_id").equals(other.bills.select("bill_id").sort("bill_id")):
        raise InputError(f"{other.bundle} is a run of other bills than {report.bundle}: nothing to compare")
    sides = [(side(one), one.manifest["sums"]["amount_billed"]) for one in (report, other)]
    return [[text, *(_cell(name, values[name], billed) for values, billed in sides)] for name, text in ROWS.items()]


def table(report: Report, other: Report | None) -> tuple[Text, Table]:
    """For the terminal; without rows where there is no other run."""
    title, rows = titled(f"{len(report.bills):,} bills, side by side", "", "this run", "the other")
    for row in [] if other is None else compared(report, other):
        rows.add_row(*row)
    return title, rows


def _cell(name: str, value: Any, billed: int) -> str:
    if name.startswith(_MONEY):
        return f"{money(value)}, {share(value, billed)}"
    return f"{value:,}" if isinstance(value, int) else str(value)
