"""The command line: parse, call, print, exit code, and nothing else. The only place that prints.

Results go to standard output, all else (progress, notes, errors) to standard error. An error of errors.py is one line
and its exit code; any other exception is a bug and shows itself.
"""

from __future__ import annotations

import enum
import json
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

import fairmeter
from fairmeter import commands
from fairmeter.errors import FairmeterError, InputError
from fairmeter.units import MAX_PRESET

if TYPE_CHECKING:
    from fairmeter.simulation import Scenario

INTERRUPTED = 130
DEPLOYMENT = Path("deployment.json")


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


def _refuse(problem: str, exit_code: int) -> int:
    typer.echo(f"fairmeter: {' '.join(problem.split())}", err=True)
    return exit_code


app = typer.Typer(cls=Commands, invoke_without_command=True, add_completion=False, pretty_exceptions_enable=False)


class EngineName(enum.StrEnum):
    """The chains that a run can use."""

    ETH_TESTER = "eth-tester"
    REVM = "revm"
    ANVIL = "anvil"
    RPC = "rpc"


class PolicyName(enum.StrEnum):
    """How bills are judged without a chain."""

    TREND = "trend"
    CALIBRATED = "calibrated"


UsageFile = Annotated[Path, typer.Option(help="Daily readings: a .csv or .parquet file.")]
BillsFile = Annotated[Path, typer.Option(help="Bills: a .csv or .parquet file.")]
Degree = Annotated[int, typer.Option(min=1, max=2, help="Degree of the verdict's regression.")]
Preset = Annotated[
    int,
    typer.Option(min=-MAX_PRESET, max=MAX_PRESET, help="How far growth may exceed what is expected, ppm."),
]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="All that is drawn or derived comes from it.")]
EngineOption = Annotated[EngineName, typer.Option(help="The chain: in the process, a local node, or any network.")]
RpcUrl = Annotated[str | None, typer.Option(help="The node's address, for --engine rpc.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
ScenarioFile = Annotated[
    Path | None,
    typer.Option(help="Who acts and how, as TOML; has seed and presets itself, in place of the options."),
]
JsonLines = Annotated[bool, typer.Option("--json", help="Print a JSON object a line and nothing else.")]
Directory = Annotated[Path, typer.Argument(metavar="DIR", help="What a run wrote: its --out.", show_default=False)]


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
    usage: UsageFile,
    bills: BillsFile,
    out: Annotated[Path, typer.Option(help="Folder for the bundle and the report; must be new or empty.")],
    engine: EngineOption = EngineName.ETH_TESTER,
    rpc_url: RpcUrl = None,
    tariffs: Annotated[Path | None, typer.Option(help="Tariffs as TOML; without it flat ones are inferred.")] = None,
    degree: Degree = 2,
    preset: Preset = 200_000,
    seed: Seed = 0,
    scenario: ScenarioFile = None,
    as_json: Json = False,
) -> None:
    """Run bills through the contracts: deploy, post, judge, settle, appeal, and record it all."""
    people = _scenario(context, scenario, seed, preset, degree)
    with _progress() as tell:
        result = commands.run(
            usage,
            bills,
            out,
            engine=engine.value,
            rpc_url=rpc_url,
            tariffs=tariffs,
            scenario=people,
            listener=lambda step: tell(step.phase, step.done, step.total),
        )
    for line in result.inferred_tariffs:
        typer.echo(f"inferred tariff: {line}", err=True)
    if as_json:
        _print_json({**result.to_json(), "report": str(out / commands.REPORT)})
    else:
        from fairmeter import report as room  # noqa: PLC0415

        _print_tables(room.terminal(room.load(out)))
        typer.echo(f"report: {out / commands.REPORT}")


@app.command()
def verdict(
    usage: UsageFile,
    bills: BillsFile,
    out: Annotated[Path, typer.Option(help="The .parquet file to write; replaced if it is there.")],
    policy: Annotated[PolicyName, typer.Option(help="How bills are judged.")] = PolicyName.TREND,
    degree: Degree = 2,
    preset: Preset = 200_000,
    rate: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of correct bills that calibrated may appeal.")
    ] = 0.01,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Judge bills without a chain: bill_id, decision, and the figures behind it."""
    from fairmeter.model import Presets  # noqa: PLC0415
    from fairmeter.units import Ppm  # noqa: PLC0415

    if policy is PolicyName.CALIBRATED:
        _verdict_calibrated(usage, bills, out, rate, seed, as_json)
        return
    judged = commands.judge_bills(usage, bills, out, presets=Presets(first=Ppm(preset), degree=degree))
    if as_json:
        _print_json(judged.to_json())
        return
    typer.echo(
        f"{judged.bills:,} bills: {judged.pay:,} PAY, {judged.appeal:,} APPEAL, {judged.insufficient:,} INSUFFICIENT"
    )
    typer.echo(f"{judged.exact:,} needed exact integers; {judged.seconds:.2f} s; written to {out}")


def _verdict_calibrated(usage: Path, bills: Path, out: Path, rate: float, seed: int, as_json: bool) -> None:
    with _progress() as tell:
        judged = commands.judge_calibrated(usage, bills, out, rate=rate, seed=seed, tell=tell)
    if as_json:
        _print_json(judged.to_json())
        return
    typer.echo(
        f"{judged.bills:,} bills: {judged.pay:,} PAY, {judged.appeal:,} APPEAL; {judged.unread:,} of no known meter"
    )
    typer.echo(f"model {judged.model}; {judged.seconds:.2f} s; written to {out}")


@app.command()
def evaluate(
    usage: UsageFile,
    bills: Annotated[Path, typer.Option(help="Labelled bills: also true_quantity and fault.")],
    policy: Annotated[list[str] | None, typer.Option(help="One to compare; may be repeated; all if none.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Recall against false appeals: a .png or .html file.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure how well verdict policies, and simpler scores, find the labelled faults."""
    if plot is not None:
        commands.check_plot(plot)
    with _progress() as tell:
        compared = commands.evaluate_policies(usage, bills, policies=policy or (), seed=seed, tell=tell)
    from fairmeter.report import quality  # noqa: PLC0415

    if plot is not None:
        quality.write_plot(compared, plot)
    if as_json:
        _print_json(quality.to_json(compared))
    else:
        _print_tables(quality.tables(compared))


@app.command()
def fleet(
    customers: Annotated[int, typer.Option(min=1, help="How many.")],
    months: Annotated[int, typer.Option(help="Of readings; bills begin with the 13th.")],
    out: Annotated[Path, typer.Option(help="Folder for usage.parquet and bills.parquet.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Make a synthetic fleet: readings and bills, some with labelled faults."""
    from fairmeter.usage import write_fleet  # noqa: PLC0415

    with _progress() as tell:
        usage, bills = write_fleet(out, customers, months, seed, lambda done: tell("customers", done, customers))
    if as_json:
        _print_json({"customers": customers, "months": months, "seed": seed, "usage": str(usage), "bills": str(bills)})
    else:
        typer.echo(f"{customers:,} customers, {months} months: {usage} and {bills}")


@app.command()
def audit(
    directory: Directory,
    expect: Annotated[Path | None, typer.Option(help="Anchors from outside: JSON as a run's anchors.json.")] = None,
    usage: Annotated[
        Path | None, typer.Option(help="The source of the readings, to compare the evidence with.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Draws the sample of a long run's batches.")] = None,
    as_json: Json = False,
) -> None:
    """Replay a run on another chain and recompute all of it; exit code 0 only if nothing differs."""
    from fairmeter import audit as room  # noqa: PLC0415

    with _progress() as tell:
        result = room.audit(directory, expect=expect, usage=usage, seed=seed, progress=tell)
    if as_json:
        _print_json(result.to_json())
    else:
        from fairmeter.report import audit_tables  # noqa: PLC0415

        _print_tables(audit_tables(result))
    if not result.passed:
        raise typer.Exit(1)


@app.command()
def report(directory: Directory, as_json: Json = False) -> None:
    """Sum a run up, and write its report.html."""
    from fairmeter import report as room  # noqa: PLC0415

    loaded = room.load(directory)
    path = commands.write_report(loaded)
    if as_json:
        _print_json({**room.to_json(loaded), "report": str(path)})
    else:
        _print_tables(room.terminal(loaded))
        typer.echo(f"report: {path}")


@app.command()
def deploy(
    engine: EngineOption = EngineName.ETH_TESTER,
    rpc_url: RpcUrl = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File for addresses and ABIs; with --engine rpc deployment.json if none is given."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Deploy the contracts, and say how to use them."""
    if out is None and engine is EngineName.RPC:
        out = DEPLOYMENT
    if out is not None:
        commands.check_new(out)
    with commands.deploy(engine.value, rpc_url) as system:
        if out is not None:
            commands.write_deployment(system, out)
        snippet = commands.snippet(engine.value, rpc_url, out)
        if as_json:
            _print_json({**commands.deployment_json(system), "engine": engine.value, "snippet": snippet})
            return
        for name, address in system.deployment.addresses.items():
            typer.echo(f"{name:16} 0x{address.hex()}")
    if out is not None:
        typer.echo(f"addresses and ABIs: {out}")
    if engine is not EngineName.RPC:
        typer.echo("This chain has ended with this process, and the contracts with it: deploy within your own program.")
    typer.echo(f"\n{snippet}")


@app.command()
def operate(
    rpc_url: Annotated[str, typer.Option(help="The node's address.")],
    usage: UsageFile,
    meters: Annotated[Path, typer.Option(help="Meter directory, .parquet: account, customer_id, disclosure_key.")],
    deployment: Annotated[Path, typer.Option(help="What `fairmeter deploy` wrote.")] = DEPLOYMENT,
    exchange: Annotated[
        Path | None, typer.Option(help="Folder shared with the other operators; without it they meet on the chain.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Do what can be done now, and leave.")] = False,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to wait for another's turn to submit.")] = 30.0,
    pause: Annotated[float, typer.Option(min=0, help="Seconds between two looks at the chain.")] = 2.0,
    as_json: JsonLines = False,
) -> None:
    """Judge as one operator of several: watch, attest, submit; the key is FAIRMETER_PRIVATE_KEY's."""
    for done in commands.operate(
        deployment, rpc_url, usage, meters, exchange, once=once, patience=patience, pause=pause
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


def _scenario(context: typer.Context, file: Path | None, seed: int, preset: int, degree: int) -> Scenario:
    """A file says all of it: an option beside it would leave open which one holds."""
    from fairmeter.model import Presets  # noqa: PLC0415
    from fairmeter.simulation import Scenario, load_scenario  # noqa: PLC0415
    from fairmeter.units import Ppm  # noqa: PLC0415

    if file is None:
        return Scenario(seed=seed, presets=Presets(first=Ppm(preset), degree=degree))
    sources = {name: context.get_parameter_source(name) for name in ("seed", "preset", "degree")}
    given = [f"--{name}" for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    if given:
        raise InputError(f"{', '.join(given)} beside --scenario: write it into {file}, or leave it out")
    return load_scenario(file)


def _print_json(fields: Mapping[str, Any]) -> None:
    typer.echo(json.dumps(fields, indent=2))


def _print_tables(tables: Any) -> None:
    from rich.console import Console  # noqa: PLC0415

    Console().print(tables)


@contextmanager
def _progress() -> Iterator[commands.Tell]:
    """Progress bars on standard error, one a phase, where somebody can see them."""
    from rich import progress  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class Speed(progress.ProgressColumn):
        def render(self, task: progress.Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:,.0f}/s")

    console = Console(stderr=True)
    times = (progress.TimeElapsedColumn(), Speed(), progress.TimeRemainingColumn())
    columns = (progress.TextColumn("{task.description}"), progress.BarColumn(), progress.MofNCompleteColumn(), *times)
    with progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def tell(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total)
            bars.update(tasks[phase], completed=done, total=total)

        yield tell


def main() -> None:
    """The console script."""
    signal.signal(signal.SIGTERM, _terminated)
    app()


def _terminated(number: int, _: FrameType | None) -> NoReturn:
    """End as an interruption does, so that nothing half written is left."""
    sys.exit(_refuse("terminated", 128 + number))
