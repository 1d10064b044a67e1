"""What suppliers' credit lines paid, got back and lost: by line, and by class of debts beside what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from fairmeter.report.figures import money, share
from fairmeter.report.markup import table as html_table
from fairmeter.report.tables import titled
from fairmeter.units import PPM

LINE: Final = "CreditLine"
CREDIT_EVENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "CreditFunded": {"supplier": "supplier", "amount": "amount"},
    "CreditTaken": {"supplier": "supplier", "amount": "amount"},
    "CreditDrawn": {"bill": "bill", "account": "account", "amount": "amount"},
    "CreditRepaid": {"bill": "bill", "amount": "amount"},
    "CreditReturned": {"bill": "bill", "amount": "amount"},
    "CreditWrittenOff": {"bill": "bill", "amount": "amount"},
    "CreditReopened": {"bill": "bill", "amount": "amount"},
}
"""The line's events, and what is kept of each."""
SUMS: Final = ("drawn", "repaid", "returned", "lost", "open")
MEANS: Final = (
    "Drawn: paid of bills in arrears. Lost: written off and still owed at the end; what was written off and paid after "
    "that is repaid. Expected: repaid by the scores that the line was drawn by."
)


@dataclass(frozen=True, slots=True)
class CreditReport:
    """Of a run with credit lines; minor units."""

    lines: pl.DataFrame
    """A row a supplier with a line: supplier (its name), funded, taken, bills (drawn for), and SUMS; drawn = repaid +
    returned + lost + open."""
    classes: pl.DataFrame
    """A row a class of debts that was drawn for: class, bills, expected, late (lost once, and paid all the same), and
    SUMS."""

    def to_json(self) -> Mapping[str, Any]:
        """As plain values."""
        return {"lines": self.lines.to_dicts(), "classes": self.classes.to_dicts()}


def credit_report(
    events: Mapping[str, pl.DataFrame], scores: pl.DataFrame, suppliers: Mapping[int, str]
) -> CreditReport:
    """Of the columns of CREDIT_EVENTS, each with `at`, Unix seconds; of the scores (bill, class, probability, at) in
    their order; and of suppliers' names."""
    drawn = events["CreditDrawn"].with_columns(supplier=pl.col("account") // 2**32).sort("at")
    by_bill = {
        new: events[name].group_by("bill").agg(pl.col("amount").sum().alias(new))
        for new, name in (("repaid", "CreditRepaid"), ("returned", "CreditReturned"))
    }
    lost = events["CreditWrittenOff"].group_by("bill").agg(off=pl.col("amount").sum())
    again = events["CreditReopened"].group_by("bill").agg(late=pl.col("amount").sum())
    loans = drawn.rename({"amount": "drawn"})
    for sums in (*by_bill.values(), lost, again):
        loans = loans.join(sums, "bill", "left")
    loans = loans.with_columns(pl.col("repaid", "returned", "off", "late").fill_null(0)).with_columns(
        lost=pl.col("off") - pl.col("late")
    )
    loans = loans.with_columns(open=pl.col("drawn") - pl.col("repaid") - pl.col("returned") - pl.col("lost"))
    scored = loans.join_asof(
        scores.sort("at").drop("owed", "step", "strategy"), on="at", by="bill", check_sortedness=False
    )
    return CreditReport(_lines(events, loans, suppliers), _classes(scored))


def _lines(events: Mapping[str, pl.DataFrame], loans: pl.DataFrame, suppliers: Mapping[int, str]) -> pl.DataFrame:
    sums = loans.group_by("supplier").agg(pl.len().alias("bills"), pl.col(*SUMS).sum())
    moved = {
        new: events[name].group_by("supplier").agg(pl.col("amount").sum().alias(new))
        for new, name in (("funded", "CreditFunded"), ("taken", "CreditTaken"))
    }
    lines = moved["funded"].join(moved["taken"], "supplier", "left").join(sums, "supplier", "left").fill_null(0)
    names = pl.col("supplier").replace_strict(dict(suppliers), default="?", return_dtype=pl.String).alias("supplier")
    return lines.sort("supplier").select(names, "funded", "taken", "bills", *SUMS)


def _classes(scored: pl.DataFrame) -> pl.DataFrame:
    expected = (pl.col("drawn") * pl.col("probability") / PPM).sum().round().cast(pl.Int64)
    sums = scored.group_by("class").agg(
        pl.len().alias("bills"),
        expected.alias("expected"),
        (pl.col("late") > 0).sum().alias("late"),
        pl.col(*SUMS).sum(),
    )
    return sums.sort("class").select("class", "bills", "expected", "late", *SUMS)


def section(found: CreditReport | None) -> str:
    """Of the page; nothing where there was no line."""
    if found is None:
        return ""
    loss, drawn = int(found.lines["lost"].sum()), int(found.lines["drawn"].sum())
    heads = ["Supplier", "Paid in", "Taken back", "Bills", *(name.capitalize() for name in SUMS), "Loss"]
    rows = [
        [
            row["supplier"],
            *(money(row[name]) for name in ("funded", "taken")),
            f"{row['bills']:,}",
            *(money(row[name]) for name in SUMS),
            share(row["lost"], row["drawn"]),
        ]
        for row in found.lines.to_dicts()
    ]
    by_class = [
        [
            str(row["class"]),
            f"{row['bills']:,}",
            *(money(row[name]) for name in ("drawn", "expected", "repaid", "lost")),
            f"{row['late']:,}",
        ]
        for row in found.classes.to_dicts()
    ]
    said = f"<p>{money(loss)} of {money(drawn)} that were drawn is lost, {share(loss, drawn)}. {MEANS}</p>"
    lines = html_table("By line", heads, rows)
    classes = html_table(
        "By class of debts", ["Class", "Bills", "Drawn", "Expected", "Repaid", "Lost", "Lost once"], by_class
    )
    return f"<section><h2>Credit lines</h2>\n{said}\n{lines}\n{classes}</section>"


def table(found: CreditReport | None) -> tuple[Text, Table]:
    """For the terminal; without rows where there was no line."""
    loss, drawn = (0, 0) if found is None else (int(found.lines[name].sum()) for name in ("lost", "drawn"))
    title, rows = titled(
        f"Credit lines: {money(loss)} lost of {money(drawn)}",
        "supplier",
        "bills",
        "drawn",
        "repaid",
        "lost",
        "of drawn",
    )
    for row in [] if found is None else found.lines.to_dicts():
        figures = (money(row[name]) for name in ("drawn", "repaid", "lost"))
        rows.add_row(escape(row["supplier"]), f"{row['bills']:,}", *figures, share(row["lost"], row["drawn"]))
    return title, rows
