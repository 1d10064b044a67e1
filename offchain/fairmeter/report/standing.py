"""Rules tried on a history, and the history of an account: tables, JSON, and a plot of its value."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl
from rich.console import Group

from fairmeter.report.figures import money, share
from fairmeter.report.tables import titled

if TYPE_CHECKING:
    from fairmeter.audit.trade.history import AccountHistory
    from fairmeter.risk.purchases import FittedTerms
    from fairmeter.risk.whatif import WhatIf

COUNTS = ("suspended", "banned", "flagged", "rewarded")


def to_json(told: WhatIf | AccountHistory | FittedTerms) -> dict[str, Any]:
    """All of it as plain values; times in Unix seconds, fees in minor units."""
    return dataclasses.asdict(told)


def what_if_tables(told: WhatIf) -> Group:
    """How many accounts the rules would have touched."""
    sides = [("these rules", told.outcome)]
    if told.present is not None:
        sides.append(("the rules in force", told.present))
    title, table = titled(f"Of {told.outcome.accounts:,} accounts", "", *(name for name, _ in sides))
    for name in COUNTS:
        cells = (f"{getattr(one, name):,} ({share(getattr(one, name), one.accounts)})" for _, one in sides)
        table.add_row(name, *cells)
    table.add_row("fees let off", *(money(one.let_off) for _, one in sides))
    about, rules = titled("The rules", "", "")
    for field, value in dataclasses.asdict(told.rules).items():
        rules.add_row(field.replace("_", " "), str(value))
    return Group(title, table, about, rules)


def terms_tables(told: FittedTerms) -> Group:
    """The thresholds, and what they would have made of the purchases."""
    title, table = titled("Control thresholds", "", "")
    for name in ("first", "split_above", "second"):
        table.add_row(name.replace("_", " "), money(getattr(told.terms, name)))
    about, rows = titled(f"Of {told.purchases:,} purchases", "", "")
    rows.add_row("split", f"{told.split:,} ({share(told.split, told.purchases)})")
    rows.add_row("paid as the buyer chooses", f"{money(told.free)} ({share(told.free, told.paid)})")
    rows.add_row("lost of that", f"{money(told.lost_free)} ({share(told.lost_free, told.free)})")
    rows.add_row("lost of all that was paid without escrow", f"{money(told.lost)} ({share(told.lost, told.paid)})")
    return Group(title, table, about, rows)


def history_tables(told: AccountHistory) -> Group:
    """A row an event."""
    title, table = titled(f"Standing of {told.account}", "when", "transaction", "event", "cause", "points", "value")
    for one in told.entries:
        value = "" if one.value is None else f"{one.value:,}"
        points = f"{one.points:+}" if one.points else ""
        table.add_row(_day(one.at).isoformat(" "), f"{one.transaction:,}", one.event, one.cause, points, value)
    return Group(title, table)


def write_plot(told: AccountHistory, out: Path) -> None:
    """The value in its course, with what followed from it, as PNG or as a page, as the ending of `out` says."""
    rows = [{"when": _day(one.at), "value": one.value, "event": one.event} for one in told.entries]
    points = pl.DataFrame(rows, schema={"when": pl.Datetime, "value": pl.Int64, "event": pl.String})
    points = points.with_columns(pl.col("value").forward_fill())
    line = (
        alt.Chart(points)
        .mark_line(interpolate="step-after")
        .encode(x=alt.X("when:T", title=None), y=alt.Y("value:Q", title="credit value", scale=alt.Scale(zero=False)))
    )
    marked = points.filter(pl.col("event").is_in(["suspended", "banned", "flagged", "rewarded", "suspension undone"]))
    marks = (
        alt.Chart(marked)
        .mark_point(size=70, filled=True)
        .encode(x="when:T", y="value:Q", color=alt.Color("event:N", title=None))
    )
    chart = (line + marks).properties(width=640, height=300, title=f"Standing of {told.account}")
    if out.suffix == ".png":
        chart.save(out, scale_factor=2)
    else:
        chart.save(out, inline=True)


def _day(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).replace(tzinfo=None)
