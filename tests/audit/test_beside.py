"""The tables are checked in a process of their own: with the same result, and nothing of it is left behind."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from tests.audit.conftest import Forger

from fairmeter.audit import audit
from fairmeter.audit.beside import Beside
from fairmeter.audit.findings import AuditResult
from fairmeter.audit.manifest import read_manifest
from fairmeter.bundle import Bundle
from fairmeter.chain.worker import Worker
from fairmeter.errors import BundleError, ChainError


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch, no_compiler: None) -> list[Worker]:
    """A run of any size has many bills; the processes that are started."""
    del no_compiler
    monkeypatch.setattr("fairmeter.audit.run.MANY_BILLS", 0)
    started: list[Worker] = []

    def start(*of: str) -> Worker:
        started.append(Worker(*of))
        return started[-1]

    monkeypatch.setattr("fairmeter.audit.beside.Worker", start)
    return started


def test_audit__tables_beside_the_replay__as_after_it(honest: Path, many: list[Worker]) -> None:
    told: list[tuple[str, int, int]] = []
    usage, anchors = honest.parent / "usage.parquet", honest / "anchors.json"
    beside = audit(honest, usage=usage, expect=anchors, progress=lambda *made: told.append(made))
    with pytest.MonkeyPatch.context() as few:
        few.setattr("fairmeter.audit.run.MANY_BILLS", 2**40)
        assert audit(honest, usage=usage, expect=anchors) == beside
    assert (beside.passed, beside.anchored, beside.source_compared) == (True, True, True)
    assert {phase for phase, _, _ in told} == {"tables", "replay", "verdicts"}
    assert [_is_there(one) for one in many] == [False]


def test_audit__a_forged_verdict__found_after_the_replay_passed(forger: Forger, many: list[Worker]) -> None:
    forger.edit("evidence", 0, lambda row: row.update(salt=bytes(32)))
    forger.seal()
    result = audit(forger.run_folder)
    assert [finding.check for finding in result.findings] == ["evidence"]
    assert _names(result).index("replay") < _names(result).index("evidence")
    assert [_is_there(one) for one in many] == [False]


def test_audit__a_forged_event__found_by_the_replay_and_nothing_left(forger: Forger, many: list[Worker]) -> None:
    forger.edit("logs", -1, lambda row: row.update(data=bytes(32)))
    forger.seal()
    assert [finding.check for finding in audit(forger.run_folder).findings] == ["replay"]
    assert [_is_there(one) for one in many] == [False]


def test_recorded__tables_that_cannot_be_read__says_so_here(honest: Path, tmp_path: Path) -> None:
    shutil.copytree(honest, tmp_path / "run")
    bundle = Bundle(tmp_path / "run")
    manifest = read_manifest(bundle)
    (bundle.folder / "logs.parquet").unlink()
    with Beside(bundle, manifest, None, _nothing) as beside, pytest.raises(BundleError, match=r"logs\.parquet"):
        beside.recorded()


def test_recorded__the_process_was_killed__says_so(honest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    send = Worker.send

    def kill(worker: Worker, request: object) -> None:
        os.kill(worker.process_id, signal.SIGKILL)
        send(worker, request)

    monkeypatch.setattr(Worker, "send", kill)
    bundle = Bundle(honest)
    with (
        Beside(bundle, read_manifest(bundle), None, _nothing) as beside,
        pytest.raises(ChainError, match="the process that checks the tables has ended: -9"),
    ):
        beside.recorded()


def _is_there(worker: Worker) -> bool:
    return Path(f"/proc/{worker.process_id}").exists()


def _names(result: AuditResult) -> list[str]:
    return [check.name for check in result.checks]


def _nothing(_phase: str, _done: int, _total: int) -> None:
    pass
