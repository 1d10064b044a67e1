"""What ways of choosing a strategy forgo until they know which works: tables, JSON and a plot of the regret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl
from rich.text import Text

from fairmeter.report.tables import interval_json, shown, titled

if TYPE_CHECKING:
    from rich.table import Table

    from fairmeter.arrears.quality import Interval
    from fairmeter.arrears.simulator import Choosing, Strategy

_HALF_A_YEAR = 13
"""Fortnights."""


def to_json(found: Choosing) -> dict[str, Any]:
    """Regret in mean debts until the end of each fortnight: the mean, and where 95 % of the seeds lie."""
    from fairmeter.arrears.simulator import WAYS  # noqa: PLC0415

    return {
        "customers_a_fortnight": found.customers,
        "read_after_days": found.delay,
        "regret": [{"way": way, "by_fortnight": [interval_json(one) for one in found.of(way)]} for way in WAYS],
        "thompson_less_than_test": {"better_in_seeds": _better(found), **interval_json(_spared(found))},
        "strategies": [
            {"strategy": name, "over_no_contact": interval_json(gained), "held_in_seeds": held}
            for name, gained, held in _told(found)
        ],
    }


def tables(found: Choosing) -> list[Text | Table]:
    """A row a way, and one a strategy for what can be told of it."""
    from fairmeter.arrears.simulator import PERIODS, TEST, THOMPSON, WAYS  # noqa: PLC0415

    title, rows = titled(
        f"Regret in mean debts: {found.customers:,} customers a fortnight, read after {found.delay} days",
        "strategies chosen", "half a year", "a year", "two years", "of all owed",
    )  # fmt: skip
    for way in WAYS:
        regret = found.of(way)
        until = (shown(regret[period - 1], 0) for period in (_HALF_A_YEAR, 2 * _HALF_A_YEAR, PERIODS))
        rows.add_row(way, *until, f"{regret[-1].value / (PERIODS * found.customers):.2%}")
    about, told = titled(
        "From what Thompson sampling recorded with the first seed",
        "strategy", f"over no contact, of a debt, in {found.delay} days", "held in seeds",
    )  # fmt: skip
    for name, gained, held in _told(found):
        told.add_row(name, shown(gained), f"{held:.0%}")
    spared = _spared(found)
    surely = "it is chance" if spared.holds(0.0) else f"{THOMPSON if spared.low > 0 else TEST} is better"
    verdict = (
        f"{TEST} less {THOMPSON}, after two years: {shown(spared, 0)}; "
        f"the latter is better in {_better(found):.0%} of the seeds, in a single one {surely}"
    )
    return [title, rows, Text(verdict), about, told]


def plot(found: Choosing) -> alt.LayerChart | alt.FacetChart:
    """The regret of each way over time, with bands that hold 95 % of the seeds."""
    from fairmeter.arrears.simulator import WAYS  # noqa: PLC0415

    points = [
        {"strategies chosen": way, "fortnight": period, "regret": one.value, "low": one.low, "high": one.high}
        for way in WAYS
        for period, one in enumerate(found.of(way), 1)
    ]
    base = alt.Chart(pl.DataFrame(points)).encode(
        x=alt.X("fortnight:Q"), color=alt.Color("strategies chosen:N", sort=None)
    )
    title = f"regret, mean debts; {found.customers:,} customers a fortnight"
    bands = base.mark_area(opacity=0.2).encode(y=alt.Y("low:Q", title=title), y2="high:Q")
    return alt.layer(bands, base.mark_line().encode(y=alt.Y("regret:Q", title=title))).properties(width=720, height=260)


def _spared(found: Choosing) -> Interval:
    from fairmeter.arrears.quality import Interval  # noqa: PLC0415

    less = found.spared()
    return Interval.of(float(less.mean()), less)


def _better(found: Choosing) -> float:
    return round(float((found.spared() > 0).mean()), 6)


def _told(found: Choosing) -> list[tuple[str, Any, float]]:
    """Of each strategy but the control: its name, what it gained, and the share of the seeds whose interval holds."""
    from fairmeter.arrears.simulator import STRATEGIES  # noqa: PLC0415

    held = found.covered.mean(axis=0).round(6).tolist()
    return list(zip((_named(one) for one in STRATEGIES[1:]), found.gained, held, strict=True))


def _named(one: Strategy) -> str:
    often = "once" if one.contacts == 1 else f"{one.contacts} times, every {14 * one.every} days"
    return f"wording {one.channel}, {often}"
