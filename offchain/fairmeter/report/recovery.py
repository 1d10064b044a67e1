"""What rules of whom to contact recover from simulated customers, beside the control, and what ways of choosing a
strategy forgo: tables, JSON and a plot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import altair as alt
import numpy as np
import polars as pl
from rich.console import Group
from rich.text import Text

from fairmeter.report import choosing
from fairmeter.report.tables import titled

if TYPE_CHECKING:
    import numpy.typing as npt
    from rich.table import Table

    from fairmeter.arrears.simulator import Recovery, Simulated

NET: Final = "net recovery, of what was owed"


def to_json(simulated: Simulated) -> dict[str, Any]:
    """What `fairmeter arrears simulate --json` prints: money as shares of the debts, means, and each seed's net."""
    from fairmeter.arrears.simulator import RULES, TIMES  # noqa: PLC0415

    found = simulated.recovery
    world = found.world
    return {
        "seeds": len(found.net),
        "customers": found.customers,
        "assumed": {"contact": world.contact, "fatigue": world.fatigue, "never": world.never},
        "rules": [
            {
                "rule": rule,
                "recovered": _mean(found.recovered[:, k]),
                "contacts": _mean(found.contacts[:, k]),
                "net": _mean(found.net[:, k]),
                "net_by_seed": found.net[:, k].round(6).tolist(),
                "value_rule_ahead": {
                    "least": round(float(found.ahead(rule).min()), 6),
                    "mean": _mean(found.ahead(rule)),
                },
                "ahead_of_nobody_over_time": found.over_time[k].round(6).tolist(),
            }
            for k, rule in enumerate(RULES)
        ],
        "days": TIMES.tolist(),
        "segments": [
            {"return_over_time": roi.round(6).tolist(), "horizon_days": _mean(found.horizons[:, k])}
            for k, roi in enumerate(found.returns)
        ],
        "value_rule_ahead_by_cost": _by_cost(found),
        "strategies": choosing.to_json(simulated.choosing),
    }


def tables(simulated: Simulated) -> Group:
    """A row a rule, one a segment for its horizon, and one a way of choosing a strategy."""
    from fairmeter.arrears.simulator import RULES  # noqa: PLC0415

    found = simulated.recovery
    seeds, world = len(found.net), found.world
    title, rows = titled(
        f"Of what was owed, {seeds} times {found.customers:,} customers",
        "contacted", "recovered", "contacts", "net", "value rule ahead", "least",
    )  # fmt: skip
    for k, rule in enumerate(RULES):
        net, ahead = found.net[:, k], found.ahead(rule)
        rows.add_row(
            rule,
            f"{found.recovered[:, k].mean():.1%}",
            f"{found.contacts[:, k].mean():.2f}",
            f"{net.mean():.1%}",
            f"{ahead.mean():+.1%}",
            f"{ahead.min():+.1%}",
        )
    about, days = titled("Segments of the trials", "segment", "days to the horizon", "return by then", "at the end")
    for k, roi in enumerate(found.returns):
        days.add_row(str(k + 1), f"{found.horizons[:, k].mean():.0f}", f"{_at(found, k):+.1%}", f"{roi[-1]:+.1%}")
    assumed = (
        f"assumed: a contact costs {world.contact:.1%} of a debt; of its effect {world.fatigue:.0%} is left at the "
        f"next one; of those who would not pay in half a year {world.never:.0%} are moved by nothing"
    )
    return Group(title, rows, about, days, Text(assumed), *_cost_tables(found), *choosing.tables(simulated.choosing))


def _by_cost(found: Recovery) -> list[dict[str, Any]]:
    """By how much the value rule is ahead, and in the worst seed, were a contact to cost otherwise."""
    from fairmeter.arrears.simulator import COMPARED, COSTS  # noqa: PLC0415

    return [
        {
            "contact": cost,
            **{
                rule: {"least": round(float(ahead[:, k].min()), 6), "mean": _mean(ahead[:, k])}
                for k, rule in enumerate(COMPARED)
            },
        }
        for cost, ahead in zip(COSTS, found.ahead_by_cost.swapaxes(0, 1), strict=True)
    ]


