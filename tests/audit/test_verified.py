"""Verdicts that the gate computed itself, audited: each comes from the readings in its calldata, and these from the
meter operator. The forger makes every hash anew, and the chain's own tables too: nothing here rests on a replay."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.audit.conftest import Bench, Forger

from fairmeter.audit import audit
from fairmeter.audit.batches import Judging
from fairmeter.audit.verified import Verified
from fairmeter.chain.compact import sign_compact
from fairmeter.chain.transaction import decode_transaction
from fairmeter.chain.wallet import Wallet, derive_key
from fairmeter.contracts.attesting import verdict_commitment
from fairmeter.contracts.challenging import batch_readings_digest
from fairmeter.contracts.packing import READING_BYTES
from fairmeter.model import Decision
from fairmeter.simulation import Scenario, run
from fairmeter.simulation.scenario import Meters
from fairmeter.units import METER_TIME, PPM
from fairmeter.usage import write_fleet

SHARE = PPM // 2


@dataclass(frozen=True)
class VerifiedRun:
    folder: Path
    usage: Path


@pytest.fixture(scope="module")
def verified_run(tmp_path_factory: pytest.TempPathFactory) -> VerifiedRun:
    """Some customers' bills are judged by the gate itself, the others' by an operator."""
    folder = tmp_path_factory.mktemp("verified")
    usage, bills = write_fleet(folder / "fleet", 6, 14, seed=2)
    run(usage, bills, folder / "run", scenario=Scenario(meters=Meters(verified=SHARE)))
    return VerifiedRun(folder / "run", usage)


class VerifiedBench(Bench):
    def place(self) -> int:
        """Of a batch that the gate judged."""
        return next(place for place, one in enumerate(self.batches.judgings) if one.shown is not None)


@pytest.fixture
def bench(verified_run: VerifiedRun) -> VerifiedBench:
    return VerifiedBench(verified_run.folder)


def test_audit__verified_mode__passes_and_computes_each_verdict(verified_run: VerifiedRun, no_compiler: None) -> None:
    del no_compiler
    result = audit(verified_run.folder, usage=verified_run.usage, expect=verified_run.folder / "anchors.json")
    assert result.passed, [str(finding) for finding in result.findings]
    verified = next(check for check in result.checks if check.name == "verified")
    bills = pl.read_parquet(verified_run.folder / "bundle/bills.parquet")
    assert 0 < verified.count < len(bills)


def test_read_batches__gate_computed__has_the_verdicts_that_the_gate_committed_to(bench: VerifiedBench) -> None:
    computed = [one for one in bench.batches.judgings if one.shown is not None]
    assert computed
    assert all(verdict_commitment(one.verdicts) == one.commitment for one in computed)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def other_signature(judging: Judging) -> Judging:
    return replace(judging, signatures=flipped(judging.signatures, 40))


def no_signature(judging: Judging) -> Judging:
    return replace(judging, signatures=b"")


def other_reading(judging: Judging) -> Judging:
    assert judging.shown is not None
    packed = judging.shown.packed.copy()
    packed[0, READING_BYTES - 1] ^= 1
    return replace(judging, shown=replace(judging.shown, packed=packed))


def salted(judging: Judging) -> Judging:
    assert judging.shown is not None
    return replace(judging, shown=replace(judging.shown, salts=judging.shown.salts + np.uint8(1)))


def other_commitment(judging: Judging) -> Judging:
    return replace(judging, commitment=flipped(judging.commitment, 0))


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (other_signature, "verified"),
        (no_signature, "verified"),
        (other_reading, "verified"),
        (salted, "verified"),
        (other_commitment, "recompute"),
    ],
)
def test_finding__one_thing_changed_on_chain__is_found(
    bench: VerifiedBench, change: Callable[[Judging], Judging], check: str
) -> None:
    assert bench.found(lambda judging: judging) is None
    finding = bench.found(change)
    assert finding is not None
    assert finding.check == check, str(finding)


def test_finding__another_meters_signature__names_both(bench: VerifiedBench) -> None:
    stranger = Wallet(derive_key(5, "meters of another"), bench.manifest.chain_id)

    def signed(judging: Judging) -> Judging:
        digest = batch_readings_digest(bench.keys.domain, judging.posting.batch, judging.evidence_root)
        return replace(judging, signatures=sign_compact(stranger, digest))

    finding = bench.found(signed)
    assert finding is not None
    assert finding.check == "verified"
    assert finding.found == "0x" + stranger.address.hex()


def test_finding__operators_judged_what_the_gate_should__is_found_but_for_late_insufficient(
    bench: VerifiedBench,
) -> None:
    verified = Verified(bench.record, bench.keys, bench.parameters)
    judging = replace(bench.batches.judgings[bench.place()], shown=None)
    finding = verified._by_operators(judging)
    assert finding is not None
    assert finding.expected == "a verdict that the gate computes"
    verdicts = judging.verdicts.copy()
    verdicts[:, 0] = Decision.INSUFFICIENT
    assert verified._by_operators(replace(judging, verdicts=verdicts)) is not None, "too early"
    verified._times = verified._times.copy()
    verified._times[judging.transaction] = verified._times[judging.posting.transaction] + METER_TIME
    assert verified._by_operators(replace(judging, verdicts=verdicts)) is None


@pytest.fixture
def verified_forger(tmp_path: Path, verified_run: VerifiedRun, no_compiler: None) -> Forger:
    """A copy of the run on a chain that nobody can replay: what is found is found by the audit alone."""
    del no_compiler
    shutil.copytree(verified_run.folder, tmp_path / "run")
    forger = Forger(tmp_path / "run")
    forger.manifest["chain"]["genesis"] = None
    return forger


def row_of_the_gate(forger: Forger) -> int:
    """Evidence that was shown to the gate has no salt."""
    rows = [row for group in forger.groups("evidence") for row in group.to_pylist()]
    return next(number for number, row in enumerate(rows) if row["salt"] == bytes(32))


def reading(row: dict[str, Any]) -> None:
    row["readings"] = flipped(row["readings"], READING_BYTES - 1)


def decision(row: dict[str, Any]) -> None:
    row["decision"] = row["decision"] % 3 + 1


@pytest.mark.parametrize(
    ("table", "change", "check"), [("evidence", reading, "evidence"), ("verdicts", decision, "verdicts")]
)
def test_audit__table_forged__is_found(
    verified_forger: Forger, table: str, change: Callable[[dict[str, Any]], None], check: str
) -> None:
    assert verified_forger.found() is None
    verified_forger.edit(table, row_of_the_gate(verified_forger), change)
    finding = verified_forger.found()
    assert finding is not None
    assert finding.check == check, str(finding)


@pytest.mark.parametrize(("part", "check"), [("reading", "verdicts"), ("signature", "verified")])
def test_audit__calldata_forged__is_found(verified_forger: Forger, part: str, check: str) -> None:
    """The transaction is changed and signed again; a foreign chain's receipts and events are what the bundle says."""
    label = "VerdictGate.submitVerified"
    rows = [row for group in verified_forger.groups("transactions") for row in group.to_pylist()]
    place = next(number for number, row in enumerate(rows) if row["label"] == label)
    chain_id = verified_forger.manifest["chain"]["chain_id"]
    keeper = Wallet(derive_key(0, "keeper"), chain_id)
    verified_forger.edit("transactions", place, lambda row: row.update(raw=forged(row["raw"], keeper, part)))
    finding = verified_forger.found()
    assert finding is not None
    assert finding.check == check, str(finding)


def forged(raw: bytes, keeper: Wallet, part: str) -> bytes:
    """Another reading of the first bill, or another signature, sent by the same keeper."""
    call = decode_transaction(raw)
    data = bytearray(call.data)
    argument = 2 if part == "reading" else 3
    tail = 4 + int.from_bytes(data[4 + 32 * argument : 36 + 32 * argument], "big")
    data[tail + 32 + 2] ^= 1  # the third byte: of the first day's 40 bits, or of the signature
    return keeper.sign(call.to, bytes(data), 0, gas=10_000_000).raw
