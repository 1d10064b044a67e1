"""`fairmeter arrears`: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairmeter import collecting, judging, options, reminding, scoring, terminal
from fairmeter.errors import NotTakenError
from fairmeter.progress import progress_bars

app = typer.Typer(help="Bills in arrears: reminders, and what rules of whom to contact would recover.")


RpcUrl = Annotated[str, typer.Option(help="The node's address.")]
Register = Annotated[str, typer.Option(help="The register: its address, or what `fairmeter arrears deploy` wrote.")]
SettingsFile = Annotated[Path, typer.Option(help="What a contact costs, classes, strategies and curves, as TOML.")]
SeedsFile = Annotated[Path, typer.Option(help="The tests' seeds, secret until their end; made where it is absent.")]


@app.command()
def remind(
    rpc_url: RpcUrl,
    register: Register,
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
def deploy(
    rpc_url: RpcUrl,
    deployment: Annotated[Path, typer.Option(help="What `fairmeter deploy` wrote.")] = Path("deployment.json"),
    out: Annotated[Path, typer.Option(help="File for the register's address.")] = Path("arrears.json"),
    as_json: options.Json = False,
) -> None:
    """Deploy an arrears register beside the contracts; the key is the administrator's."""
    terminal.show(collecting.deploy_register(deployment, rpc_url, out), as_json)


@app.command()
def terms(
    settings: SettingsFile,
    rpc_url: RpcUrl,
    register: Register,
    as_json: options.Json = False,
) -> None:
    """Set what a contact costs, and bounds; the key is the governor's."""
    terminal.show(collecting.set_terms(settings, rpc_url, register), as_json)


@app.command()
def begin(
    settings: SettingsFile,
    seeds: SeedsFile,
    rpc_url: RpcUrl,
    register: Register,
    as_json: options.Json = False,
) -> None:
    """Say what is known of each class, and commit to a test of its strategies; the key is an operator's."""
    terminal.show(collecting.begin(settings, rpc_url, register, seeds), as_json)


@app.command()
def submit(
    scores: Annotated[Path, typer.Option(help="What `fairmeter score` wrote, sealed or not.")],
    settings: SettingsFile,
    seeds: SeedsFile,
    rpc_url: RpcUrl,
    register: Register,
    from_block: Annotated[int, typer.Option(min=0, help="The first block that may have arrears.")] = 0,
    data_key: options.DataKeyFile = None,
    access_log: options.AccessLogFile = None,
    as_json: options.Json = False,
) -> None:
    """Submit the scores of every debt that there is now, and say what the register decides."""
    custody = options.custody("arrears submit", data_key, access_log)
    done = collecting.submit(scores, settings, rpc_url, register, seeds, custody, from_block)
    terminal.show(done, as_json)


@app.command()
def reveal(
    class_: Annotated[int, typer.Argument(metavar="CLASS", min=1, max=255, help="Its number.")],
    seeds: SeedsFile,
    rpc_url: RpcUrl,
    register: Register,
    as_json: options.Json = False,
) -> None:
    """End a class's test: everybody can see then who was to get which strategy."""
    terminal.show(collecting.reveal(class_, rpc_url, register, seeds), as_json)


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
