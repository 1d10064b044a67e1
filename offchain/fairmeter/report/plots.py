"""The page's plots, as SVG that needs nothing from outside."""

from __future__ import annotations

import io
import itertools
import re
from typing import Any, Final

import altair as alt
import numpy as np
import polars as pl

from fairmeter.report.collected import Collected
from fairmeter.report.data import DECISIONS, Report
from fairmeter.report.figures import unit
from fairmeter.report.outcome import STATES
from fairmeter.report.readings import Appeal, Days
from fairmeter.report.refunds import KINDS
from fairmeter.report.wrongs import MECHANISMS, MOVES
from fairmeter.units import PPM

POINT: Final = ("decision", "actual_ppm", "expected_ppm")
MAX_POINTS: Final = 2_000
"""Of bills in one plot: more only make the page heavy."""
FEW_POINTS: Final = 300
STEEP: Final = 30
"""Times the readings from which a bill would flatten them on a linear scale."""

DECISION_COLOURS: Final = dict(zip(DECISIONS, ("#2f8f83", "#e07b39", "#8b7fc7"), strict=True))
STATE_COLOURS: Final = dict(
    zip(STATES, ("#2f8f83", "#8cc5bc", "#8b7fc7", "#e9b44c", "#c8493a", "#98a2ad", "#c9ced4"), strict=True)
)
MOVE_COLOURS: Final = dict(zip(MOVES, ("#c8493a", "#e9b44c", "#8b7fc7"), strict=True))
KIND_COLOURS: Final = dict(zip(KINDS, ("#2f8f83", "#e9b44c", "#c8493a"), strict=True))
LAST_YEAR, THIS_YEAR, BILLED = "last year", "this year", "billed, mean a day"

PLAIN: Final = "format(datum.value, '~s')"
"""Each tick by itself: 200, 1k, 2M."""

NAMES_WIDTH: Final = 120
"""Pixels for the longest mechanism's name, in whatever font the reader has."""

_EDGES: Final = (-50, -20, -10, 0, 10, 20, 50, 100, 1000)
_BINS: Final = (
    "below -50",
    *(f"{low} to {high}" for low, high in itertools.pairwise(_EDGES)),
    "above 1000",
)


def money_plot(report: Report) -> str:
    """Amounts by verdict, divided by where they stand at the end; major units."""
    sums = report.money()
    present = [state for state in STATES if sums[state].sum()]
    long = sums.unpivot(present, index="decision", variable_name="state", value_name="minor").with_columns(
        (pl.col("minor") / 100).alias("amount"),
        pl.col("state").replace_strict({state: i for i, state in enumerate(STATES)}).alias("rank"),
    )
    bars = _chart(long, "decision", "state", "amount", "rank").mark_bar(height={"band": 0.7})
    return _svg(
        bars.encode(
            x=alt.X("amount:Q", title="amount", stack="zero", axis=alt.Axis(labelExpr=PLAIN, tickCount=10)),
            y=alt.Y("decision:N", title=None, sort=list(DECISIONS)),
            color=_colour("state", {state: STATE_COLOURS[state] for state in present}),
            order=alt.Order("rank:Q"),
        ).properties(width=640, height=44 * len(sums))
    )


def wrongs_plot(sums: pl.DataFrame) -> str:
    """Money that wrong verdicts moved (`wrongs.by_mechanism`), divided by what they did with it; major units."""
    long = sums.unpivot(MOVES, index="mechanism", variable_name="move", value_name="minor").with_columns(
        (pl.col("minor") / 100).alias("amount")
    )
    bars = _chart(long, "mechanism", "move", "amount").mark_bar(height={"band": 0.7})
    return _svg(
        bars.encode(
            x=alt.X("amount:Q", title="amount", stack="zero", axis=alt.Axis(labelExpr=PLAIN)),
            y=alt.Y("mechanism:N", title=None, sort=list(MECHANISMS), axis=alt.Axis(minExtent=NAMES_WIDTH)),
            color=_colour("move", MOVE_COLOURS),
        ).properties(width=640, height=44 * len(sums))
    )


