"""Options that several commands share, each with its type, bounds and help."""

from __future__ import annotations

import enum
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairmeter.errors import InputError
from fairmeter.units import MAX_PRESET

if TYPE_CHECKING:
    from fairmeter.model import Presets
    from fairmeter.privacy import Custody
    from fairmeter.simulation import Scenario


class EngineName(enum.StrEnum):
    """The chains that a run can use."""

    ETH_TESTER = "eth-tester"
    REVM = "revm"
    ANVIL = "anvil"
    RPC = "rpc"


class PolicyName(enum.StrEnum):
    """How bills are judged."""

    TREND = "trend"
    CALIBRATED = "calibrated"
    SCREENING = "screening"


UsageFile = Annotated[Path, typer.Option(help="Daily readings: a .csv or .parquet file.")]
BillsFile = Annotated[Path, typer.Option(help="Bills: a .csv or .parquet file.")]
Degree = Annotated[int, typer.Option(min=1, max=2, help="Degree of the verdict's regression.")]
Preset = Annotated[
    int,
    typer.Option(min=-MAX_PRESET, max=MAX_PRESET, help="How far growth may exceed what is expected, ppm."),
]
Policy = Annotated[PolicyName, typer.Option(help="How bills are judged; screening needs --rules.")]
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
PAYMENTS = "Payments, .csv or .parquet: customer_id, paid_on, amount; due_on and abnormal where known."
Rate = Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of correct bills that calibrated may appeal.")]
Model = Annotated[
    Path | None, typer.Option(help="What `fairmeter fit` wrote; without it calibrated is fitted to the usage.")
]
Rules = Annotated[
    Path | None, typer.Option(help="What `fairmeter rules` wrote: alone with --policy screening, else beside it.")
]
Exchange = Annotated[
    Path | None, typer.Option(help="Folder shared with the other operators; without it they meet on the chain.")
]
Source = Annotated[Path | None, typer.Option(help="The source of the readings, to compare the evidence with.")]
HistoryFile = Annotated[
    Path | None, typer.Option(help="Customers who paid or did not, and their features: a .csv or .parquet file.")
]
AccountsFile = Annotated[Path | None, typer.Option(help="Accounts to grade: the same features, and account.")]
ScoresFile = Annotated[Path | None, typer.Option(help="The .parquet file to write; replaced if it is there.")]
TargetColumn = Annotated[str, typer.Option(help="Column of the history that is 1 where a customer did not pay.")]
EvaluateSets = Annotated[bool, typer.Option("--evaluate", help="Measure scores on public sets instead.")]
DataFolder = Annotated[Path, typer.Option(help="Folder of the public sets.")]
Forest = Annotated[
    bool, typer.Option("--forest", help="Also by econml's causal forest, with an interval for each person: minutes.")
]
ScoresPlot = Annotated[Path | None, typer.Option(help="Defaults expected and observed: a .png or .html file.")]
DataKeyFile = Annotated[
    Path | None,
    typer.Option("--data-key", help="Key of sealed files: what `fairmeter privacy key` made; else FAIRMETER_DATA_KEY."),
]
AccessLogFile = Annotated[
    Path | None,
    typer.Option(
        "--access-log", envvar="FAIRMETER_ACCESS_LOG", help="Who read customers' data: a file; sealed ones need it."
    ),
]
Before = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only readings before this day; all if none.")
]
BilledBefore = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only bills that end before this day; all if none.")
]
RulesOut = Annotated[Path, typer.Option(help="The .json file to write; replaced if it is there.")]
RulesRate = Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of ordinary bills that may be appealed.")]
PaymentsFile = Annotated[Path | None, typer.Option(help=PAYMENTS)]
DeploymentFile = Annotated[
    Path | None, typer.Option(help="File for addresses and ABIs; with --engine rpc deployment.json if none is given.")
]


def scenario_of(
    context: typer.Context, file: Path | None, seed: int, policy: PolicyName, rate: float, trend: Presets
) -> Scenario:
    """Of a file, which says everything itself, or of the options. Raises InputError for options without effect."""
    from fairmeter import simulation  # noqa: PLC0415

    if file is not None:
        given = ("seed", "policy", "rate", "preset", "degree")
        refuse_beside(context, f"--scenario {file}, which has them itself", *given)
        return simulation.load_scenario(file)
    if policy is PolicyName.CALIBRATED:
        refuse_beside(context, "--policy calibrated", "degree", "preset")
        return simulation.Scenario.calibrated(seed, rate)
    refuse_beside(context, f"--policy {policy}", "rate", "model")
    return simulation.Scenario(seed=seed, policy=simulation.PolicyName(policy), presets=trend)


def custody(purpose: str, data_key: Path | None, access_log: Path | None) -> Custody:
    """Of --data-key and --access-log, for a command."""
    from fairmeter import privacy  # noqa: PLC0415

    log = None if access_log is None else privacy.AccessLog(access_log)
    return privacy.Custody(purpose, privacy.read_key(data_key), log)


def presets(first: int, degree: int) -> Presets:
    """Of --preset (ppm) and --degree."""
    from fairmeter.model import Presets  # noqa: PLC0415
    from fairmeter.units import Ppm  # noqa: PLC0415

    return Presets(first=Ppm(first), degree=degree)


def refuse_beside(context: typer.Context, option: str, *without_effect: str) -> None:
    """Raises InputError where an option `without_effect` is given beside `option`: its user would believe in it."""
    sources = {name: context.get_parameter_source(name) for name in without_effect}
    given = [
        f"--{name.replace('_', '-')}"
        for name, source in sources.items()
        if source is not None and source.name == "COMMANDLINE"
    ]
    if given:
        raise InputError(f"{', '.join(given)} beside {option}: leave out one of them")
