"""How well policies find faults, side by side: tables, JSON, and a plot of recall against false appeals."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import altair as alt
import polars as pl
from rich.console import Group
from rich.table import Table
from rich.text import Text

from fairmeter.report.tables import titled
from fairmeter.verdict.evaluation import CURVE_RATES, RATES, Compared

_MIDDLE: Final = 1
"""Of the rates, the one whose recall is shown with its interval; `to_json` has them all."""


def to_json(compared: Sequence[Compared]) -> dict[str, Any]:
    """What `fairmeter evaluate --json` prints: every figure, its interval, and the rates at which recall is given."""
    return {
        "recall_at": list(RATES),
        "curve_at": list(CURVE_RATES),
        "compared": [dataclasses.asdict(one) for one in compared],
    }


def tables(compared: Sequence[Compared]) -> Group:
    """A table for each split, then what the first policy finds by kind of fault, utility and class, and its rates."""
    parts: list[Text | Table] = []
    for split in dict.fromkeys(one.split for one in compared):
        parts.extend(_split(split, [one for one in compared if one.split == split]))
    parts.extend(_found(compared[0]))
    for one in compared:
        if one.rates:
            parts.extend(_rates(one))
    return Group(*parts)


def write_plot(compared: Sequence[Compared], out: Path) -> None:
    """Recall against false appeals of all policies on the first split, as PNG or as a page that needs nothing from
    outside, as the ending of `out` says."""
    split = compared[0].split
    points = pl.DataFrame(
        [
            {"policy": one.policy, "false appeals": rate, "recall": found}
            for one in compared
            if one.split == split
            for rate, found in zip(CURVE_RATES, one.curve, strict=True)
        ]
    )
    chart = (
        alt.Chart(points)
        .mark_line()
        .encode(
            x=alt.X("false appeals:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="~%"), title="false appeals"),
            y=alt.Y("recall:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="~%"), title="faults found"),
            color=alt.Color("policy:N", sort=None, title=None),
        )
        .properties(width=640, height=400)
    )
    if out.suffix == ".png":
        chart.save(out, scale_factor=2)
    else:
        chart.save(out, inline=True)


def _split(split: str, compared: Sequence[Compared]) -> tuple[Text, Table]:
    first = compared[0].evaluation.quality
    title, rows = titled(
        f"Judged on {split}: {first.bills:,} bills, {first.faulty:,} with a fault; recall at rates of false appeals",
        "policy", *(f"{rate:.1%}" for rate in RATES), "area", "money at 1.0%",
    )  # fmt: skip
    for one in compared:
        quality, low, high = one.evaluation.quality, one.evaluation.low, one.evaluation.high
        recalls = [f"{recall:.1%}" for recall in quality.recall]
        recalls[_MIDDLE] += f" [{100 * low.recall[_MIDDLE]:.0f}, {100 * high.recall[_MIDDLE]:.0f}]"
        area = f"{quality.area:.3f} [{low.area:.3f}, {high.area:.3f}]"
        rows.add_row(one.policy, *recalls, area, f"{quality.money:.1%}")
    return title, rows


def _found(one: Compared) -> tuple[Text, Table]:
    title, rows = titled(
        f"{one.policy} at 1.0 % false appeals, {one.split}", "", "bills", "with a fault", "recall", "false appeals"
    )
    for kind, recall in one.evaluation.by_fault.items():
        rows.add_row(kind, "", "", f"{recall:.1%}", "")
    for name, part in {**one.by_utility, **one.by_class}.items():
        shares = ("" if share is None else f"{share:.2%}" for share in (part.recall, part.false_appeals))
        rows.add_row(name, f"{part.bills:,}", f"{part.faulty:,}", *shares)
    return title, rows


def _rates(one: Compared) -> tuple[Text, Table]:
    classes = list(one.rates[0].by_class)
    title, rows = titled(f"{one.policy}, {one.split}: rate set, and met", "set", "met", *classes)
    for rate in one.rates:
        rows.add_row(f"{rate.set:.1%}", f"{rate.met:.2%}", *(f"{rate.by_class[name]:.2%}" for name in classes))
    return title, rows
