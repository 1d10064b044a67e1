"""The shape of every table in the terminal, and of every figure with an interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from fairmeter.arrears.quality import Interval


def titled(title: str, first: str, *others: str) -> tuple[Text, Table]:
    """A title, and a table whose columns after the first are figures, flush right."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", overflow="fold")
    return Text(title, style="bold"), table


def shown(figure: Interval, decimals: int = 4) -> str:
    """A figure and its interval, which has a digit less."""
    less = max(decimals - 1, 0)
    return f"{figure.value:,.{decimals}f} [{figure.low:,.{less}f}, {figure.high:,.{less}f}]"


def interval_json(figure: Interval) -> dict[str, float]:
    """A figure and its interval."""
    return {"value": figure.value, "low": figure.low, "high": figure.high}
