"""Corrected verdicts, audited: each follows from what was shown for it, puts its bill where it says, and accounts for
evidence that is not the source's."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.audit.conftest import Forger, Row, books_of, broken_invariants, logs_of, named, rebuilt_of

from fairmeter.audit import audit
from fairmeter.audit.corrections import Corrected, Correction, Way
from fairmeter.audit.manifest import read_manifest
from fairmeter.audit.meters import MeterKeys
from fairmeter.audit.parameters import Parameters
from fairmeter.bundle import Bundle
from fairmeter.model import BillState
from fairmeter.simulation import Scenario, run
from fairmeter.simulation.scenario import Conduct, Customers, Meters, OperatorGroup, Operators, Watchers
from fairmeter.units import PPM
from fairmeter.usage import write_fleet

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
    place = next(named(logs_of(Bundle(forger.folder)), "Challenges", "VerdictCorrected"))
    forger.edit("logs", place, lambda row: with_right(row, other_figure))
    finding = forger.found()
    assert finding is not None
    # where the verdict is not what its evidence gives, the correction no longer answers for it
    assert finding.check == ("recompute" if name == "computed" else "corrections"), str(finding)


@pytest.fixture(params=["signed", "hidden", "computed"])
def bundle(request: pytest.FixtureRequest, runs: dict[str, Path]) -> Bundle:
    return Bundle(runs[request.param])


def test_invariants__corrected_run__all_hold(bundle: Bundle) -> None:
    assert broken_invariants(bundle) == set()


def test_invariants__bill_reversed_without_a_correction__breaks_inv_04(bundle: Bundle) -> None:
    rows = logs_of(bundle)
    reversed_ = next(named(rows, "PaymentLedger", "BillReversed"))
    bill, transaction = rows[reversed_]["topics"][32:64], rows[reversed_]["transaction"]
    corrected = [n for n in named(rows, "Challenges", "VerdictCorrected") if rows[n]["topics"][32:64] == bill]
    rows = [row for n, row in enumerate(rows) if n not in corrected or row["transaction"] != transaction]
    assert "INV-04" in broken_invariants(bundle, rows)


def test_invariants__corrected_twice_in_one_way__breaks_inv_04(bundle: Bundle) -> None:
    rows = logs_of(bundle)
    first = rows[next(named(rows, "Challenges", "VerdictCorrected"))]
    rows.append({**first, "transaction": rows[-1]["transaction"], "log": rows[-1]["log"] + 1})
    assert "INV-04" in broken_invariants(bundle, rows)


@pytest.mark.parametrize("turn", [1, 2])
def test_invariants__right_verdict_says_otherwise__breaks_inv_04(bundle: Bundle, turn: int) -> None:
    """Either of the other two decisions, of a correction that moved its bill."""
    rows = logs_of(bundle)
    moved = {(rows[n]["topics"][32:64], rows[n]["transaction"]) for n in named(rows, "PaymentLedger", "BillReversed")}
    place = next(
        n
        for n in named(rows, "Challenges", "VerdictCorrected")
        if (rows[n]["topics"][32:64], rows[n]["transaction"]) in moved
    )

    def other(right: bytearray) -> None:
        right[0] = (right[0] & 0xF0) | ((right[0] & 0x0F) - 1 + turn) % 3 + 1

    with_right(rows[place], other)
    assert "INV-04" in broken_invariants(bundle, rows)


def test_invariants__correction_that_left_a_bill_where_it_was__breaks_inv_04(bundle: Bundle) -> None:
    rows = logs_of(bundle)
    reversed_ = next(named(rows, "PaymentLedger", "BillReversed"))
    del rows[reversed_]
    assert "INV-04" in broken_invariants(bundle, rows)


def test_left_in__bill_that_its_parties_moved__is_left_alone(bundle: Bundle) -> None:
    """Nothing is asked of a bill that is paid."""
    books = books_of(bundle)
    rules, moves = books.rules, books.rebuilt.moves
    settled = [n for n in range(len(moves.row)) if moves.target[n] == BillState.SETTLED]
    for place in settled[:3]:
        own = moves.row == moves.row[place]
        assert not len(rules._left_in(own.nonzero()[0])), "paid in full"


def test_corrected__calldata_of_a_challenge__is_what_is_computed_again(runs: dict[str, Path]) -> None:
    corrected = corrected_of(Bundle(runs["signed"]))
    assert corrected.check().passed
    assert {one.way for one in corrected.all} == {Way.METER}

    def changed(one: Correction) -> Correction:
        return replace(one, readings=(*((value or 0) + 1 for value in one.readings),))

    corrected.all[0] = changed(corrected.all[0])
    (finding,) = corrected.check().findings
    assert finding.check == "corrections"


def corrected_of(bundle: Bundle) -> Corrected:
    rebuilt = rebuilt_of(bundle)
    keys = MeterKeys(rebuilt.record, read_manifest(bundle))
    return Corrected(bundle, rebuilt.record, rebuilt.batches, keys, Parameters(rebuilt.record))


def test_corrected__snapshot_signed_by_another__is_found(
    runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MeterKeys, "of", lambda *_: b"\x07" * 20)
    findings = corrected_of(Bundle(runs["signed"])).check().findings
    assert findings[0].expected == "the meter operator's signature"