def _cost_tables(found: Recovery) -> tuple[Text, Table]:
    from fairmeter.arrears.simulator import COMPARED  # noqa: PLC0415

    title, rows = titled("The value rule ahead, and in the worst seed, by cost", "a contact costs", *COMPARED)
    for one in _by_cost(found):
        leads = (f"{one[rule]['mean']:+.1%} [{one[rule]['least']:+.1%}]" for rule in COMPARED)
        rows.add_row(f"{one['contact']:.0%} of a debt", *leads)
    return title, rows


def write_plot(simulated: Simulated, out: Path) -> None:
    """What `plot` draws, as PNG or as a page that needs nothing from outside, as the ending of `out` says."""
    if out.suffix == ".png":
        plot(simulated).save(out, scale_factor=2)
    else:
        plot(simulated).save(out, inline=True)


def plot(simulated: Simulated) -> alt.VConcatChart:
    """Net recovery of each rule with its range over the seeds beside the control's, what each is ahead of the control
    over time, the return on contacts of each segment over time with its horizon, and the regret of each way of
    choosing a strategy."""
    found = simulated.recovery
    courses = alt.hconcat(_over_time(found), _returns(found)).resolve_scale(color="independent")
    parts = alt.vconcat(_nets(found), courses, choosing.plot(simulated.choosing))
    whole: alt.VConcatChart = parts.resolve_scale(color="independent")
    return whole


def _nets(found: Recovery) -> alt.LayerChart | alt.FacetChart:
    from fairmeter.arrears.simulator import NOBODY, RULES  # noqa: PLC0415

    net = found.net
    frame = pl.DataFrame({"rule": RULES, "net": net.mean(axis=0), "low": net.min(axis=0), "high": net.max(axis=0)})
    control = frame.filter(pl.col("rule") == NOBODY)
    share = alt.Axis(format="~%")
    base = alt.Chart(frame).encode(y=alt.Y("rule:N", sort=None, title=None))
    bars = base.mark_bar(height={"band": 0.6}).encode(x=alt.X("net:Q", axis=share, title=NET))
    ranges = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=NET), x2="high:Q")
    level = alt.Chart(control).mark_rule(strokeDash=[4, 3], color="#c8493a").encode(x=alt.X("net:Q", title=NET))
    return alt.layer(bars, ranges, level).properties(width=720, height=180)


def _over_time(found: Recovery) -> alt.Chart:
    from fairmeter.arrears.simulator import RULES, TIMES  # noqa: PLC0415

    frame = pl.DataFrame(
        {
            "rule": np.repeat(RULES, len(TIMES)),
            "day": np.tile(TIMES, len(RULES)),
            "ahead": found.over_time.ravel(),
        }
    )
    return _lines(frame, "rule", "ahead", "net, ahead of the control")


def _returns(found: Recovery) -> alt.LayerChart | alt.FacetChart:
    from fairmeter.arrears.simulator import TIMES  # noqa: PLC0415

    names = [f"segment {k + 1}" for k in range(len(found.returns))]
    frame = pl.DataFrame(
        {
            "segment": np.repeat(names, len(TIMES)),
            "day": np.tile(TIMES, len(names)),
            "return": found.returns.ravel(),
        }
    )
    horizons = pl.DataFrame(
        {
            "segment": names,
            "day": found.horizons.mean(axis=0),
            "return": [_at(found, k) for k in range(len(names))],
        }
    )
    marks = (
        alt.Chart(horizons)
        .mark_point(size=120, filled=True)
        .encode(x="day:Q", y="return:Q", color=alt.Color("segment:N", sort=None, title=None))
    )
    return alt.layer(_lines(frame, "segment", "return", "ROI of contacting all, of a debt; horizon"), marks)


def _lines(frame: pl.DataFrame, kind: str, value: str, title: str) -> alt.Chart:
    chart = (
        alt.Chart(frame)
        .mark_line()
        .encode(
            x=alt.X("day:Q", title="days in arrears"),
            y=alt.Y(f"{value}:Q", axis=alt.Axis(format="~%"), title=title),
            color=alt.Color(f"{kind}:N", sort=None, title=None),
        )
    )
    sized: alt.Chart = chart.properties(width=330, height=260)
    return sized


def _at(found: Recovery, segment: int) -> float:
    """The return at the mean horizon."""
    from fairmeter.arrears.simulator import TIMES  # noqa: PLC0415

    return float(np.interp(found.horizons[:, segment].mean(), TIMES, found.returns[segment]))


def _mean(values: npt.NDArray[Any]) -> float:
    return round(float(values.mean()), 6)
