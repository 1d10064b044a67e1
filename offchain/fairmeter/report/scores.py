"""How good scores are: tables, JSON, and a plot of what was expected against what came."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl
from rich.console import Group
from rich.table import Table
from rich.text import Text

from fairmeter.errors import InputError
from fairmeter.report import effects
from fairmeter.report.tables import interval_json, shown, titled

if TYPE_CHECKING:
    from fairmeter.arrears.default import Contestant, Evaluated
    from fairmeter.arrears.measured import Measured


def to_json(measured: Measured) -> dict[str, Any]:
    """What `fairmeter score --evaluate --json` prints: every figure with its 95 % interval."""
    return {
        "default": [_default_json(one) for one in measured.default],
        **effects.to_json(measured),
        "absent": list(measured.absent),
    }


def tables(measured: Measured) -> Group:
    """A table of the models for each set, and one of the grades."""
    parts: list[Text | Table] = []
    for one in measured.default:
        parts.extend(_default_tables(one))
    parts.extend(effects.tables(measured))
    if measured.absent:
        parts.append(Text(f"absent: {', '.join(measured.absent)}"))
    return Group(*parts)


def write_plot(measured: Measured, out: Path) -> None:
    """Share of defaults expected in each grade against the share that came, and what contacting a share of the people
    gains, as PNG or as a page that needs nothing from outside, as the ending of `out` says. Raises
    InputError where there is neither."""
    points = pl.DataFrame(
        [
            {"set": one.name, "grade": graded.grade, "expected": graded.expected, "observed": graded.observed}
            for one in measured.default
            for graded in one.grades
            if graded.customers
        ],
        schema={"set": pl.String, "grade": pl.String, "expected": pl.Float64, "observed": pl.Float64},
    )
    axis = alt.Axis(format="~%")
    grades = (
        alt.Chart(points)
        .mark_line(point=True)
        .encode(
            x=alt.X("expected:Q", axis=axis, title="defaults expected, by grade"),
            y=alt.Y("observed:Q", axis=axis, title="defaults that came"),
            color=alt.Color("set:N", sort=None, title=None),
        )
        .properties(width=420, height=420)
    )
    drawn = [*([grades] if measured.default else []), *([effects.plot(measured)] if measured.response else [])]
    if not drawn:
        raise InputError(f"{out}: nothing to draw: neither a set of borrowers nor a trial was there")
    chart = alt.hconcat(*drawn).resolve_scale(color="independent")
    if out.suffix == ".png":
        chart.save(out, scale_factor=2)
    else:
        chart.save(out, inline=True)


def _default_tables(one: Evaluated) -> tuple[Text, Table, Text, Table]:
    title, rows = titled(
        f"{one.name}: {one.customers:,} customers, {one.defaults:,} defaults; out of sample",
        "model", "area", "KS", "Brier", "calibration error", "area ahead of the scorecard",
    )  # fmt: skip
    for model in one.contestants:
        quality = model.quality
        figures = (quality.area, quality.ks, quality.brier, quality.calibration_error, model.ahead)
        rows.add_row(model.name, *map(shown, figures))
    for name in one.left_out:
        rows.add_row(name, "not installed")
    about, grades = titled(f"Grades by the {one.chosen}", "grade", "customers", "expected", "observed")
    for graded in one.grades:
        shares = ("" if share is None else f"{share:.1%}" for share in (graded.expected, graded.observed))
        grades.add_row(graded.grade, f"{graded.customers:,}", *shares)
    return title, rows, about, grades


def _default_json(one: Evaluated) -> dict[str, Any]:
    return {
        "set": one.name,
        "customers": one.customers,
        "defaults": one.defaults,
        "models": [_model_json(model) for model in one.contestants],
        "left_out": list(one.left_out),
        "chosen": one.chosen,
        "grades": [
            {"grade": g.grade, "customers": g.customers, "expected": g.expected, "observed": g.observed}
            for g in one.grades
        ],
    }


def _model_json(model: Contestant) -> dict[str, Any]:
    quality = model.quality
    figures = {
        "area": quality.area,
        "ks": quality.ks,
        "brier": quality.brier,
        "calibration_error": quality.calibration_error,
        "area_ahead": model.ahead,
    }
    return {"model": model.name, **{name: interval_json(figure) for name, figure in figures.items()}}
