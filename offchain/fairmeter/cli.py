"""The command line: parse, call, print, exit code, and nothing else. It and terminal.py alone print."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Annotated

import typer

import fairmeter
from fairmeter import (
    cli_arrears,
    cli_papers,
    cli_privacy,
    cli_scores,
    cli_standing,
    cli_vault,
    commands,
    judging,
    options,
    terminal,
)
from fairmeter import customers as customer_commands
from fairmeter.bundle import Bundle
from fairmeter.errors import InputError
from fairmeter.progress import progress_bars

DEPLOYMENT = Path("deployment.json")

app = typer.Typer(
    cls=terminal.Commands, invoke_without_command=True, add_completion=False, pretty_exceptions_enable=False
)

app.add_typer(cli_arrears.app, name="arrears")
app.add_typer(cli_privacy.app, name="privacy")
app.add_typer(cli_scores.app)
app.add_typer(cli_standing.app, name="standing")
app.add_typer(cli_papers.app)
app.add_typer(cli_vault.app, name="vault")


@app.callback()
def without_command(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Pay utility bills automatically, and appeal for the customer when a bill does not fit the meter's history."""
    if version:
        typer.echo(f"fairmeter {fairmeter.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


@app.command()
def run(
    context: typer.Context,
    usage: options.UsageFile,
    bills: options.BillsFile,
    out: Annotated[Path, typer.Option(help="Folder for the bundle and the report; must be new or empty.")],
    engine: options.EngineOption = options.EngineName.ETH_TESTER,
    rpc_url: options.RpcUrl = None,
    tariffs: Annotated[Path | None, typer.Option(help="Tariffs as TOML; without it flat ones are inferred.")] = None,
    policy: options.Policy = options.PolicyName.TREND,
    degree: options.Degree = 2,
    preset: options.Preset = 200_000,
    rate: options.Rate = 0.01,
    model: options.Model = None,
    seed: options.Seed = 0,
    rules: options.Rules = None,
    scenario: options.ScenarioFile = None,
    as_json: options.Json = False,
) -> None:
    """Run bills through the contracts: deploy, post, judge, settle, appeal, and record it all."""
    people = options.scenario_of(context, scenario, seed, policy, rate, options.presets(preset, degree))
    with progress_bars() as tell:
        result = commands.run(
            usage, bills, out,
            engine=engine.value, rpc_url=rpc_url, tariffs=tariffs, scenario=people, model=model, rules=rules,
            listener=lambda step: tell(step.phase, step.done, step.total),
        )  # fmt: skip
    for line in result.inferred_tariffs:
        typer.echo(f"inferred tariff: {line}", err=True)
    if as_json:
        terminal.print_json({**result.to_json(), "report": str(out / commands.REPORT)})
    else:
        from fairmeter import report as room  # noqa: PLC0415

        terminal.print_tables(room.terminal(room.load(out)))
        typer.echo(f"report: {out / commands.REPORT}")


@app.command()
def trade(
    scenario: Annotated[Path, typer.Option(help="Who trades and how, as TOML.")],
    out: Annotated[Path, typer.Option(help="Folder for the bundle and the report; must be new or empty.")],
    engine: options.EngineOption = options.EngineName.ETH_TESTER,
    as_json: options.Json = False,
) -> None:
    """Run purchases of every kind through the trade desk and its risk control, and record it all."""
    with progress_bars() as tell:
        result = commands.trade(
            scenario, out, engine=engine.value, listener=lambda step: tell(step.phase, step.done, step.total)
        )
    if as_json:
        terminal.print_json({**result.to_json(), "report": str(out / commands.REPORT)})
    else:
        _report_trade(out, None, as_json)


@app.command()
def verdict(
    context: typer.Context,
    usage: options.UsageFile,
    bills: options.BillsFile,
    out: Annotated[Path, typer.Option(help="The .parquet file to write; replaced if it is there.")],
    policy: options.Policy = options.PolicyName.TREND,
    degree: options.Degree = 2,
    preset: options.Preset = 200_000,
    rate: options.Rate = 0.01,
    model: options.Model = None,
    rules: options.Rules = None,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Judge bills without a chain: bill_id, decision, and the figures behind it."""
    calibrated, trend = policy is options.PolicyName.CALIBRATED, options.presets(preset, degree)
    if not calibrated:
        options.refuse_beside(context, f"--policy {policy}", "rate", "model", "seed")
    else:
        options.refuse_beside(context, "--policy calibrated", "degree", "preset")
    if model is not None:
        options.refuse_beside(context, "--model", "seed")
    with progress_bars() as tell:
        if rules is not None or policy is options.PolicyName.SCREENING:
            screened = judging.judge_screened(
                usage, bills, out, rules,
                alone=policy is options.PolicyName.SCREENING, presets=trend, rate=rate if calibrated else None,
                model=model, seed=seed, tell=tell,
            )  # fmt: skip
            terminal.show(screened, as_json)
        elif calibrated:
            judged = judging.judge_calibrated(usage, bills, out, model=model, rate=rate, seed=seed, tell=tell)
            terminal.show(judged, as_json)
        else:
            terminal.show(judging.judge_bills(usage, bills, out, presets=trend), as_json)


@app.command()
def fit(
    usage: options.UsageFile,
    out: Annotated[Path, typer.Option(help="The .model file to write; replaced if it is there.")],
    before: options.Before = None,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Fit the calibrated policy to readings once, for `fairmeter verdict --model`."""
    until = None if before is None else before.date()
    with progress_bars() as tell:
        fitted = judging.fit_calibrated(usage, out, before=until, seed=seed, tell=tell)
    terminal.show(fitted, as_json)


@app.command()
def rules(
    usage: options.UsageFile,
    bills: options.BillsFile,
    out: options.RulesOut,
    payments: options.PaymentsFile = None,
    before: options.BilledBefore = None,
    rate: options.RulesRate = 0.01,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Find classes of accounts, and the bounds of amount and interval that screen the bills of each."""
    terminal.show(customer_commands.make_rules(usage, bills, out, payments, before, rate, seed), as_json)


@app.command()
def evaluate(
    usage: options.UsageFile,
    bills: Annotated[Path, typer.Option(help="Labelled bills: also true_quantity and fault.")],
    policy: Annotated[
        list[str] | None, typer.Option(help="One to compare; may be repeated; the quick ones if none.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Recall against false appeals: a .png or .html file.")] = None,
    one_in: Annotated[int, typer.Option(min=1, help="One customer in so many, for policies that take minutes.")] = 1,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Measure how well verdict policies, and simpler scores, find the labelled faults."""
    if plot is not None:
        judging.check_plot(plot)
    with progress_bars() as tell:
        compared = judging.evaluate_policies(usage, bills, policies=policy or (), one_in=one_in, seed=seed, tell=tell)
    from fairmeter.report import quality  # noqa: PLC0415

    terminal.show_measured(quality, compared, plot, as_json)


@app.command()
def classes(
    usage: options.UsageFile,
    bills: options.BillsFile,
    payments: options.PaymentsFile = None,
    out: Annotated[Path | None, typer.Option(help="The .parquet file for each account's class.")] = None,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Find classes of accounts that use and pay alike, and say what each is like."""
    found = customer_commands.find_classes(usage, bills, payments=payments, out=out, seed=seed)
    from fairmeter.report import classes as room  # noqa: PLC0415

    if as_json:
        terminal.print_json(room.to_json(found))
    else:
        terminal.print_tables(room.tables(found))


@app.command()
def payments(
    payments: Annotated[Path, typer.Option(help=options.PAYMENTS)],
    out: Annotated[Path, typer.Option(help="The .parquet file to write; replaced if it is there.")],
    rate: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of ordinary payments that may fire.")] = 0.01,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Say what each payment was expected to be, and how likely its amount or its day is abnormal."""
    terminal.show(customer_commands.judge_payments(payments, out, rate=rate, seed=seed), as_json)


@app.command()
def fleet(
    customers: Annotated[int, typer.Option(min=1, help="How many.")],
    months: Annotated[int, typer.Option(help="Of readings; bills begin with the 13th.")],
    out: Annotated[Path, typer.Option(help="Folder for usage.parquet and bills.parquet.")],
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Make a synthetic fleet: readings and bills, some with labelled faults."""
    from fairmeter.usage import write_fleet  # noqa: PLC0415

    with progress_bars() as tell:
        usage, bills = write_fleet(out, customers, months, seed, lambda done: tell("customers", done, customers))
    if as_json:
        terminal.print_json(
            {"customers": customers, "months": months, "seed": seed, "usage": str(usage), "bills": str(bills)}
        )
    else:
        typer.echo(f"{customers:,} customers, {months} months: {usage} and {bills}")


@app.command()
def audit(
    directory: options.Directory,
    expect: Annotated[Path | None, typer.Option(help="Anchors from outside: JSON as a run's anchors.json.")] = None,
    usage: options.Source = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Draws the sample of a long run's batches.")] = None,
    as_json: options.Json = False,
) -> None:
    """Replay a run on another chain and recompute all of it; exit code 0 only if nothing differs."""
    from fairmeter import audit as room  # noqa: PLC0415

    with progress_bars() as tell:
        result = room.audit(directory, expect=expect, usage=usage, seed=seed, progress=tell)
    if as_json:
        terminal.print_json(result.to_json())
    else:
        from fairmeter.report import audit_tables  # noqa: PLC0415

        terminal.print_tables(audit_tables(result))
    if not result.passed:
        raise typer.Exit(1)


@app.command()
def report(
    directory: options.Directory,
    beside: Annotated[Path | None, typer.Option(help="What another run of the same bills wrote, to compare.")] = None,
    as_json: options.Json = False,
) -> None:
    """Sum a run up, beside another if one is given, and write its report.html."""
    if Bundle(directory).of_trade:
        _report_trade(directory, beside, as_json)
        return
    from fairmeter import report as room  # noqa: PLC0415

    loaded = room.load(directory)
    other = None if beside is None else room.load(beside)
    path = commands.write_report(loaded, other)
    if as_json:
        terminal.print_json({**room.to_json(loaded, other), "report": str(path)})
    else:
        terminal.print_tables(room.terminal(loaded, other))
        typer.echo(f"report: {path}")


def _report_trade(directory: Path, beside: Path | None, as_json: bool) -> None:
    from fairmeter.report import trade as room  # noqa: PLC0415

    if beside is not None:
        raise InputError(f"--beside {beside}: {directory} is of a run at the trade desk, which has no bills to compare")
    loaded = room.load(directory)
    path = commands.write_trade_report(loaded)
    if as_json:
        terminal.print_json({**room.to_json(loaded), "report": str(path)})
    else:
        terminal.print_tables(room.terminal(loaded))
        typer.echo(f"report: {path}")


@app.command()
def deploy(
    engine: options.EngineOption = options.EngineName.ETH_TESTER,
    rpc_url: options.RpcUrl = None,
    out: options.DeploymentFile = None,
    as_json: options.Json = False,
) -> None:
    """Deploy the contracts, and say how to use them."""
    if out is None and engine is options.EngineName.RPC:
        out = DEPLOYMENT
    if out is not None:
        commands.check_new(out)
    with commands.deploy(engine.value, rpc_url) as system:
        if out is not None:
            commands.write_deployment(system, out)
        snippet = commands.snippet(engine.value, rpc_url, out)
        if as_json:
            terminal.print_json({**commands.deployment_json(system), "engine": engine.value, "snippet": snippet})
            return
        for name, address in system.deployment.addresses.items():
            typer.echo(f"{name:16} 0x{address.hex()}")
    if out is not None:
        typer.echo(f"addresses and ABIs: {out}")
    if engine is not options.EngineName.RPC:
        typer.echo("This chain has ended with this process, and the contracts with it: deploy within your own program.")
    typer.echo(f"\n{snippet}")


@app.command()
def operate(
    rpc_url: Annotated[str, typer.Option(help="The node's address.")],
    usage: options.UsageFile,
    meters: Annotated[Path, typer.Option(help="Meter directory, .parquet: account, customer_id, disclosure_key.")],
    deployment: Annotated[Path, typer.Option(help="What `fairmeter deploy` wrote.")] = DEPLOYMENT,
    exchange: options.Exchange = None,
    model: Annotated[Path | None, typer.Option(help="The model that judges where classes name one.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Do what can be done now, and leave.")] = False,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to wait for another's turn to submit.")] = 30.0,
    pause: Annotated[float, typer.Option(min=0, help="Seconds between two looks at the chain.")] = 2.0,
    as_json: options.JsonLines = False,
) -> None:
    """Judge as one operator of several: watch, attest, submit; the key is FAIRMETER_PRIVATE_KEY's."""
    for done in commands.operate(
        deployment, rpc_url, usage, meters, exchange, model=model, once=once, patience=patience, pause=pause
    ):
        typer.echo(json.dumps(done.to_json()) if as_json else str(done))


@app.command(name="compile")
def compile_(
    contracts: Annotated[Path, typer.Option(help="The Solidity project: foundry.toml, src, node_modules.")] = Path(
        "contracts"
    ),
) -> None:
    """Compile the contracts into the package's artifacts."""
    compilation = commands.compile_contracts(contracts)
    for artifact in compilation.artifacts:
        typer.echo(f"{artifact.name:16} {len(artifact.deployed_bytecode):>6,} bytes")
    typer.echo(f"written to {commands.ARTIFACTS}")


def main() -> None:
    """The console script."""
    signal.signal(signal.SIGTERM, terminal.terminated)
    app()
