"""Fairmeter beside its peers: runs everything, prints the table, writes benchmarks.json and its plot.

Run by scripts/bench, which makes the environments.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from benchmarks import figures, growth, plot, prepare
from benchmarks.contestants import ours
from benchmarks.measure import Contestant, WrongOutcomeError, machine, rounds, run
from benchmarks.work import Outcome, difference, expected

ENGINES: Final = {"revm": 100_000, "anvil": 5_000, "eth-tester": 1_000}
"""Bills of each engine's run: as many as take it some seconds."""
PEERS: Final = {
    "verbs": 20_000,
    "titanoboa": 1_000,
    "web3 + eth-tester": 300,
    "web3 + anvil": 500,
    "JSON batches + anvil": 500,
}
THIRD: Final = "a third appealed"
"""Of the bills of a fleet; elsewhere every bill fits."""
VERDICTS: Final = {"fairmeter": 1_000_000, "numpy": 50_000, "scikit-learn": 5_000, "statsmodels": 20_000}
GROWTH: Final = (1_000, 10_000, 100_000)
LARGE: Final = (1_000_000, 10_000_000)
QUICK: Final = 50
"""By how much less there is to do with --quick."""
JUDGED: Final = 20_000
"""Bills of the fleet on which verdicts are timed."""
SNAPSHOTS: Final = Path("contracts/snapshots/batch of 500.json")


