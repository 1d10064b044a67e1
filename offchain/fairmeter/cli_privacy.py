"""`fairmeter privacy`: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairmeter import options, sealings, terminal

app = typer.Typer(help="Customers' data at rest: sealed with the operator's key, and every reading logged.")

Sealed = Annotated[Path, typer.Argument(metavar="FILE", help="Sealed: NAME.sealed.")]


@app.command()
def key(
    out: Annotated[Path, typer.Option(help="The file to make; its owner alone may read it.")] = Path("data.key"),
    as_json: options.Json = False,
) -> None:
    """Make a key."""
    terminal.show(sealings.make_key(out), as_json)


@app.command()
def seal(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Tables, .csv or .parquet.")],
    kind: Annotated[str, typer.Option(help="features, scores or contacts.")],
    data_key: options.DataKeyFile = None,
    access_log: options.AccessLogFile = None,
    as_json: options.JsonLines = False,
) -> None:
    """Seal tables, each beside itself as NAME.sealed."""
    terminal.show_lines(sealings.seal(files, kind, options.custody("privacy seal", data_key, access_log)), as_json)


@app.command(name="open")
def open_(
    file: Sealed,
    out: Annotated[Path, typer.Option(help="The file to write, in the clear; its owner alone may read it.")],
    purpose: Annotated[str, typer.Option(help="What for: stands in the access log.")],
    data_key: options.DataKeyFile = None,
    access_log: options.AccessLogFile = None,
    as_json: options.Json = False,
) -> None:
    """Write what is sealed in the clear."""
    custody = options.custody(f"privacy open: {purpose}", data_key, access_log)
    terminal.show(sealings.unseal(file, out, custody), as_json)


@app.command()
def rotate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Sealed files, and outboxes of reminders.")],
    new_key: Annotated[Path, typer.Option(help="File of the new key; --data-key is the present one.")],
    data_key: options.DataKeyFile = None,
    access_log: options.AccessLogFile = None,
    as_json: options.JsonLines = False,
) -> None:
    """Seal files again with another key; killed in the middle, the same call goes on."""
    custody = options.custody("privacy rotate", data_key, access_log)
    terminal.show_lines(sealings.rotate(files, new_key, custody), as_json)


@app.command()
def log(
    access_log: Annotated[Path, typer.Option(envvar="FAIRMETER_ACCESS_LOG", help="The access log.")],
    expect: Annotated[str | None, typer.Option(help="Hash of a line that was noted elsewhere: must be there.")] = None,
    as_json: options.Json = False,
) -> None:
    """Check the access log, and show it: exit code 9 if a line was changed or taken out."""
    terminal.show_rows("accesses", sealings.accesses(access_log, expect), as_json)