def collected_plot(found: Collected) -> str:
    """Net recovery of each strategy over time, with the horizons."""
    lines = _chart(found.course, "strategy", "day", "net").mark_line(strokeWidth=1.8, aria=False)
    days = pl.DataFrame({"day": sorted({days for _, days in found.horizons})}, schema={"day": pl.Int64})
    rules = _chart(days, "day").mark_rule(strokeDash=[5, 4], color="#7a828c", aria=False).encode(x=alt.X("day:Q"))
    names = found.strategies["strategy"].to_list()
    palette = ("#98a2ad", "#2f6fb0", "#e07b39", "#2f8f83", "#8b7fc7")
    drawn = lines.encode(
        x=alt.X("day:Q", title="days since first scored"),
        y=alt.Y("net:Q", title="net, of what was owed", axis=alt.Axis(format="~%")),
        color=_colour("strategy", dict(zip(names, palette, strict=False))),
    )
    return _svg(alt.layer(drawn, rules).properties(width=640, height=220))


def stopped_plot(stopped: pl.DataFrame) -> str:
    """Attempts at refunds that were stopped (`RefundReport.stopped`), by the rule, divided by how they were asked."""
    rules = stopped["rule"].unique(maintain_order=True).to_list()
    bars = _chart(stopped, "rule", "kind", "attempts").mark_bar(height={"band": 0.7})
    return _svg(
        bars.encode(
            x=alt.X("attempts:Q", title="attempts", stack="zero", axis=alt.Axis(labelExpr=PLAIN, tickMinStep=1)),
            y=alt.Y("rule:N", title=None, sort=rules, axis=alt.Axis(minExtent=NAMES_WIDTH)),
            color=_colour("kind", {kind: KIND_COLOURS[kind] for kind in KINDS if kind in stopped["kind"]}),
        ).properties(width=640, height=36 * len(rules))
    )


