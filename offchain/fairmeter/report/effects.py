"""What contacts and strategies do: tables, JSON, and a plot of the gain against the share that is contacted."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl
from rich.table import Table
from rich.text import Text

from fairmeter.arrears.response.backtest import COST
from fairmeter.report.tables import interval_json, shown, titled

if TYPE_CHECKING:
    from fairmeter.arrears.measured import Measured
    from fairmeter.arrears.response import ClassEffect, Jump, Lateness, Responded


def to_json(measured: Measured) -> dict[str, Any]:
    """Every figure with its 95 % interval, and whether an effect is claimed."""
    return {
        "response": [_trial_json(one) for one in measured.response],
        "jumps": [_jump_json(one) for one in measured.jumps],
        "lateness": None if measured.lateness is None else _lateness_json(measured.lateness),
    }


def tables(measured: Measured) -> list[Text | Table]:
    """Tables of the learners, classes and rules for each trial, then the jumps and the days late."""
    parts: list[Text | Table] = []
    for one in measured.response:
        parts.extend(_trial_tables(one))
        parts.extend(_class_tables(one))
        parts.extend(_net_tables(one))
    if measured.jumps:
        parts.extend(_jump_tables(measured.jumps))
    if measured.lateness is not None:
        parts.extend(_lateness_tables(measured.lateness))
    return parts


def plot(measured: Measured) -> alt.Chart:
    """The gain of each trial's first learner, by share of the people that it contacts first."""
    curves = [(one.name, one.learners[0].ranking.curve) for one in measured.response]
    points = pl.DataFrame(
        [
            {"trial": name, "contacted": k / (len(curve) - 1), "gain": gain}
            for name, curve in curves
            for k, gain in enumerate(curve)
        ],
        schema={"trial": pl.String, "contacted": pl.Float64, "gain": pl.Float64},
    )
    chart: alt.Chart = (
        alt.Chart(points)
        .mark_line()
        .encode(
            x=alt.X("contacted:Q", axis=alt.Axis(format="~%"), title="share contacted, likeliest to respond first"),
            y=alt.Y("gain:Q", axis=alt.Axis(format="~%"), title="gained, of all people"),
            color=alt.Color("trial:N", sort=None, title=None),
        )
        .properties(width=420, height=420)
    )
    return chart


def _trial_tables(one: Responded) -> tuple[Text, Table]:
    works = "an effect" if one.works else "no effect is claimed"
    title, rows = titled(
        f"{one.name}: {one.people:,} people in {one.clusters:,} clusters, {one.treated:,} contacted; "
        f"{shown(one.effect)} on all: {works}",
        "learner", "Qini", "finds responders", "AUUC", "Qini ahead of the first",
    )  # fmt: skip
    for learner in one.learners:
        ranking = learner.ranking
        finds = "yes" if ranking.finds else "not known"
        rows.add_row(learner.name, shown(ranking.qini), finds, shown(ranking.auuc), shown(learner.ahead))
    for name in one.left_out:
        rows.add_row(name, "not installed")
    return title, rows


def _class_tables(one: Responded) -> list[Text | Table]:
    title, rows = titled(
        f"{one.name}: the effect by class, with intervals that hold for all of them at once",
        "class", "people", "clusters", "effect", "claimed",
    )  # fmt: skip
    for of in one.classes:
        claimed = "yes" if of.works else "no"
        rows.add_row(of.name, f"{of.people:,}", f"{of.clusters:,}", shown(of.effect), claimed)
    if one.moved is None:
        return [title, rows]
    told = (
        f"the forest's intervals, each of one person alone: above zero for {one.moved.above:.1%}, below for "
        f"{one.moved.below:.1%}; {one.moved.width:.3f} wide"
    )
    return [title, rows, Text(told)]


def _net_tables(one: Responded) -> tuple[Text, Table]:
    title, rows = titled(
        f"{one.name}: net of contacts at {COST:.0%} of the debt, in debts a person",
        "contacted", "share", "net", "ahead of the patent's rule",
    )  # fmt: skip
    for net in one.nets:
        rows.add_row(net.rule, f"{net.contacted:.1%}", shown(net.net), shown(net.ahead))
    return title, rows


def _jump_tables(jumps: tuple[Jump, ...]) -> tuple[Text, Table]:
    title, rows = titled(
        "bank_debt_recovery: recovered just above a threshold, from which a stronger strategy is used",
        "threshold", "debts", "recovered", "claimed", "age, which cannot change", "where nothing changes",
    )  # fmt: skip
    for one in jumps:
        figures = [
            f"{figure.value:,.0f} [{figure.low:,.0f}, {figure.high:,.0f}]"
            for figure in (one.recovered, one.age, one.before)
        ]
        claimed = "yes" if one.works else "no"
        rows.add_row(f"{one.threshold:,.0f}", f"{one.debts:,}", figures[0], claimed, *figures[1:])
    return title, rows


def _lateness_tables(one: Lateness) -> tuple[Text, Table]:
    title, rows = titled(
        f"ibm_accounts_receivable: {one.invoices:,} later invoices of {one.customers:,} customers",
        "",
        "mean error, days",
    )
    for name, figure in (
        ("boosted trees", one.model),
        ("customer's own past", one.own_past),
        ("median of all", one.median),
        ("trees better than the past by", one.better),
    ):
        rows.add_row(name, shown(figure))
    return title, rows


def _trial_json(one: Responded) -> dict[str, Any]:
    natural, contacted = one.calibration
    return {
        "trial": one.name,
        "people": one.people,
        "clusters": one.clusters,
        "treated": one.treated,
        "effect": interval_json(one.effect),
        "claimed": one.works,
        "classes": [_class_json(of) for of in one.classes],
        "each_person": None if one.moved is None else asdict(one.moved),
        "calibration_error": {"natural": interval_json(natural), "contacted": interval_json(contacted)},
        "learners": [
            {
                "learner": learner.name,
                "qini": interval_json(learner.ranking.qini),
                "auuc": interval_json(learner.ranking.auuc),
                "finds_responders": learner.ranking.finds,
                "qini_ahead": interval_json(learner.ahead),
                "curve": list(learner.ranking.curve),
            }
            for learner in one.learners
        ],
        "backtest": [
            {
                "rule": net.rule,
                "contacted": net.contacted,
                "net": interval_json(net.net),
                "ahead": interval_json(net.ahead),
            }
            for net in one.nets
        ],
        "left_out": list(one.left_out),
    }


def _class_json(of: ClassEffect) -> dict[str, Any]:
    counts = {"class": of.name, "people": of.people, "clusters": of.clusters}
    return {**counts, "effect": interval_json(of.effect), "claimed": of.works}


def _jump_json(one: Jump) -> dict[str, Any]:
    figures = {"recovered": one.recovered, "age": one.age, "where_nothing_changes": one.before}
    return {
        "threshold": one.threshold,
        "debts": one.debts,
        "claimed": one.works,
        **{name: interval_json(figure) for name, figure in figures.items()},
    }


def _lateness_json(one: Lateness) -> dict[str, Any]:
    figures = {"model": one.model, "own_past": one.own_past, "median": one.median, "better": one.better}
    return {
        "invoices": one.invoices,
        "customers": one.customers,
        "mean_absolute_error_days": {name: interval_json(figure) for name, figure in figures.items()},
    }
