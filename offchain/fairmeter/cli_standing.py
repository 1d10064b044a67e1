"""`fairmeter standing`: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairmeter import judging, options, standings, terminal

app = typer.Typer(
    help="Credit standings and the terms of purchases: tried on a history before they are set; an account's history."
)


@app.command()
def simulate(
    history: Annotated[
        Path, typer.Option(help="What `fairmeter trade` wrote, or a .csv or .parquet file: party, conduct, at, fee.")
    ],
    rules: Annotated[Path | None, typer.Option(help="The rules, as TOML; the contract's first ones if none.")] = None,
    share: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Fit the rules to suspend and flag at most this share.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Say how many accounts rules would have suspended, banned, flagged and rewarded, before they are set."""
    from fairmeter.report import standing as room  # noqa: PLC0415

    told = standings.what_if(history, rules, share)
    if as_json:
        terminal.print_json(room.to_json(told))
    else:
        terminal.print_tables(room.what_if_tables(told))


@app.command()
def history(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="An address, or the name of a supplier.")],
    bundle: Annotated[Path, typer.Option(help="What `fairmeter trade` wrote: its --out.")],
    plot: Annotated[Path | None, typer.Option(help="The value in its course: a .png or .html file.")] = None,
    as_json: options.Json = False,
) -> None:
    """Tell an account's standing event by event, each with its cause."""
    from fairmeter.report import standing as room  # noqa: PLC0415

    if plot is not None:
        judging.check_plot(plot)
    told = standings.history_of(bundle, account)
    if plot is not None:
        room.write_plot(told, plot)
    if as_json:
        terminal.print_json(room.to_json(told))
    else:
        terminal.print_tables(room.history_tables(told))


@app.command()
def terms(
    history: Annotated[
        Path, typer.Option(help="What `fairmeter trade` wrote, or a .csv or .parquet file: total, lost (minor units).")
    ],
    split: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="At most this share of the purchases is split.")
    ] = 0.05,
    risk: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="At most this share of what is paid without escrow is lost.")
    ] = 0.01,
    as_json: options.Json = False,
) -> None:
    """Fit the control thresholds of purchases to what earlier ones came to, and what of them was lost."""
    from fairmeter.report import standing as room  # noqa: PLC0415

    told = standings.terms_for(history, split, risk)
    if as_json:
        terminal.print_json(room.to_json(told))
    else:
        terminal.print_tables(room.terms_tables(told))
