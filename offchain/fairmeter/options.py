"""Options that several commands share, each with its type, bounds and help."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from fairmeter.units import MAX_PRESET


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
PAYMENTS = "Payments, .csv or .parquet: customer_id, paid_on, amount; due_on and abnormal where known."
Rate = Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of correct bills that calibrated may appeal.")]
Model = Annotated[
    Path | None, typer.Option(help="What `fairmeter fit` wrote; without it calibrated is fitted to the usage.")
]
Exchange = Annotated[
    Path | None, typer.Option(help="Folder shared with the other operators; without it they meet on the chain.")
]
Source = Annotated[Path | None, typer.Option(help="The source of the readings, to compare the evidence with.")]
