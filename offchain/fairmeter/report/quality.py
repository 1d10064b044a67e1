"""How well policies find faults, side by side: tables, JSON, and a plot of recall against false appeals."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
from rich.console import Group
from rich.table import Table
from rich.text import Text

from fairmeter.report.tables import titled
from fairmeter.verdict.evaluation import CURVE_RATES, RATES, Compared, Quality


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
        f"Judged on {split}: {first.bills:,} bills, {first.faulty:,} with a fault",
        "policy", *(f"recall at {rate:.1%}" for rate in RATES), "area", "money at 1.0%",
    )  # fmt: skip
    for one in compared:
        of = one.evaluation
        recalls = [_between(*(quality.recall[which] for quality in _three(one))) for which in range(len(RATES))]
        area = f"{of.quality.area:.3f} [{of.low.area:.3f}, {of.high.area:.3f}]"
        rows.add_row(one.policy, *recalls, area, _between(of.quality.money, of.low.money, of.high.money))
    return title, rows


def _three(one: Compared) -> tuple[Quality, Quality, Quality]:
    return one.evaluation.quality, one.evaluation.low, one.evaluation.high


def _found(one: Compared) -> tuple[Text, Table]:
    title, rows = titled(
        f"{one.policy} at 1.0 % false appeals, {one.split}", "", "bills", "with a fault", "recall", "false appeals"
    )
    for kind, recall in one.evaluation.by_fault.items():
        rows.add_row(kind, "", "", f"{recall:.1%}", "")
    for name, part in {**one.by_utility, **one.by_class}.items():
        found = f"{part.recall:.1%}" if part.faulty else ""
        rows.add_row(name, f"{part.bills:,}", f"{part.faulty:,}", found, f"{part.false_appeals:.2%}")
    return title, rows


def _rates(one: Compared) -> tuple[Text, Table]:
    classes = list(one.rates[0].by_class)
    title, rows = titled(f"{one.policy}, {one.split}: rate set, and met", "set", "met", *classes)
    for rate in one.rates:
        rows.add_row(f"{rate.set:.1%}", f"{rate.met:.2%}", *(f"{rate.by_class[name]:.2%}" for name in classes))
    return title, rows


def _between(value: float, low: float, high: float) -> str:
    return f"{value:.1%} [{low:.1%}, {high:.1%}]"
