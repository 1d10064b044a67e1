"""How results and errors reach a terminal or a program: with cli.py the only place that prints.

Results go to standard output, all else (progress, notes, errors) to standard error. An error of errors.py is one line
and its exit code; any other exception is a bug and shows itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from fairmeter.errors import FairmeterError
from fairmeter.outputs import Result

INTERRUPTED: Final = 130


class Commands(TyperGroup):
    """Turns every expected failure into one line on standard error and an exit code."""

    def main(self, *args: Any, **options: Any) -> NoReturn:
        """Run the command line and leave with its exit code."""
        options["standalone_mode"] = False
        try:
            code = super().main(*args, **options)
        except FairmeterError as error:
            code = _refuse(str(error), error.exit_code)
        except typer.TyperException as error:
            code = _refuse(error.format_message(), error.exit_code)
        except OSError as error:
            code = _refuse(f"{error.filename or 'system'}: {error.strerror or error}", FairmeterError.exit_code)
        if code == INTERRUPTED:
            _refuse("interrupted", INTERRUPTED)
        sys.exit(code)


def terminated(number: int, _: FrameType | None) -> NoReturn:
    """End as an interruption does, so that nothing half written is left."""
    sys.exit(_refuse("terminated", 128 + number))


def show(result: Result, as_json: bool) -> None:
    """One line, or one object."""
    if as_json:
        print_json(result.to_json())
    else:
        typer.echo(str(result))


def show_lines(results: Iterable[Result], as_json: bool) -> None:
    """A line each, or an object a line."""
    for result in results:
        typer.echo(json.dumps(result.to_json()) if as_json else str(result))


def show_rows(name: str, rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """A line a row, each value behind its name, or one object."""
    if as_json:
        print_json({name: rows})
        return
    for row in rows:
        cells = {key: ",".join(value) if isinstance(value, list) else value for key, value in row.items()}
        typer.echo("  ".join(f"{key} {value}" for key, value in cells.items()))


def show_measured(room: Any, measured: Any, plot: Path | None, as_json: bool) -> None:
    """By a room of the report."""
    if plot is not None:
        room.write_plot(measured, plot)
    if as_json:
        print_json(room.to_json(measured))
    else:
        print_tables(room.tables(measured))


def print_json(fields: Mapping[str, Any]) -> None:
    """One object and nothing else."""
    typer.echo(json.dumps(fields, indent=2))


def print_tables(tables: Any) -> None:
    """What rich draws."""
    from rich.console import Console  # noqa: PLC0415

    Console().print(tables)


def _refuse(problem: str, exit_code: int) -> int:
    typer.echo(f"fairmeter: {' '.join(problem.split())}", err=True)
    return exit_code
