"""The shape of every table in the terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text


def titled(title: str, first: str, *others: str) -> tuple[Text, Table]:
    """A title, and a table whose columns after the first are figures, flush right."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", overflow="fold")
    return Text(title, style="bold"), table
