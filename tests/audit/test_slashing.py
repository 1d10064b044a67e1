"""Runs with liars, audited: what was put right is a fact, what stands is a finding that names who signed it, and
slashed bonds are followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairmeter.audit import AuditResult, audit
from fairmeter.audit.findings import Check
from fairmeter.audit.slashing import Corrections, Slash
from fairmeter.bundle import Bundle
from fairmeter.simulation import Scenario, run
from fairmeter.simulation.scenario import Conduct, Customers, OperatorGroup, Operators, Watchers
from fairmeter.units import PPM
from fairmeter.usage import write_fleet

LIARS = Operators(3, 2, groups=(OperatorGroup(2, Conduct.ALWAYS_APPEAL),))
pytestmark = pytest.mark.usefixtures("no_compiler")
NOBODY = b"\x07" * 20


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, fastest: str) -> dict[str, Path]:
    """The same lying quorum, watched and not, and an operator that says two things."""
    folder = tmp_path_factory.mktemp("liars")
    usage, bills = write_fleet(folder / "fleet", 4, 14, seed=2)
    equivocator = Operators(3, 2, groups=(OperatorGroup(1, Conduct.EQUIVOCATE),))
    scenarios = {
        "watched": Scenario(operators=LIARS, watchers=Watchers(1), customers=Customers(disclosing=PPM)),
        "unwatched": Scenario(operators=LIARS, challengers=()),
        "equivocated": Scenario(operators=equivocator, watchers=Watchers(1)),
    }
    for name, scenario in scenarios.items():
        run(usage, bills, folder / name, engine=fastest, scenario=scenario)
    return {name: folder / name for name in scenarios}


def slashing(result: AuditResult) -> Check:
    return next(check for check in result.checks if check.name == "slashing")


def test_audit__wrong_verdicts_put_right__passes_and_follows_every_slash(runs: dict[str, Path]) -> None:
    result = audit(runs["watched"])
    assert result.passed, [str(finding) for finding in result.findings]
    assert slashing(result).count > 0


def test_audit__wrong_verdict_that_stands__names_who_signed_it(runs: dict[str, Path]) -> None:
    (finding,) = audit(runs["unwatched"]).findings
    assert finding.check == "recompute"
    liars = sorted(Bundle(runs["unwatched"]).manifest["operators"][:2])
    assert finding.found.endswith(f"signed by {', '.join(liars)}")


def test_audit__equivocation__passes_and_follows_every_slash(runs: dict[str, Path]) -> None:
    result = audit(runs["equivocated"])
    assert result.passed, [str(finding) for finding in result.findings]
    assert slashing(result).count > 0


@pytest.mark.parametrize("name", ["watched", "equivocated"])
@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"operators": frozenset({NOBODY})}, ", of"),
        ({"rewarded": NOBODY}, ", rewarded"),
        ({"wronged": 99 << 32}, ", for"),
        ({"rest": 1}, ", divided"),
    ],
)
def test_check__a_slash_that_went_elsewhere__is_found(
    runs: dict[str, Path], name: str, change: dict[str, Any], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Corrections._slashes

    def first_changed(self: Corrections) -> Iterator[Slash]:
        slashes = list(honest(self))
        return iter([replace(slashes[0], **change), *slashes[1:]])

    monkeypatch.setattr(Corrections, "_slashes", first_changed)
    finding = audit(runs[name]).findings[0]
    assert finding.check == "slashing"
    assert finding.where.endswith(where)
