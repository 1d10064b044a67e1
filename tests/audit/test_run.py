"""Honest runs pass, on another EVM than the run's; what is outside is compared; what is no bundle is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.audit.conftest import Forger, logs_of

from fairmeter.audit import audit, bytecode
from fairmeter.audit import run as auditing
from fairmeter.audit.findings import family
from fairmeter.audit.referee import LITTLE_GAS, RUN, open_referee, recorded_implementation
from fairmeter.bundle import BILL_TABLES, Bundle, files_of
from fairmeter.chain.compiler import Compilation
from fairmeter.chain.engine import Receipt
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.witness import Witness
from fairmeter.errors import BundleError, InputError

CHECKS = [
    *("files", "tables", "bytecode", "calls", "replay", "operators", "bills", "verdicts", "evidence", "verified"),
    *("model", "signed", "recompute", "corrections", "slashing", "parameters", "governance", "screening"),
    *(*(f"INV-{number:02}" for number in range(1, 14)), "sums", "sources"),
]


def test_audit__honest_run_with_a_compiler__passes_every_check(
    honest: Path, compiled: Compilation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The compiler is asked for what it has compiled already: its answer is the same, half a minute earlier."""

    def compile_input(document: Mapping[str, Any]) -> Compilation:
        assert document == compiled.input
        return compiled

    monkeypatch.setattr(bytecode, "compile_input", compile_input)
    told: list[tuple[str, int, int]] = []
    result = audit(honest, progress=lambda *step: told.append(step))
    assert result.findings == ()
    assert [check.name for check in result.checks] == CHECKS
    # by default neither the gate nor a model judges, no mandate has only signed readings, nobody is
    # slashed and no class has rules
    empty = [check.name for check in result.checks if not check.count]
    assert empty == ["verified", "model", "signed", "corrections", "slashing", "screening"]
    assert result.standing == "self-consistent, not anchored"
    assert {phase: done == total for phase, done, total in told} == {"tables": True, "replay": True, "verdicts": True}