class Bench:
    """All measurements of one command."""

    def __init__(self, options: argparse.Namespace, console: Console) -> None:
        self._options, self._console = options, console
        self._folder: Path = options.folder
        self._artifacts = prepare.prepare_contracts(self._folder)

    def measure(self) -> dict[str, Any]:
        """Everything, as benchmarks.json has it."""
        options = self._options
        return {
            "machine": machine(),
            "repeat": options.repeat,
            "end_to_end": self._rounds(self._end_to_end()),
            "gas": self._gas(),
            "verdicts": self._rounds(self._verdicts()),
            "fallback": self._fallback(),
            "growth": growth.measure(self._folder, self._sizes(), options.keep, self._tell),
        }

    def _bills(self, full: int) -> int:
        return max(20, full // QUICK) if self._options.quick else full

    def _sizes(self) -> Sequence[int]:
        sizes = [self._bills(size) for size in GROWTH]
        return [*sizes, *LARGE] if self._options.large else sizes

    def _rounds(self, contestants: Sequence[Contestant]) -> dict[str, list[Any]]:
        return rounds(contestants, self._options.repeat, self._tell)

    def _tell(self, line: str) -> None:
        self._console.print(line, highlight=False)

    def _contestant(self, name: str, command: Sequence[str | Path], **check: Any) -> Contestant:
        return Contestant(name, command, self._result(name), **check)

    def _result(self, name: str) -> Path:
        return self._folder / f"{name.replace(' ', '').replace(',', '')}.json"

    # end to end

    def _end_to_end(self) -> list[Contestant]:
        peers = [self._peer(name, self._bills(bills)) for name, bills in PEERS.items()]
        own = [
            self._own(engine, prepare.prepare_fitting(self._folder, self._bills(bills)), f"fairmeter on {engine}")
            for engine, bills in ENGINES.items()
        ]
        appealed = self._own(
            "revm", prepare.prepare_fleet(self._folder, self._bills(ENGINES["revm"])), f"fairmeter on revm, {THIRD}"
        )
        return [*peers, *own, self._bare("bare revm", own[0]), appealed, self._bare(f"bare revm, {THIRD}", appealed)]

    def _bare(self, name: str, run_of: Contestant) -> Contestant:
        run_folder = run_of.result.with_suffix(".run")
        return self._contestant(name, [sys.executable, "-m", "benchmarks.contestants.bare", run_folder])

    def _own(self, engine: str, fleet: Path, name: str) -> Contestant:
        result = self._result(name)
        command: list[str | Path] = [sys.executable, "-m", "benchmarks.contestants.ours", engine, fleet]
        return Contestant(name, command, result, check=partial(ours.problem, fleet, result))

    def _peer(self, name: str, bills: int) -> Contestant:
        fleet = prepare.prepare_fitting(self._folder, bills)
        work = [fleet, self._folder / "payments.json"]
        web3 = [sys.executable, "-m", "benchmarks.contestants.plain_web3"]
        command = {
            "verbs": [self._options.verbs, "-m", "benchmarks.contestants.plain_verbs"],
            "titanoboa": [self._options.titanoboa, "-m", "benchmarks.contestants.plain_boa"],
            "web3 + eth-tester": [*web3, "eth-tester"],
            "web3 + anvil": [*web3, "anvil"],
            "JSON batches + anvil": [sys.executable, "-m", "benchmarks.contestants.batched"],
        }[name]
        one = self._contestant(name, [*command, *work])

        def check() -> str | None:
            return difference(Outcome.load(fleet / "expected.npz"), Outcome.load(one.result.with_suffix(".npz")))

        return Contestant(name, one.command, one.result, check=check)

    # gas

    def _gas(self) -> dict[str, Any]:
        token = self._folder / "PlainToken.json"
        token.write_text(self._artifacts["PlainToken"].to_json())
        command: list[str | Path] = [sys.executable, "-m", "benchmarks.contestants.gas", token, self._options.uma]
        measured = run(self._contestant("gas", command))
        own = json.loads(SNAPSHOTS.read_text())["a bill posted, judged PAY and settled"]
        return {"fairmeter": int(own), "transferFrom": measured["transferFrom"], "uma": measured["uma"]}

    # verdicts

    def _verdicts(self) -> list[Contestant]:
        fleet = prepare.prepare_fleet(self._folder, self._bills(JUDGED))
        return [
            self._fit(f"{method}, {threads} thread{'s' * (threads - 1)}", fleet, method, self._bills(bills), threads)
            for method, bills in VERDICTS.items()
            for threads in (1, 2)
        ]

    def _fit(self, name: str, work: Path, method: str, bills: int, threads: int) -> Contestant:
        module = [sys.executable, "-m", "benchmarks.contestants.fits"]
        return self._contestant(name, [*module, method, str(bills), str(threads), work])

    def _fallback(self) -> dict[str, Any]:
        """The share of bills that the floating-point path leaves to integers."""
        works = {"fleet": prepare.prepare_fleet(self._folder, self._bills(JUDGED))}
        if self._options.real is not None:
            works["real bills"] = self._real(*self._options.real)
        shares = {}
        for name, work in works.items():
            bills = len(Outcome.load(work / "expected.npz").decision)
            found = run(self._fit(f"fallback {name}", work, "fairmeter", bills, 1))
            shares[name] = {"bills": bills, "fallback": found["fallback"]}
        return shares

    def _real(self, usage: Path, bills: Path) -> Path:
        place = self._folder / "real"
        place.mkdir(exist_ok=True)
        work, decision = prepare.judged_work(usage, bills)
        work.save(place / "work.npz")
        expected(work, decision).save(place / "expected.npz")
        return place


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--quick", action="store_true", help="a fiftieth of the work: does everything run?")
    parser.add_argument("--large", action="store_true", help="growth up to ten million bills, too")
    parser.add_argument("--real", nargs=2, type=Path, metavar=("USAGE", "BILLS"), help="files of real bills")
    parser.add_argument("--keep", action="store_true", help="keep the bundles of the growth runs")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of benchmarks.json and its plot")
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="where work and environments are")
    for peer in ("verbs", "titanoboa", "uma"):
        parser.add_argument(f"--{peer}", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    console = Console()
    try:
        found = Bench(options, console).measure()
    except WrongOutcomeError as error:
        sys.exit(str(error))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "benchmarks.json").write_text(json.dumps(found, indent=1) + "\n")
    plot.draw(found, options.out / "benchmarks.svg")
    for table in figures.tables(found):
        console.print(table.as_rich())


if __name__ == "__main__":
    main()
