"""Corrected verdicts, audited: each follows from what was shown for it, puts its bill where it says, and accounts for
evidence that is not the source's."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.audit.conftest import Forger

from fairmeter.audit import audit
from fairmeter.audit.batches import Batches, read_batches
from fairmeter.audit.corrections import Corrected, Correction, Way
from fairmeter.audit.invariants import Books, check_invariants
from fairmeter.audit.manifest import read_manifest
from fairmeter.audit.meters import MeterKeys
from fairmeter.audit.money import Rebuilt
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.record import ChainRecord
from fairmeter.audit.rules import Rules
from fairmeter.audit.screening import Screened
from fairmeter.bundle import SCHEMAS, Bundle
from fairmeter.contracts.artifacts import interface
from fairmeter.model import BillState
from fairmeter.simulation import Scenario, run
from fairmeter.simulation.scenario import Conduct, Customers, Meters, OperatorGroup, Operators, Watchers
from fairmeter.units import PPM
from fairmeter.usage import write_fleet

Row = dict[str, Any]
FORGERS, HIDERS, LIARS = (
    Operators(3, 2, groups=(OperatorGroup(2, conduct, shows=shows),))
    for conduct, shows in ((Conduct.FORGE, True), (Conduct.FORGE, False), (Conduct.ALWAYS_APPEAL, True))
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, fastest: str) -> dict[str, Path]:
    """A lying quorum, corrected in each of the three ways; the fleet's usage lies beside the runs."""
    folder = tmp_path_factory.mktemp("corrected")
    usage, bills = write_fleet(folder / "fleet", 6, 14, seed=2)
    open_, watched = Customers(disclosing=PPM), Watchers(1)
    scenarios = {
        "signed": Scenario(operators=FORGERS, meters=Meters(signed=True)),
        "hidden": Scenario(operators=HIDERS, customers=open_, watchers=watched),
        "computed": Scenario(operators=LIARS),
    }
    for name, scenario in scenarios.items():
        run(usage, bills, folder / name, engine=fastest, scenario=scenario)
    return {name: folder / name for name in scenarios}


def usage_of(run_folder: Path) -> Path:
    return run_folder.parent / "fleet/usage.parquet"


@pytest.mark.parametrize("name", ["signed", "computed"])
def test_audit__verdicts_corrected__passes_with_the_source(runs: dict[str, Path], name: str, no_compiler: None) -> None:
    del no_compiler
    result = audit(runs[name], usage=usage_of(runs[name]), expect=runs[name] / "anchors.json")
    assert result.passed, [str(finding) for finding in result.findings]
    checks = {check.name: check for check in result.checks}
    assert checks["corrections"].count > 0
    assert ("by signed readings" in checks["source"].detail) == (name == "signed")


def test_audit__forged_evidence_that_nobody_corrected__is_still_found(runs: dict[str, Path], no_compiler: None) -> None:
    """A demand has the decisions put right; where these were right by chance the evidence stays another."""
    del no_compiler
    assert audit(runs["hidden"]).passed
    (finding,) = audit(runs["hidden"], usage=usage_of(runs["hidden"])).findings
    assert finding.check == "source"


@pytest.fixture
def forgers(tmp_path: Path, runs: dict[str, Path], no_compiler: None) -> dict[str, Forger]:
    """Copies of the runs on a chain that nobody can replay: what is found is found by the audit alone."""
    del no_compiler
    copies = {}
    for name, folder in runs.items():
        shutil.copytree(folder, tmp_path / name)
        copies[name] = Forger(tmp_path / name)
        copies[name].manifest["chain"]["genesis"] = None
    return copies


def topic_of(contract: str, event: str) -> bytes:
    return interface(contract).topic(event)


def with_right(row: Row, change: Callable[[bytearray], None]) -> None:
    """Change the right verdict that a VerdictCorrected event tells: its second word."""
    data = bytearray(row["data"])
    right = data[32:44]
    change(right)
    data[32:44] = right
    row["data"] = bytes(data)


def other_figure(right: bytearray) -> None:
    right[6] ^= 1


@pytest.mark.parametrize("name", ["signed", "hidden", "computed"])
def test_check__right_verdict_that_does_not_follow__is_found(forgers: dict[str, Forger], name: str) -> None:
    forger = forgers[name]
    assert forger.found() is None
    rows = [row for group in forger.groups("logs") for row in group.to_pylist()]
    topic = topic_of("Challenges", "VerdictCorrected")
    place = next(number for number, row in enumerate(rows) if row["topics"][:32] == topic)
    forger.edit("logs", place, lambda row: with_right(row, other_figure))
    finding = forger.found()
    assert finding is not None
    # where the verdict is not what its evidence gives, the correction no longer answers for it
    assert finding.check == ("recompute" if name == "computed" else "corrections"), str(finding)


