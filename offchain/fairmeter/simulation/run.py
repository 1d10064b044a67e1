"""The main job: from readings and bills to a settled, appealed and recorded payment run."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from fairmeter.bundle import BundleWriter, file_hash
from fairmeter.chain.engine import Engine
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.history import history_digest
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.opening import open_engine
from fairmeter.contracts.artifacts import compiler_input
from fairmeter.contracts.deploy import System
from fairmeter.errors import InputError
from fairmeter.model import Bills, Tariff, Usage
from fairmeter.simulation.acts import Run
from fairmeter.simulation.plan import plan
from fairmeter.simulation.record import Recorder
from fairmeter.simulation.result import Listener, Progress, RunResult, Sums
from fairmeter.simulation.scenario import Scenario
from fairmeter.usage import (
    ReadingMatrix,
    check_amounts,
    check_customers,
    infer_tariffs,
    load_bills,
    load_tariffs,
    load_usage,
)

BUNDLE = "bundle"
RESULT = "run.json"
ANCHORS = "anchors.json"


def run(
    usage: Path,
    bills: Path,
    out: Path,
    *,
    engine: str = "eth-tester",
    rpc_url: str | None = None,
    tariffs: Path | None = None,
    scenario: Scenario | None = None,
    listener: Listener | None = None,
) -> RunResult:
    """Run all bills of `bills` with the readings of `usage` through the contracts on `engine` (eth-tester, revm,
    anvil, or rpc with its URL), and write `out`: the bundle, run.json beside it, and anchors.json, which an auditor
    should get by another way.

    The same inputs and scenario give the same bundle, byte for byte, on all engines but rpc. Raises InputError for
    anything wrong in the files, ChainError if the chain fails; then nothing is written.
    """
    scenario = Scenario() if scenario is None else scenario
    started = time.perf_counter()
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out} exists and is not empty: choose another --out, or delete it")
    readings, billed, prices, inferred = _load(usage, bills, tariffs)
    loaded = time.perf_counter() - started
    sources = {"usage": file_hash(usage), "bills": file_hash(bills)}
    with _whole_or_nothing(out) as folder:
        result = _run(readings, billed, prices, scenario, engine, rpc_url, folder, sources, listener)
        seconds = time.perf_counter() - started
        finished = RunResult(
            sums=result.sums,
            seconds=seconds,
            phases={"load": loaded, **result.phases},
            engine=result.engine,
            implementation=result.implementation,
            bundle=out / BUNDLE,
            inferred_tariffs=inferred,
        )
        (folder / RESULT).write_text(json.dumps(finished.to_json(), indent=2) + "\n")
    return finished


def _load(usage: Path, bills: Path, tariffs: Path | None) -> tuple[Usage, Bills, tuple[Tariff, ...], tuple[str, ...]]:
    """The inputs, checked as far as they can be without a chain, and a line for each tariff that was inferred."""
    billed = load_bills(bills)
    readings = load_usage(usage)
    check_customers(billed, readings)
    if tariffs is not None:
        prices = load_tariffs(tariffs)
        check_amounts(billed, prices)
        return readings, billed, prices, ()
    prices = infer_tariffs(billed)
    lines = tuple(
        f"{one.supplier}, {one.utility.label}: {one.blocks[0].price} minor units per 1,000 {one.utility.unit}"
        for one in prices
    )
    return readings, billed, prices, lines


def _run(
    usage: Usage,
    bills: Bills,
    tariffs: Sequence[Tariff],
    scenario: Scenario,
    engine_name: str,
    rpc_url: str | None,
    folder: Path,
    sources: dict[str, str],
    listener: Listener | None,
) -> RunResult:
    layout = plan(bills, tariffs, scenario)
    genesis = Genesis(timestamp=layout.begins)
    tell = listener or _silent
    with (
        open_engine(engine_name, rpc_url, genesis) as engine,
        BundleWriter(folder / BUNDLE, compiler_input()) as writer,
    ):
        recorder = Recorder(writer, bills)
        readings = ReadingMatrix.of(usage, bills.customers)
        acting = Run(engine, readings.reference, layout, scenario, recorder, tell)
        acting.set_up()
        acting.play()
        sums = acting.sums()
        local = engine.name != "rpc"
        writer.finish(_manifest(engine, acting.system, acting, scenario, sources, sums, genesis if local else None))
        _write_anchors(folder / ANCHORS, engine, acting.system, acting)
        return RunResult(sums, 0.0, acting.phases, engine.name, engine.implementation, folder / BUNDLE, ())


def _manifest(
    engine: Engine,
    system: System,
    acting: Run,
    scenario: Scenario,
    sources: dict[str, str],
    sums: Sums,
    genesis: Genesis | None,
) -> dict[str, object]:
    head = engine.block(acting.last_block)
    history = history_digest(engine, acting.first_block, acting.last_block)
    return {
        "fairmeter": version("fairmeter"),
        "chain": {
            "chain_id": engine.chain_id,
            "hardfork": "prague",
            "genesis": None
            if genesis is None
            else {
                "timestamp": genesis.timestamp,
                "gas_limit": genesis.gas_limit,
                "base_fee": genesis.base_fee,
                "funder": "0x" + genesis.funder.hex(),
                "balance": str(genesis.balance),
            },
        },
        "contracts": system.deployment.to_json()["contracts"],
        "operators": ["0x" + acting.people.operator.address.hex()],
        "scenario": scenario.to_json(),
        "sources": sources,
        "sums": sums.to_json(),
        "head": {"block": head.number, "timestamp": head.timestamp, "history": "0x" + history.hex()},
    }


def _write_anchors(path: Path, engine: Engine, system: System, acting: Run) -> None:
    """What an auditor should have from outside the bundle: `audit --expect`."""
    anchors = {
        "operators": ["0x" + acting.people.operator.address.hex()],
        "meter_keys": [],
        "bytecode": {
            name: "0x" + keccak256(engine.code(address)).hex() for name, address in system.deployment.addresses.items()
        },
        "history": "0x" + history_digest(engine, acting.first_block, acting.last_block).hex(),
    }
    path.write_text(json.dumps(anchors, indent=2) + "\n")


@contextmanager
def _whole_or_nothing(out: Path) -> Iterator[Path]:
    """A folder beside `out` that becomes `out` at the end, or is gone if anything went wrong."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield folder
        folder.chmod(0o755)
        if out.exists():
            out.rmdir()
        folder.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _silent(_: Progress) -> None:
    pass