def test_audit__compiled_beside_a_long_replay__what_differs_found_last(
    honest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what went wrong there is raised here."""
    monkeypatch.setattr(auditing, "LONG_RUN", 0)
    monkeypatch.setattr(bytecode, "_compile", lambda _: {})
    result = audit(honest)
    assert {finding.check for finding in result.findings} == {"sources"}
    assert [check.name for check in result.checks] == CHECKS
    monkeypatch.setattr(bytecode, "_compile", lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        audit(honest)


def test_audit__honest_run_with_anchors_and_source__anchored(
    honest: Path, honest_usage: Path, no_compiler: None
) -> None:
    del no_compiler
    result = audit(honest, expect=honest / "anchors.json", usage=honest_usage)
    assert result.passed
    assert (result.anchored, result.source_compared, result.standing) == (True, True, "anchored")
    assert result.other_implementation in (True, False)
    assert json.loads(json.dumps(result.to_json()))["passed"] is True


def test_audit__another_seed__found_by_the_anchor_alone(honest: Path, another: Path, no_compiler: None) -> None:
    del no_compiler
    assert audit(another).passed
    result = audit(another, expect=honest / "anchors.json")
    assert [finding.where for finding in result.findings] == ["operators", "history"]


@pytest.mark.parametrize("name", ["operators", "bytecode", "history", "meter_keys"])
def test_audit__one_anchor_differs__found(honest: Path, tmp_path: Path, no_compiler: None, name: str) -> None:
    del no_compiler
    anchors = json.loads((honest / "anchors.json").read_bytes())
    other = f"0x{'5a' * 20}"
    forged = {
        "operators": [other],
        "meter_keys": [other],
        "history": f"0x{'5a' * 32}",
        "bytecode": {**anchors["bytecode"], "VerdictGate": f"0x{'5a' * 32}"},
    }
    (tmp_path / "anchors.json").write_text(json.dumps({name: forged[name]}))
    result = audit(honest, expect=tmp_path / "anchors.json")
    assert [(finding.check, finding.where) for finding in result.findings] == [("anchor", name)]


@pytest.mark.parametrize(
    "anchors",
    ["", "[]", "{}", '{"seed": 1}', '{"operators": "0x00"}', '{"bytecode": {"Other": "0x00"}}', '{"history": "0x5a"}'],
)
def test_audit__anchors_malformed__refused_in_one_line(honest: Path, tmp_path: Path, anchors: str) -> None:
    path = tmp_path / "anchors.json"
    path.write_text(anchors)
    with pytest.raises(InputError, match="expected") as refused:
        audit(honest, expect=path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_audit__one_reading_of_the_source_changed__found(
    honest: Path, honest_usage: Path, tmp_path: Path, no_compiler: None
) -> None:
    del no_compiler
    usage = pl.read_parquet(honest_usage)
    bakery = (pl.col("customer_id") == "bakery") & (pl.col("date") == pl.date(2015, 2, 11))
    usage.with_columns(pl.when(bakery).then(1).otherwise(pl.col("quantity")).alias("quantity")).write_parquet(
        tmp_path / "usage.parquet"
    )
    result = audit(honest, usage=tmp_path / "usage.parquet")
    assert [(finding.check, finding.expected) for finding in result.findings] == [("source", "day 10: 1")]


def test_audit__one_reading_missing_in_the_source__found(
    honest: Path, honest_usage: Path, tmp_path: Path, no_compiler: None
) -> None:
    del no_compiler
    usage = pl.read_parquet(honest_usage)
    usage.filter((pl.col("customer_id") != "home") | (pl.col("date") != pl.date(2015, 1, 5))).write_parquet(
        tmp_path / "usage.parquet"
    )
    result = audit(honest, usage=tmp_path / "usage.parquet")
    assert [finding.expected for finding in result.findings] == ["day 4: no reading"]


def test_audit__foreign_chain__consistency_alone(forger: Forger) -> None:
    forger.manifest["chain"]["genesis"] = None
    forger.seal()
    result = audit(forger.run_folder)
    assert (result.passed, result.replayed_on) == (True, None)
    assert "not replayed" in next(check.detail for check in result.checks if check.name == "replay")
    with pytest.raises(InputError, match="cannot be replayed"):
        audit(forger.run_folder, expect=forger.run_folder / "anchors.json")


def test_audit__foreign_chain_with_a_forged_event__found_by_an_invariant(forger: Forger) -> None:
    forger.manifest["chain"]["genesis"] = None
    rows = logs_of(Bundle(forger.folder))
    newest = [
        n for n, row in enumerate(rows) if row["transaction"] == rows[-1]["transaction"] and len(row["data"]) == 32
    ]
    forger.edit("logs", newest[0], lambda row: row.update(data=(2**40).to_bytes(32, "big")))
    finding = forger.found()
    assert finding is not None
    assert finding.check.startswith("INV-")


def test_open_referee__each_recorded_implementation__another_one() -> None:
    for recorded in ("py-evm 0.12.1b1", "revm (anvil 1.7.1)", None):
        with open_referee(recorded, Genesis(), LITTLE_GAS) as engine:
            assert recorded is None or engine.implementation.split()[0] not in recorded or engine.name == "eth-tester"


@pytest.fixture
def long_run(honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_compiler: None) -> Path:
    """A run on revm that counts as too long for py-evm."""
    del no_compiler
    pytest.importorskip("wake_rs")
    monkeypatch.setattr("fairmeter.audit.referee.LITTLE_GAS", 0)
    shutil.copytree(honest, tmp_path / "run")
    recorded = json.loads((honest / RUN).read_bytes())
    (tmp_path / "run" / RUN).write_text(json.dumps({**recorded, "implementation": "revm (eth-wake)"}))
    return tmp_path / "run"


def test_audit__long_run_on_revm__sample_on_py_evm(long_run: Path) -> None:
    result = audit(long_run, seed=7)
    assert result.passed
    (sample,) = [check for check in result.checks if check.name == "sample"]
    assert (sample.count, "seed 7" in sample.detail) == (5, True)
    assert family(str(result.replayed_on)) == "revm"
    assert family(str(result.sampled_on)) == "py-evm"
    assert result.other_implementation is False


def test_audit__sample_that_differs__found(long_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    execute = Witness.execute

    def one_gas_more(self: Witness, raw: bytes, number: int, timestamp: int) -> Receipt:
        receipt = execute(self, raw, number, timestamp)
        return replace(receipt, gas_used=receipt.gas_used + 1)

    monkeypatch.setattr(Witness, "execute", one_gas_more)
    result = audit(long_run)
    assert [finding.check for finding in result.findings] == ["sample"] * 5
    assert all(finding.where.endswith("gas_used") for finding in result.findings)


def test_recorded_implementation__run_json_damaged__refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(BundleError, match="implementation"):
        recorded_implementation(tmp_path / "bundle")


@pytest.mark.parametrize("name", files_of(BILL_TABLES))
def test_audit__file_missing__found(honest: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(honest, tmp_path / "run")
    (tmp_path / "run" / "bundle" / name).unlink()
    result = audit(tmp_path / "run")
    assert [(finding.check, finding.where, finding.found) for finding in result.findings] == [
        ("files", name, "missing")
    ]


def test_audit__file_added__found(honest: Path, tmp_path: Path) -> None:
    shutil.copytree(honest, tmp_path / "run")
    (tmp_path / "run" / "bundle" / "notes.txt").write_text("")
    assert [finding.where for finding in audit(tmp_path / "run").findings] == ["notes.txt"]


def test_audit__no_bundle__refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"manifest\.json is missing"):
        audit(tmp_path)
