"""What the commands do, as functions: the command line prints what these return, and `import fairmeter` offers them."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairmeter.errors import ChainError, InputError
from fairmeter.outputs import check_output, replacing

if TYPE_CHECKING:
    from fairmeter.chain.compiler import Compilation
    from fairmeter.contracts.deploy import System
    from fairmeter.oracle import Done
    from fairmeter.report import Report
    from fairmeter.report.trade import TradeReport
    from fairmeter.simulation import Listener, RunResult, Scenario
    from fairmeter.trade import TradeResult

# Each function imports what it needs: deploying loads no tables.

REPORT: Final = "report.html"


def run(
    usage: Path,
    bills: Path,
    out: Path,
    *,
    engine: str = "eth-tester",
    rpc_url: str | None = None,
    tariffs: Path | None = None,
    scenario: Scenario | None = None,
    model: Path | None = None,
    rules: Path | None = None,
    listener: Listener | None = None,
) -> RunResult:
    """`fairmeter.simulation.run`, with report.html beside the bundle, and what the report draws of the usage. Raises as
    it does; then nothing is written."""
    from fairmeter import simulation  # noqa: PLC0415

    screened = None if rules is None else simulation.load_rules(rules)
    result = simulation.run(
        usage, bills, out,
        engine=engine, rpc_url=rpc_url, tariffs=tariffs, scenario=scenario, model=model, rules=screened,
        listener=listener,
    )  # fmt: skip
    # who acted in it refers to itself in circles, with all bills: of millions as much as the report needs
    gc.collect()
    write_report(report_of(out, usage))
    return result


def trade(scenario: Path, out: Path, *, engine: str = "eth-tester", listener: Listener | None = None) -> TradeResult:
    """`fairmeter.trade.run` of a scenario's file, with report.html beside the bundle. Raises as it does, and InputError
    for a file that is no scenario; then nothing is written."""
    from fairmeter import trade as room  # noqa: PLC0415
    from fairmeter.report import trade as reporting  # noqa: PLC0415
    from fairmeter.simulation.scenario import read_toml  # noqa: PLC0415

    result = room.run(read_toml(scenario, room.TradeScenario), out, engine=engine, listener=listener)
    write_trade_report(reporting.load(out))
    return result


def write_trade_report(report: TradeReport) -> Path:
    """Write a run's report.html beside its bundle, and return its path. Raises InputError if it cannot."""
    from fairmeter.report.trade import html  # noqa: PLC0415

    path = report.bundle.parent / REPORT
    with replacing(path) as part:
        part.write_text(html(report), encoding="utf-8")
    return path


def report_of(out: Path, usage: Path) -> Report:
    """The report of the run in `out`, beside which it keeps the readings that the report draws."""
    from fairmeter import report  # noqa: PLC0415
    from fairmeter.usage import load_usage  # noqa: PLC0415

    loaded = report.load(out)
    if not loaded.largest:
        return loaded
    customers = {appeal.bill["customer_id"] for appeal in loaded.largest}
    readings = report.billed_readings(loaded.largest, load_usage(usage, customers))
    if not len(readings):
        return loaded
    readings.write_parquet(out / report.READINGS)
    return report.with_readings(loaded)


def write_report(report: Report, other: Report | None = None) -> Path:
    """Write a run's report.html beside its bundle, not into it, with a comparison with the `other` run if there is one,
    and return its path. Raises InputError if it cannot, or if the runs are of other bills."""
    from fairmeter.report import html  # noqa: PLC0415

    path = report.bundle.parent / REPORT
    with replacing(path) as part:
        part.write_text(html(report, other), encoding="utf-8")
    return path


@contextmanager
def deploy(engine: str = "eth-tester", rpc_url: str | None = None) -> Iterator[System]:
    """Deploy the contracts on `engine` (eth-tester, revm, anvil, or rpc with its URL), and give a typed client of each.

    The deployer becomes governor and issuer: the well-known test account on a local chain, which ends with the block;
    elsewhere the key in FAIRMETER_PRIVATE_KEY. Raises InputError without such a key, ChainError if the chain fails.
    """
    from fairmeter.chain.opening import open_engine  # noqa: PLC0415
    from fairmeter.chain.wallet import Wallet, funder_key  # noqa: PLC0415
    from fairmeter.contracts import deploy as contracts  # noqa: PLC0415
    from fairmeter.contracts.session import Session  # noqa: PLC0415

    with open_engine(engine, rpc_url) as chain:
        yield contracts.deploy(Session(chain), Wallet.on(chain, funder_key(chain)))


