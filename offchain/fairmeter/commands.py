"""What the commands do, as functions: the command line prints what these return, and `import fairmeter` offers them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from fairmeter.errors import ChainError, InputError, ToolMissingError
from fairmeter.model import Decision, Presets

if TYPE_CHECKING:
    from fairmeter.chain.compiler import Compilation
    from fairmeter.contracts.deploy import System
    from fairmeter.oracle import Done
    from fairmeter.report import Report
    from fairmeter.simulation import Listener, RunResult, Scenario
    from fairmeter.verdict.evaluation import Compared

# Each function imports what it needs: judging bills loads no chain, deploying no tables.

REPORT: Final = "report.html"

Tell = Callable[[str, int, int], None]
"""Phase, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class JudgedBills:
    """What `judge_bills` wrote, counted."""

    bills: int
    pay: int
    appeal: int
    insufficient: int
    exact: int
    """Bills whose verdict floating point could not prove, so that exact integers gave it."""
    seconds: float
    out: Path

    def to_json(self) -> dict[str, Any]:
        """What `fairmeter verdict --json` prints."""
        counts = {name: getattr(self, name) for name in ("bills", "pay", "appeal", "insufficient", "exact")}
        return {**counts, "seconds": round(self.seconds, 3), "out": str(self.out)}


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
    """`fairmeter.simulation.run`, with report.html beside the bundle, and what the report draws of the usage. Raises as
    it does; then nothing is written."""
    from fairmeter import report, simulation  # noqa: PLC0415
    from fairmeter.usage import load_usage  # noqa: PLC0415

    result = simulation.run(
        usage, bills, out, engine=engine, rpc_url=rpc_url, tariffs=tariffs, scenario=scenario, listener=listener
    )
    largest = report.load(out).largest
    if largest:
        customers = {appeal.bill["customer_id"] for appeal in largest}
        readings = report.billed_readings(largest, load_usage(usage, customers))
        if len(readings):
            readings.write_parquet(out / report.READINGS)
    write_report(report.load(out))
    return result


def judge_bills(usage: Path, bills: Path, out: Path, *, presets: Presets | None = None) -> JudgedBills:
    """Judge the bills of a file by the readings of another, without a chain, and write the verdicts to the Parquet file
    `out`, one row a bill in the bills' order: bill_id, decision (PAY, APPEAL, INSUFFICIENT), actual_ppm, expected_ppm
    (int64, null where not computed). A file that is there is replaced once the new one is whole.

    Raises InputError for anything wrong in the files or with `out`; then nothing is written.
    """
    import numpy as np  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    from fairmeter.usage import check_customers, load_bills, load_usage, reference_readings  # noqa: PLC0415
    from fairmeter.verdict import judge  # noqa: PLC0415

    started = time.perf_counter()
    presets = Presets() if presets is None else presets
    _check_output(out, ".parquet")
    billed = load_bills(bills)
    readings = load_usage(usage)
    check_customers(billed, readings)
    verdicts = judge(
        reference_readings(readings, billed),
        billed.quantity,
        billed.days,
        first_preset=presets.first,
        second_preset=presets.second,
        degree=presets.degree,
    )
    names = np.array(["", *(decision.name for decision in Decision)])
    columns = [
        pl.Series("bill_id", billed.bill_id),
        pl.Series("decision", names[verdicts.decision]),
        pl.Series("actual_ppm", verdicts.actual_ppm).set(pl.Series(~verdicts.has_actual), None),
        pl.Series("expected_ppm", verdicts.expected_ppm).set(pl.Series(~verdicts.has_expected), None),
    ]
    with _replacing(out) as part:
        pl.DataFrame(columns).write_parquet(part)
    counts = np.bincount(verdicts.decision, minlength=4)
    return JudgedBills(
        bills=len(billed),
        pay=int(counts[Decision.PAY]),
        appeal=int(counts[Decision.APPEAL]),
        insufficient=int(counts[Decision.INSUFFICIENT]),
        exact=int(verdicts.exact.sum()),
        seconds=time.perf_counter() - started,
        out=out,
    )


@dataclass(frozen=True, slots=True)
class CalibratedBills:
    """What `judge_calibrated` wrote, counted."""

    bills: int
    pay: int
    appeal: int
    unread: int
    """Bills of a meter that has no reading at all; judged by other bills."""
    rate: float
    """Share of the correct bills that may be appealed."""
    model: str
    """SHA-256 of the fitted model's bytes."""
    seconds: float
    out: Path

    def to_json(self) -> dict[str, Any]:
        """What `fairmeter verdict --policy calibrated --json` prints."""
        counts = {name: getattr(self, name) for name in ("bills", "pay", "appeal", "unread", "rate", "model")}
        return {**counts, "seconds": round(self.seconds, 3), "out": str(self.out)}


