"""The main job: from readings and bills to a settled, appealed and recorded payment run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fairmeter.bundle import MODEL, BundleWriter, file_hash
from fairmeter.chain.engine import Engine
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.history import history_digest
from fairmeter.chain.opening import open_engine
from fairmeter.collector import frozen
from fairmeter.contracts.artifacts import compiler_input
from fairmeter.errors import InputError
from fairmeter.model import Bills, Tariff
from fairmeter.oracle import fit_model, load_model, write_meters
from fairmeter.simulation.acts import Run
from fairmeter.simulation.ahead import quick_switches
from fairmeter.simulation.clock import Clock
from fairmeter.simulation.papering import people_csv
from fairmeter.simulation.plan import Plan, plan
from fairmeter.simulation.readings import WindowedReadings
from fairmeter.simulation.record import Recorder
from fairmeter.simulation.result import Listener, Progress, RunResult, Sums
from fairmeter.simulation.scenario import PolicyName, Scenario
from fairmeter.simulation.screening import RulesFile, with_rules
from fairmeter.simulation.sealing import BUNDLE, Sealed, check_empty, peak_memory, whole_or_nothing
from fairmeter.simulation.traits import Traits, overbilled, posted_twice
from fairmeter.usage import UsageStore, check_amounts, infer_tariffs, load_bills, load_tariffs, load_usage

if TYPE_CHECKING:
    from fairmeter.oracle.modelled import Model

LONG = 10_000
"""Bills of a run that takes seconds."""
RESULT = "run.json"
METERS = "meters.parquet"
"""On a foreign chain, which goes on: what operators begin with who judge later bills of these accounts."""
WRONGS = "wrongs.parquet"
"""Beside the bundle, which holds what happened: what would have been right only the run knows."""
PEOPLE = "people.csv"
"""And who is behind the keys of the suppliers' offices, which no bundle knows."""
REFUNDS = "refunds.parquet"
"""And what somebody tried with refunds, and why it was refused."""


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
    rules: RulesFile | None = None,
    listener: Listener | None = None,
) -> RunResult:
    """Run all bills of `bills` with the readings of `usage` through the contracts on `engine` (eth-tester, revm,
    anvil, or rpc with its URL), and write `out`: the bundle, run.json beside it, and anchors.json, which an auditor
    should get by another way. Where the scenario's policy is calibrated the model is that of the file `model`, or
    fitted to the readings before the first bill. `rules` say which account is of which class,
    and screen the bills where the scenario has no rules of its own (`screening.with_rules`).

    The same inputs and scenario give the same bundle, byte for byte, on all engines but rpc. Raises InputError for
    anything wrong in the files, ChainError if the chain fails; then nothing is written.
    """
    scenario = with_rules(Scenario() if scenario is None else scenario, rules)
    clock = Clock()
    check_empty(out)
    with clock.phase("read bills"):
        billed, prices, inferred = _load(bills, tariffs)
        traits = Traits.draw(len(billed.customers), scenario)
        posted = posted_twice(overbilled(billed, prices, scenario), scenario)
        layout = plan(posted, prices, scenario, traits, None if rules is None else rules.of(posted))
    judges = _model(usage, layout, scenario, model, clock, listener or _silent)
    with whole_or_nothing(out) as folder, ThreadPoolExecutor(1) as thread, quick_switches():
        readings = thread.submit(lambda: WindowedReadings(UsageStore(usage, billed), layout))
        sources = {name: thread.submit(file_hash, path) for name, path in (("usage", usage), ("bills", bills))}
        job = _Job(layout, scenario, traits, judges, readings, sources, clock, listener or _silent)
        genesis = Genesis(timestamp=layout.begins)
        with open_engine(engine, rpc_url, genesis) as chain:
            sums = job.run(chain, None if chain.name == "rpc" else genesis, folder)
            name, implementation = chain.name, chain.implementation
        seconds, phases = clock.read()
        result = RunResult(sums, seconds, phases, peak_memory(), name, implementation, out / BUNDLE, inferred)
        (folder / RESULT).write_text(json.dumps(result.to_json(), indent=2) + "\n")
    return result


def _model(
    usage: Path, layout: Plan, scenario: Scenario, file: Path | None, clock: Clock, tell: Listener
) -> Model | None:
    """Whom the scenario has judge, with all readings of the file; None for the trend verdict."""
    if scenario.policy is not PolicyName.CALIBRATED:
        if file is not None:
            raise InputError(f"{file}: the policy is {scenario.policy}, which has no model: leave it out")
        return None
    with clock.phase("fit model"):
        readings, customers = load_usage(usage), layout.bills.customers
        if file is not None:
            return load_model(file, readings, customers)
        first = int(layout.bills.start.min())
        return fit_model(
            readings, customers, first, scenario.seed, lambda done: tell(Progress("fit model", round(100 * done), 100))
        )


def _load(bills: Path, tariffs: Path | None) -> tuple[Bills, tuple[Tariff, ...], tuple[str, ...]]:
    """The bills and their tariffs, checked as far as they can be, and a line for each tariff that was inferred."""
    # what a fault was called is nothing to a run, and as much memory as a column
    billed = replace(load_bills(bills), fault=None)
    if tariffs is not None:
        prices = load_tariffs(tariffs)
        check_amounts(billed, prices)
        return billed, prices, ()
    prices = infer_tariffs(billed)
    lines = tuple(
        f"{one.supplier}, {one.utility.label}: {one.blocks[0].price} minor units per 1,000 {one.utility.unit}"
        for one in prices
    )
    return billed, prices, lines


@dataclass(frozen=True, slots=True)
class _Job:
    """A run, but for the chain that it is on."""

    plan: Plan
    scenario: Scenario
    traits: Traits
    model: Model | None
    readings: Future[WindowedReadings]
    """When they are read."""
    sources: Mapping[str, Future[str]]
    """The files' hashes, when they are known."""
    clock: Clock
    tell: Listener

    def run(self, engine: Engine, genesis: Genesis | None, folder: Path) -> Sums:
        """Play it, and write bundle and anchors into `folder`; `genesis` is None on a foreign chain."""
        with BundleWriter(folder / BUNDLE, compiler_input()) as writer:
            if self.model is not None:
                writer.keep(MODEL, self.model.content)
            recorder = Recorder(writer, self.plan.bills)
            given = (self.readings, self.plan, self.scenario, self.traits, self.model)
            acting = Run(engine, *given, recorder, self.clock, self.tell)
            long = len(self.plan.bills) >= LONG
            with frozen(long=long):
                acting.set_up()
            # and what that has left
            with frozen(long=long):
                acting.play()
            sums = acting.sums()
            with self.clock.phase("finish"):
                hashes = {name: future.result() for name, future in self.sources.items()}
                history = history_digest(engine, acting.first_block, acting.last_block)
                operators = [wallet.address for wallet in acting.people.operators]
                sealed = Sealed(engine, genesis, acting.deployment, operators, acting.last_block, history)
                writer.finish(sealed.manifest(self.scenario.to_json(), hashes, sums.to_json()))
                if genesis is None:
                    write_meters(folder / METERS, acting.meters, self.plan.bills.customers)
                wrongs = acting.wrongs()
                if wrongs is not None:
                    wrongs.write_parquet(folder / WRONGS)
                if acting.refunding is not None:
                    acting.refunding.attempts().write_parquet(folder / REFUNDS)
                if acting.papering is not None:
                    (folder / PEOPLE).write_text(people_csv(acting.papering.people()), encoding="utf-8")
                sealed.write_anchors(folder, acting.meter_keys)
        return sums


def _silent(_: Progress) -> None:
    pass