def growth_bars(report: Report) -> str:
    """How many bills grew by how much, by decision."""
    known = report.bills.select("decision", "actual_ppm").drop_nulls("actual_ppm")
    place = np.searchsorted(np.array(_EDGES) * (PPM // 100), known["actual_ppm"].to_numpy(), side="right")
    binned = known.select(pl.col("decision"), pl.Series("bin", place)).group_by("decision", "bin").len("bills")
    names = binned.select(pl.col("decision").cast(pl.String), pl.Series("bin", np.array(_BINS)[binned["bin"]]), "bills")
    counts = names.sort("decision", "bin")
    bars = _chart(counts, "decision", "bin", "bills").mark_bar()
    return _svg(
        bars.encode(
            x=alt.X(
                "bin:N",
                title="actual growth, %",
                scale=alt.Scale(domain=list(_BINS)),
                axis=alt.Axis(labelAngle=0, labelFontSize=10, grid=False),
            ),
            y=alt.Y("bills:Q", title="bills"),
            color=_decisions(counts),
        ).properties(width=640, height=180)
    )


def drawn_points(report: Report) -> pl.DataFrame:
    """POINT of the bills of `growth_plot`: of those with an expected growth, evenly thinned out where they are many."""
    known = report.bills.select(*POINT).drop_nulls(["actual_ppm", "expected_ppm"])
    if len(known) <= MAX_POINTS:
        return known
    return known[np.linspace(0, len(known) - 1, MAX_POINTS).round().astype(np.int64)]


def growth_plot(report: Report) -> str:
    """Actual growth against expected growth, a point a bill, with the line above which a bill is appealed; both axes
    in per cent, linear near zero and logarithmic far from it."""
    points = drawn_points(report).select(
        "decision", (pl.col("expected_ppm") / 1e4).alias("expected"), (pl.col("actual_ppm") / 1e4).alias("actual")
    )
    bent = np.arcsinh(points["expected"].to_numpy())
    along = np.sinh(np.linspace(bent.min(initial=-1), bent.max(initial=1), 120))
    preset = report.manifest["scenario"]["presets"]["first"] / 1e4
    line = pl.DataFrame({"expected": along, "actual": along * 0 if report.modelled else along + preset})
    scale = alt.Scale(type="symlog", constant=1, nice=False, padding=12)
    axis = alt.Axis(values=[sign * 10**k for k in range(9) for sign in (-1, 0, 1)], labelExpr=PLAIN)
    x = alt.X("expected:Q", title="expected growth, %", scale=scale, axis=axis)
    y = alt.Y("actual:Q", title="actual growth, %", scale=scale, axis=axis)
    size = 50 if len(points) < FEW_POINTS else 16
    dots = _chart(points, "decision", "expected", "actual").mark_circle(size=size, opacity=0.6, aria=False)
    limit = _chart(line, "expected", "actual").mark_line(color="#7a828c", strokeDash=[5, 4], aria=False)
    layers = alt.layer(dots.encode(x=x, y=y, color=_decisions(points)), limit.encode(x=x, y=y))
    return _svg(layers.properties(width=640, height=380))


def readings_plot(appeal: Appeal) -> str:
    """Daily readings of the billing period and of the same days last year, with what the bill makes of a day."""
    name, size = unit(appeal.bill["utility"])
    series = {LAST_YEAR: appeal.last_year / size, THIS_YEAR: appeal.this_year / size}
    frame = pl.concat([_days(label, values) for label, values in series.items()])
    billed = appeal.billed_mean / size
    steep = billed > STEEP * np.nan_to_num(frame["reading"].to_numpy(), nan=0.0).max(initial=0)
    scale = alt.Scale(type="symlog" if steep else "linear", constant=0.1)
    x = alt.X("day:Q", title="day of the period", scale=alt.Scale(nice=False), axis=alt.Axis(tickMinStep=1))
    y = alt.Y("reading:Q", title=f"{name} a day", scale=scale, axis=alt.Axis(labelExpr=PLAIN, tickCount=5))
    colours = {LAST_YEAR: "#98a2ad", THIS_YEAR: "#2f6fb0", BILLED: "#e07b39"}
    colour = _colour("series", colours)
    lines = _chart(frame, "series", "day", "reading").mark_line(strokeWidth=1.6, aria=False)
    level = pl.DataFrame({"series": [BILLED, BILLED], "day": [1, appeal.bill["days"]], "reading": [billed, billed]})
    rule = _chart(level, "series", "day", "reading").mark_line(strokeDash=[5, 3], strokeWidth=1.8, aria=False)
    layers = alt.layer(lines.encode(x=x, y=y, color=colour), rule.encode(x=x, y=y, color=colour))
    return _svg(layers.properties(width=330, height=150))


def _days(label: str, values: Days) -> pl.DataFrame:
    frame = pl.DataFrame({"day": np.arange(1, len(values) + 1), "reading": values})
    return frame.select(pl.lit(label).alias("series"), "day", pl.col("reading").fill_nan(None))


def _chart(frame: pl.DataFrame, *columns: str) -> alt.Chart:
    return alt.Chart(frame.select(columns))


def _decisions(frame: pl.DataFrame) -> alt.Color:
    return _colour("decision", {name: DECISION_COLOURS[name] for name in DECISIONS if name in frame["decision"]})


def _colour(field: str, colours: dict[str, str]) -> alt.Color:
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color(f"{field}:N", scale=scale, legend=alt.Legend(title=None, orient="top", symbolType="circle"))


NAMESPACES: Final = re.compile(r' xmlns(?::xlink)?="[^"]*"')
"""Not needed within HTML, where they would look like addresses."""


def _svg(chart: alt.Chart | alt.LayerChart | alt.FacetChart) -> str:
    """Colours of text and lines are left to the page, which knows whether it is dark."""
    quiet: dict[str, Any] = {"gridOpacity": 0.25, "domain": False, "tickSize": 3, "labelFontSize": 11}
    plain = chart.configure(background="transparent", font="sans-serif").configure_view(strokeOpacity=0)
    axes = plain.configure_axis(**quiet, titleFontSize=11, titleFontWeight="normal", gridColor="#808890")
    styled = axes.configure_axisLeft(minExtent=44)
    text = io.StringIO()
    styled.save(text, format="svg")
    return NAMESPACES.sub("", text.getvalue(), count=2)