def judge_calibrated(
    usage: Path, bills: Path, out: Path, *, rate: float = 0.01, seed: int = 0, tell: Tell | None = None
) -> CalibratedBills:
    """Judge the bills of a file by the calibrated policy, fitted to the readings of another, and write the verdicts to
    the Parquet file `out`, one row a bill in the bills' order: bill_id, decision (PAY, APPEAL), score (higher is more
    anomalous), expected_quantity, low, high (int64, base units), reason (null unless APPEAL). No trees that judge a
    bill have seen a reading of its customer.

    Raises InputError for anything wrong in the files, for readings too few to fit to, or with `out`; then nothing is
    written; ToolMissingError without scikit-learn.
    """
    import numpy as np  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    from fairmeter.usage import load_bills, load_usage, unread_meters  # noqa: PLC0415

    calibrated = _calibrated()
    started = time.perf_counter()
    _check_output(out, ".parquet")
    billed, readings = load_bills(bills), load_usage(usage)
    model = calibrated.fit(readings, seed, progress=_percent(tell, "fitting"))
    judged = calibrated.CalibratedPolicy(model, rate).judge(readings, billed, _percent(tell, "judging"))
    appealed = judged.decision == Decision.APPEAL
    reason = np.full(len(billed), None, dtype=np.object_)
    reason[appealed] = judged.reasons
    columns = [
        pl.Series("bill_id", billed.bill_id),
        pl.Series("decision", np.array(["", *(decision.name for decision in Decision)])[judged.decision]),
        pl.Series("score", judged.score),
        pl.Series("expected_quantity", judged.expected),
        pl.Series("low", judged.low),
        pl.Series("high", judged.high),
        pl.Series("reason", reason.tolist(), dtype=pl.String),
    ]
    with _replacing(out) as part:
        pl.DataFrame(columns).write_parquet(part)
    return CalibratedBills(
        bills=len(billed),
        pay=int((~appealed).sum()),
        appeal=int(appealed.sum()),
        unread=int(unread_meters(billed, readings).sum()),
        rate=rate,
        model=calibrated.digest(model),
        seconds=time.perf_counter() - started,
        out=out,
    )


def evaluate_policies(
    usage: Path,
    bills: Path,
    *,
    policies: Sequence[str] = (),
    presets: Presets | None = None,
    seed: int = 0,
    tell: Tell | None = None,
) -> list[Compared]:
    """How well verdict policies and simpler scores find the labelled faults of the bills: `verdict.evaluation.compare`
    with the named `policies`, or all.

    Raises InputError for bills without labels, an unknown policy, or anything wrong in the files; ToolMissingError
    without scikit-learn.
    """
    from fairmeter.usage import load_bills, load_usage, reference_readings  # noqa: PLC0415
    from fairmeter.verdict import TrendPolicy  # noqa: PLC0415

    _calibrated()
    from fairmeter.verdict import evaluation  # noqa: PLC0415

    def told(policy: str, done: float) -> None:
        _percent(tell, policy)(done)

    billed, readings = load_bills(bills), load_usage(usage)
    trend = TrendPolicy(Presets() if presets is None else presets, reference_readings)
    return evaluation.compare(readings, billed, trend, policies or evaluation.policies(), seed, told)


def _calibrated() -> ModuleType:
    try:
        from fairmeter.verdict import calibrated  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ToolMissingError(
            "the calibrated policy needs scikit-learn: pip install 'fairmeter[calibrated]'"
        ) from error
    return calibrated


def _percent(tell: Tell | None, phase: str) -> Callable[[float], None]:
    """A share that is done, told in percent."""
    return lambda done: None if tell is None else tell(phase, round(100 * done), 100)


def write_report(report: Report) -> Path:
    """Write a run's report.html beside its bundle, not into it, and return its path. Raises InputError if it cannot."""
    from fairmeter.report import html  # noqa: PLC0415

    path = report.bundle.parent / REPORT
    with _replacing(path) as part:
        part.write_text(html(report), encoding="utf-8")
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
    with _replacing(out) as part:
        part.write_text(json.dumps(deployment_json(system), indent=1) + "\n", encoding="utf-8")


def check_new(out: Path) -> None:
    """Raise InputError if `out` exists or cannot be written: a deployment's addresses may be written nowhere else."""
    _check_output(out, ".json")
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
    once: bool = False,
    patience: float = 30.0,
    pause: float = 2.0,
) -> Iterator[Done]:
    """Run the operator whose key is in FAIRMETER_PRIVATE_KEY, of a deployment's file on the chain at `rpc_url`, and
    tell what happens to batches: for ever, or one step with `once`.

    `usage` are its own readings, `meters` its meter directory (oracle/directory.py), `exchange` a folder that it shares
    with the other operators; without one attestations go over the chain. It waits `patience` seconds for another whose
    turn it is to submit, and `pause` seconds between steps. Raises InputError and ChainError as `connect` does; what
    fails later is told and tried again, but with `once`.
    """
    from fairmeter.chain.wallet import Wallet, funder_key  # noqa: PLC0415
    from fairmeter.oracle import ChainExchange, FolderExchange, OperatorService, Oracle, load_meters  # noqa: PLC0415
    from fairmeter.usage import ReadingMatrix, load_usage  # noqa: PLC0415

    readings = load_usage(usage)
    directory = load_meters(meters, readings.customers)
    with connect(deployment, rpc_url) as system:
        wallet = Wallet.on(system.engine, funder_key(system.engine))
        between = ChainExchange(system, wallet) if exchange is None else FolderExchange(exchange)
        oracle = Oracle(system, ReadingMatrix.of(readings).reference, directory)
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


def check_plot(out: Path) -> None:
    """Raise InputError if no plot can be written to `out`."""
    _check_output(out, ".png", ".html")


def _check_output(out: Path, *endings: str) -> None:
    if out.suffix not in endings:
        raise InputError(f"{out}: expected a name that ends in {' or '.join(endings)}")
    if out.is_dir() or not out.parent.is_dir():
        problem = "is a folder" if out.is_dir() else f"the folder {out.parent} does not exist"
        raise InputError(f"{out}: {problem}")


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place at the end, or is gone if anything went wrong."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def snippet(engine: str, rpc_url: str | None, deployment: Path | None) -> str:
    """A program that reads the deployed contracts: those of `deployment` on rpc, freshly deployed ones elsewhere."""
    given = f"connect(Path({str(deployment)!r}), {rpc_url!r})" if engine == "rpc" else f"deploy({engine!r})"
    imports = "from pathlib import Path\n\n" if engine == "rpc" else ""
    return (
        f"{imports}import fairmeter\n\nwith fairmeter.{given} as system:\n"
        "    print(system.ledger.address.hex(), system.ledger.totals())\n"
    )
