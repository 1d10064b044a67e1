"""`fairmeter arrears`: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairmeter import judging, options, reminding, scoring, terminal
from fairmeter.errors import NotTakenError
from fairmeter.progress import progress_bars

app = typer.Typer(help="Bills in arrears: reminders, and what rules of whom to contact would recover.")


@app.command()
def remind(
    rpc_url: Annotated[str, typer.Option(help="The node's address.")],
    register: Annotated[str, typer.Option(help="The address of the ArrearsRegister.")],
    directory: Annotated[
        Path,
        typer.Option(
            help="Customers, .csv or .parquet, sealed or not: account, name, language, channel, address; timezone."
        ),
    ],
    settings: Annotated[Path, typer.Option(help="Quiet hours, caps and channels, as TOML.")],
    outbox: Annotated[Path, typer.Option(help="The messages on disk: a SQLite file, made where it is absent.")],
    from_block: Annotated[int, typer.Option(min=0, help="The first block that may have a score.")] = 0,
    data_key: options.DataKeyFile = None,
    access_log: options.AccessLogFile = None,
    as_json: options.Json = False,
) -> None:
    """Send what the register says to remind of, once, and count it on chain; the key is FAIRMETER_PRIVATE_KEY's."""
    custody = options.custody("arrears remind", data_key, access_log)
    done = reminding.remind(rpc_url, register, directory, settings, outbox, custody, from_block=from_block)
    terminal.show(done, as_json)
    if done.refused or done.in_doubt or done.uncounted:
        raise typer.Exit(NotTakenError.exit_code)


@app.command()
def simulate(
    seeds: Annotated[int, typer.Option(min=1, help="How many times, each with other customers.")] = 100,
    customers: Annotated[int, typer.Option(help="In arrears, each time.")] = 10_000,
    seed: options.Seed = 0,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the sets to fit customers to; the public ones' figures if none.")
    ] = None,
    contact: Annotated[float | None, typer.Option(min=0, help="What a contact costs, against the mean debt.")] = None,
    fatigue: Annotated[
        float | None, typer.Option(min=0, max=1, help="What is left of a contact's effect at the next one.")
    ] = None,
    never: Annotated[
        float | None, typer.Option(min=0, max=0.99, help="Of the last to pay, the share that no contact moves.")
    ] = None,
    delay: Annotated[
        int | None, typer.Option(help="Days until it is read what a strategy earned: fortnights up to 182; 84 if none.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Net recovery, returns and regret over time: .png or .html.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Compare rules of whom to contact, and ways of choosing a strategy, on customers who behave as real ones do."""
    if plot is not None:
        judging.check_plot(plot)
    with progress_bars() as tell:
        found = scoring.simulate_recovery(
            data, seeds, customers, seed=seed, delay=delay, tell=tell, contact=contact, fatigue=fatigue, never=never
        )
    from fairmeter.report import recovery  # noqa: PLC0415

    terminal.show_measured(recovery, found, plot, as_json)