class Bench:
    """What was corrected in one run, from its chain's events, which may be changed before."""

    def __init__(self, folder: Path, rows: list[Row] | None = None) -> None:
        bundle = Bundle(folder)
        contracts = {name: bytes.fromhex(address[2:]) for name, address in bundle.manifest["contracts"].items()}
        times = bundle.table("transactions")["timestamp"].to_numpy()
        logs = bundle.table("logs") if rows is None else pa.Table.from_pylist(rows, schema=SCHEMAS["logs"])
        self.record = ChainRecord([logs], contracts, times)
        parameters = Parameters(self.record)
        batches = read_batches(bundle, self.record, parameters.presets)
        assert isinstance(batches, Batches)
        rebuilt = Rebuilt.of(self.record, batches)
        rules = Rules(rebuilt, parameters, Screened(self.record, batches, parameters))
        self.books = Books(rebuilt, rules, (), None)

    def broken(self) -> set[str]:
        return {check.name for check in check_invariants(self.books) if check.findings}


@pytest.fixture(params=["signed", "hidden", "computed"])
def folder(request: pytest.FixtureRequest, runs: dict[str, Path]) -> Path:
    return runs[request.param]


def logs(folder: Path) -> list[Row]:
    return [row for group in Bundle(folder).row_groups("logs") for row in group.to_pylist()]


def named(rows: list[Row], contract: str, event: str) -> Iterator[int]:
    return (number for number, row in enumerate(rows) if row["topics"][:32] == topic_of(contract, event))


def test_invariants__corrected_run__all_hold(folder: Path) -> None:
    assert Bench(folder).broken() == set()


def test_invariants__bill_reversed_without_a_correction__breaks_inv_04(folder: Path) -> None:
    rows = logs(folder)
    reversed_ = next(named(rows, "PaymentLedger", "BillReversed"))
    bill, transaction = rows[reversed_]["topics"][32:64], rows[reversed_]["transaction"]
    corrected = [n for n in named(rows, "Challenges", "VerdictCorrected") if rows[n]["topics"][32:64] == bill]
    rows = [row for n, row in enumerate(rows) if n not in corrected or row["transaction"] != transaction]
    assert "INV-04" in Bench(folder, rows).broken()


def test_invariants__corrected_twice_in_one_way__breaks_inv_04(folder: Path) -> None:
    rows = logs(folder)
    first = rows[next(named(rows, "Challenges", "VerdictCorrected"))]
    rows.append({**first, "transaction": rows[-1]["transaction"], "log": rows[-1]["log"] + 1})
    assert "INV-04" in Bench(folder, rows).broken()


@pytest.mark.parametrize("turn", [1, 2])
def test_invariants__right_verdict_says_otherwise__breaks_inv_04(folder: Path, turn: int) -> None:
    """Either of the other two decisions, of a correction that moved its bill."""
    rows = logs(folder)
    moved = {(rows[n]["topics"][32:64], rows[n]["transaction"]) for n in named(rows, "PaymentLedger", "BillReversed")}
    place = next(
        n
        for n in named(rows, "Challenges", "VerdictCorrected")
        if (rows[n]["topics"][32:64], rows[n]["transaction"]) in moved
    )

    def other(right: bytearray) -> None:
        right[0] = (right[0] & 0xF0) | ((right[0] & 0x0F) - 1 + turn) % 3 + 1

    with_right(rows[place], other)
    assert "INV-04" in Bench(folder, rows).broken()


def test_invariants__correction_that_left_a_bill_where_it_was__breaks_inv_04(folder: Path) -> None:
    rows = logs(folder)
    reversed_ = next(named(rows, "PaymentLedger", "BillReversed"))
    del rows[reversed_]
    assert "INV-04" in Bench(folder, rows).broken()


def test_left_in__bill_that_its_parties_moved__is_left_alone(folder: Path) -> None:
    """Nothing is asked of a bill that is paid."""
    bench = Bench(folder)
    rules, moves = bench.books.rules, bench.books.rebuilt.moves
    settled = [n for n in range(len(moves.row)) if moves.target[n] == BillState.SETTLED]
    for place in settled[:3]:
        own = moves.row == moves.row[place]
        assert not len(rules._left_in(own.nonzero()[0])), "paid in full"


def test_corrected__calldata_of_a_challenge__is_what_is_computed_again(runs: dict[str, Path]) -> None:
    bench = Bench(runs["signed"])
    corrected = corrected_of(runs["signed"], bench)
    assert corrected.check().passed
    assert {one.way for one in corrected.all} == {Way.METER}

    def changed(one: Correction) -> Correction:
        return replace(one, readings=(*((value or 0) + 1 for value in one.readings),))

    corrected.all[0] = changed(corrected.all[0])
    (finding,) = corrected.check().findings
    assert finding.check == "corrections"


def corrected_of(folder: Path, bench: Bench) -> Corrected:
    bundle = Bundle(folder)
    keys = MeterKeys(bench.record, read_manifest(bundle))
    return Corrected(bundle, bench.record, bench.books.rebuilt.batches, keys, Parameters(bench.record))


def test_corrected__snapshot_signed_by_another__is_found(
    runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MeterKeys, "of", lambda *_: b"\x07" * 20)
    findings = corrected_of(runs["signed"], Bench(runs["signed"])).check().findings
    assert findings[0].expected == "the meter operator's signature"