def deployment_json(system: System) -> dict[str, Any]:
    """What a developer needs of a deployment: chain_id, the contracts' addresses, and their ABIs by name."""
    from fairmeter.contracts.artifacts import CONTRACTS, artifact  # noqa: PLC0415

    return {**system.deployment.to_json(), "abi": {name: artifact(name)["abi"] for name in CONTRACTS}}


def write_deployment(system: System, out: Path) -> None:
    """Write `deployment_json` to a file that `connect` reads."""
    with replacing(out) as part:
        part.write_text(json.dumps(deployment_json(system), indent=1) + "\n", encoding="utf-8")


def check_new(out: Path) -> None:
    """Raise InputError if `out` exists or cannot be written: a deployment's addresses may be written nowhere else."""
    check_output(out, ".json")
    if out.exists():
        raise InputError(f"{out} exists: choose another --out, or delete it")


@contextmanager
def connect(deployment: Path, rpc_url: str) -> Iterator[System]:
    """The contracts that a deployment's file names, on the chain at `rpc_url`, with a typed client each.

    Raises InputError if the file is no deployment's, ChainError if the chain cannot be reached, is another one, or has
    no contract at an address.
    """
    from fairmeter.chain.opening import open_engine  # noqa: PLC0415
    from fairmeter.contracts.deploy import Deployment, System  # noqa: PLC0415

    try:
        found = Deployment.from_json(json.loads(deployment.read_bytes()))
    except OSError as error:
        raise InputError(f"{deployment}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{deployment}: is not a file that `fairmeter deploy` writes") from error
    with open_engine("rpc", rpc_url) as engine:
        if engine.chain_id != found.chain_id:
            raise ChainError(f"the chain's id is {engine.chain_id}, but {deployment} is of chain {found.chain_id}")
        absent = [name for name, address in found.addresses.items() if not engine.code(address)]
        if absent:
            raise ChainError(f"the chain has no contract at the address of {', '.join(absent)} in {deployment}")
        yield System(engine, found)


def operate(
    deployment: Path,
    rpc_url: str,
    usage: Path,
    meters: Path,
    exchange: Path | None = None,
    *,
    model: Path | None = None,
    once: bool = False,
    patience: float = 30.0,
    pause: float = 2.0,
) -> Iterator[Done]:
    """Run the operator whose key is in FAIRMETER_PRIVATE_KEY, of a deployment's file on the chain at `rpc_url`, and
    tell what happens to batches: for ever, or one step with `once`.

    `usage` are its own readings, `meters` its meter directory (oracle/directory.py), `exchange` a folder that it shares
    with the other operators; without one attestations go over the chain; `model` the file of the model that judges
    where classes name one. It waits `patience` seconds for another whose turn it is to submit, and `pause` seconds
    between steps. Raises InputError and ChainError as `connect` does; what
    fails later is told and tried again, but with `once`.
    """
    from fairmeter.chain.wallet import Wallet, funder_key  # noqa: PLC0415
    from fairmeter.oracle import (  # noqa: PLC0415
        ChainExchange,
        FolderExchange,
        OperatorService,
        Oracle,
        load_meters,
        load_model,
    )
    from fairmeter.usage import ReadingMatrix, load_usage  # noqa: PLC0415

    readings = load_usage(usage)
    directory = load_meters(meters, readings.customers)
    with connect(deployment, rpc_url) as system:
        wallet = Wallet.on(system.engine, funder_key(system.engine))
        between = ChainExchange(system, wallet) if exchange is None else FolderExchange(exchange)
        judges = None if model is None else load_model(model, readings, readings.customers)
        oracle = Oracle(system, ReadingMatrix.of(readings).reference, directory, model=judges)
        service = OperatorService(system, oracle, wallet, between, patience=patience)
        yield from service.step() if once else service.steps(pause)


def compile_contracts(contracts: Path = Path("contracts")) -> Compilation:
    """Compile the Solidity project `contracts` and write the package's artifacts.

    Raises InputError for sources that are wrong, ToolMissingError where there is no compiler; then nothing is written.
    """
    from fairmeter.chain import compiler  # noqa: PLC0415

    compilation = compiler.compile_contracts(contracts)
    compilation.write(ARTIFACTS)
    return compilation


ARTIFACTS: Final = Path(__file__).parent / "contracts" / "artifacts"


def snippet(engine: str, rpc_url: str | None, deployment: Path | None) -> str:
    """A program that reads the deployed contracts: those of `deployment` on rpc, freshly deployed ones elsewhere."""
    given = f"connect(Path({str(deployment)!r}), {rpc_url!r})" if engine == "rpc" else f"deploy({engine!r})"
    imports = "from pathlib import Path\n\n" if engine == "rpc" else ""
    return (
        f"{imports}import fairmeter\n\nwith fairmeter.{given} as system:\n"
        "    print(system.ledger.address.hex(), system.ledger.totals())\n"
    )
