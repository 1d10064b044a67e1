"""Changes of parameters and their notice: whatever was not announced, or not long enough before, is found."""

from __future__ import annotations

import numpy as np
import pytest
from tests.audit.conftest import Row, logs_of, named, record_of

from fairmeter.audit.findings import Finding
from fairmeter.audit.governing import Governing
from fairmeter.bundle import Bundle
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.deploy import NOTICE
from fairmeter.contracts.governance import Role
from fairmeter.model import Presets
from fairmeter.simulation import Scenario, run
from fairmeter.simulation.scenario import Change, Governance
from fairmeter.units import Ppm
from fairmeter.usage import write_fleet


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory, fastest: str) -> Bundle:
    """A run in which presets, quorum and operators change with notice."""
    folder = tmp_path_factory.mktemp("governed")
    usage, bills = write_fleet(folder / "fleet", 3, 14, seed=2)
    change = Change(after=3, presets=Presets(first=Ppm(300_000)), operators=1, quorum=2)
    run(usage, bills, folder / "run", engine=fastest, scenario=Scenario(governance=Governance(changes=(change,))))
    return Bundle(folder / "run")


@pytest.fixture
def rows(changed: Bundle) -> list[Row]:
    return logs_of(changed)


def findings(changed: Bundle, rows: list[Row], shift: dict[int, int] | None = None) -> tuple[Finding, ...]:
    """Of these events; `shift` moves the times of some transactions, seconds."""
    check = Governing(record_of(changed, rows, shift)).check()
    assert check.count > 0
    return check.findings


def test_check__changes_with_notice__pass(changed: Bundle, rows: list[Row]) -> None:
    assert len(list(named(rows, "Governance", "OperationExecuted"))) == 6
    assert findings(changed, rows) == ()


@pytest.mark.parametrize("event", ["OperationExecuted", "OperationScheduled"])
@pytest.mark.parametrize("place", range(6))
def test_check__a_change_that_was_not_announced__is_found(
    changed: Bundle, rows: list[Row], event: str, place: int
) -> None:
    del rows[list(named(rows, "Governance", event))[place]]
    (finding,) = findings(changed, rows)
    assert (finding.check, finding.expected) == ("governance", "an announcement")


def test_check__a_change_before_its_notice_was_over__is_found(changed: Bundle, rows: list[Row]) -> None:
    executed = rows[next(named(rows, "Governance", "OperationExecuted"))]
    announced = rows[next(named(rows, "Governance", "OperationScheduled"))]
    times = changed.table("transactions")["timestamp"].to_numpy()
    early = int(times[executed["transaction"]] - times[announced["transaction"]]) - NOTICE
    assert findings(changed, rows, {executed["transaction"]: -early}) == ()
    (finding,) = findings(changed, rows, {executed["transaction"]: -early - 1})
    assert (finding.expected, finding.found) == (f"{NOTICE} s of notice", f"{NOTICE - 1} s")


def test_check__never_handed_over__asks_for_no_notice(changed: Bundle, rows: list[Row]) -> None:
    """While somebody may act at once, nothing has to be announced: the run says so by what it lacks."""
    role = int(Role.GOVERNOR).to_bytes(32, "big")
    kept = [n for n in named(rows, "Governance", "RoleRevoked") if rows[n]["topics"][32:64] == role]
    assert len(kept) == 1
    del rows[kept[0]]
    executed = set(named(rows, "Governance", "OperationExecuted"))
    assert findings(changed, [row for n, row in enumerate(rows) if n not in executed]) == ()


def test_governing__hand_over__is_the_last_thing_done_at_once(rows: list[Row]) -> None:
    revoked = [rows[n]["transaction"] for n in named(rows, "Governance", "RoleRevoked")]
    set_at_once = [
        row["transaction"]
        for row in rows
        if row["topics"][:32]
        in {interface("VerdictGate").topic("PresetsSet"), interface("Operators").topic("SetChanged")}
    ]
    executed = {rows[n]["transaction"] for n in named(rows, "Governance", "OperationExecuted")}
    assert np.array([at for at in set_at_once if at not in executed]).max() < min(revoked)
