"""Forgeries that were executed: the forger changes what is asked of the chain, signs it with the right key, runs all of
it again, and writes what came of it. The replay agrees; what was changed is found behind it, or by what comes from
outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from fairmeter.audit.evidence import leaf_prefix
from fairmeter.audit.manifest import SUMS
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.merkle import merkle_root
from fairmeter.chain.wallet import Wallet, derive_key

if TYPE_CHECKING:
    from tests.audit.conftest import Forger, Step

JUDGED = [(judging, bill) for judging, bills in enumerate((4, 1, 3, 1, 3)) for bill in range(bills)]
"""Which batch in the order of judging, and which bill in it."""
PAY, APPEAL = 0x01, 0x02


def places(steps: list[Step], label: str) -> list[int]:
    return [place for place, step in enumerate(steps) if step.label == label]


def with_bytes(step: Step, at: int, value: bytes) -> Step:
    return replace(step, data=step.data[:at] + value + step.data[at + len(value) :])


def word(step: Step, argument: int) -> int:
    return int.from_bytes(step.data[4 + 32 * argument : 36 + 32 * argument], "big")


def verdict_at(step: Step, bill: int) -> int:
    """Where the 12 bytes of a bill's verdict begin in the calldata of submitVerdicts."""
    return 4 + word(step, 3) + 32 + 12 * bill


def forge_verdict(forger: Forger, judging: int, bill: int, change: Callable[[bytearray], None]) -> list[Step]:
    """Change a submitted verdict, and the verdicts table with it."""
    steps = forger.steps()
    place = places(steps, "VerdictGate.submitVerdicts")[judging]
    at = verdict_at(steps[place], bill)
    verdict = bytearray(steps[place].data[at : at + 12])
    change(verdict)
    steps[place] = with_bytes(steps[place], at, bytes(verdict))
    row = JUDGED.index((judging, bill))
    actual, expected = (int.from_bytes(verdict[first : first + 5], "big", signed=True) for first in (2, 7))
    columns = {
        **dict.fromkeys(("decision", "decided"), verdict[0] & 0x0F),
        "actual_ppm": actual if verdict[0] & 0x10 else None,
        "expected_ppm": expected if verdict[0] & 0x20 else None,
    }
    forger.edit("verdicts", row, lambda cells: cells.update(columns))
    return steps


def forge_evidence(forger: Forger, judging: int, bill: int, change: Callable[[dict[str, Any]], object]) -> list[Step]:
    """Change a leaf of the evidence table, and the root that the operator submits."""
    forger.edit("evidence", JUDGED.index((judging, bill)), change)
    steps = forger.steps()
    place = places(steps, "VerdictGate.submitVerdicts")[judging]
    step = steps[place]
    bills = 4 + word(step, 2)
    count = int.from_bytes(step.data[bills : bills + 32], "big")
    words = [step.data[bills + 32 * (1 + index) : bills + 32 * (2 + index)] for index in range(count)]
    gate = bytes.fromhex(forger.manifest["contracts"]["VerdictGate"][2:])
    prefix = leaf_prefix(forger.manifest["chain"]["chain_id"], gate, word(step, 0))
    evidence = pa.concat_tables(forger.groups("evidence"))
    rows = evidence.filter(pc.field("batch") == word(step, 0)).to_pylist()
    leaves = [leaf_hash(prefix + index.to_bytes(2, "big") + words[index], row) for index, row in enumerate(rows)]
    root = merkle_root(np.frombuffer(b"".join(leaves), np.uint8).reshape(-1, 32))
    steps[place] = with_bytes(step, 36, root)
    return steps


def leaf_hash(place: bytes, row: dict[str, Any]) -> bytes:
    """The leaf of one bill's evidence, of good form or not."""
    period = row["reference_start"].to_bytes(2, "big") + row["reference_days"].to_bytes(1, "big")
    return keccak256(place + period + row["readings"] + row["missing"] + row["salt"])


def flip_decision(verdict: bytearray) -> None:
    verdict[0] = (verdict[0] & 0xF0) | (APPEAL if verdict[0] & 0x0F != APPEAL else PAY)


def raise_growth(verdict: bytearray) -> None:
    verdict[0] |= 0x10
    verdict[6] ^= 0x01


def halve_first_readings(row: dict[str, Any]) -> None:
    readings = [int.from_bytes(row["readings"][at : at + 5], "big") for at in range(0, len(row["readings"]), 5)]
    row["readings"] = b"".join((one // 2 if day < 9 else one).to_bytes(5, "big") for day, one in enumerate(readings))


@pytest.mark.parametrize(
    ("judging", "bill", "change"),
    [*((*place, flip_decision) for place in JUDGED[::2]), *((*place, raise_growth) for place in JUDGED[1::2])],
)
def test_audit__verdict_executed__found_by_recomputation(
    forger: Forger, judging: int, bill: int, change: Callable[[bytearray], None]
) -> None:
    forger.execute(forge_verdict(forger, judging, bill, change))
    finding = forger.found()
    assert finding is not None
    assert finding.check == "recompute", str(finding)
    assert finding.where.endswith(f"bill {bill}")


@pytest.mark.parametrize(("judging", "bill"), [(0, 0), (1, 0), (2, 1), (3, 0), (4, 2)])
def test_audit__readings_committed__found_by_recomputation(forger: Forger, judging: int, bill: int) -> None:
    forger.execute(forge_evidence(forger, judging, bill, halve_first_readings))
    finding = forger.found()
    assert finding is not None
    assert finding.check == "recompute", str(finding)


def test_audit__readings_that_no_verdict_shows__found_by_the_source(forger: Forger, honest_usage: Path) -> None:
    """An INSUFFICIENT verdict is the same for any readings: only who has the source can tell."""
    forger.execute(forge_evidence(forger, 0, 3, halve_first_readings))
    assert forger.found() is None
    finding = forger.found(usage=honest_usage)
    assert finding is not None
    assert finding.check == "source", str(finding)


@pytest.mark.parametrize("judging", [0, 2, 4])
def test_audit__period_shifted_and_committed__found(forger: Forger, judging: int) -> None:
    forger.execute(
        forge_evidence(forger, judging, 0, lambda row: row.update(reference_start=row["reference_start"] - 1))
    )
    finding = forger.found()
    assert finding is not None
    assert finding.check == "evidence"
    assert "reference_start" in finding.where


def test_audit__reading_on_a_missing_day_committed__found(forger: Forger) -> None:
    def hide(row: dict[str, Any]) -> None:
        row["missing"] = (int.from_bytes(row["missing"], "big") | 1).to_bytes(12, "big")

    forger.execute(forge_evidence(forger, 2, 1, hide))
    finding = forger.found()
    assert finding is not None
    assert (finding.check, finding.found) == ("evidence", "a reading on missing day 0")


def changed(steps: list[Step], label: str, number: int, argument: int, amount: int) -> list[Step]:
    """Add to a word of the calldata of the step with that label and number."""
    place = places(steps, label)[number]
    value = (word(steps[place], argument) + amount).to_bytes(32, "big")
    steps[place] = with_bytes(steps[place], 4 + 32 * argument, value)
    return steps


@pytest.mark.parametrize(
    ("label", "number", "argument", "amount", "check"),
    [
        pytest.param("PaymentLedger.setTariff", 0, 2, 20_000, "bills", id="tariff-not-in-force"),
        pytest.param("PaymentLedger.setTariff", 0, 7, 1, "bills", id="tariff-price"),
        pytest.param("PaymentLedger.setTariff", 1, 3, 1, "bills", id="tariff-standing"),
        pytest.param("VerdictGate.setPresets", 0, 2, 1, "parameters", id="first-preset"),
        pytest.param("VerdictGate.setPresets", 1, 5, 1, "parameters", id="insufficient-cap"),
        pytest.param("VerdictGate.setPeriods", 0, 0, 1, "parameters", id="window"),
        pytest.param("VerdictGate.setPeriods", 0, 3, 1, "parameters", id="contest"),
        pytest.param("PaymentLedger.postBills", 0, 4, 1 << 80, "bills", id="amount"),
        pytest.param("PaymentLedger.postBills", 0, 4, 1, "bills", id="account"),
        pytest.param("PaymentLedger.postBills", 2, 4, 1 << 128, "bills", id="start"),
        pytest.param("PaymentLedger.postBills", 0, 1, 1, "bills", id="utility"),
    ],
)
def test_audit__argument_changed_and_executed__found(
    forger: Forger, label: str, number: int, argument: int, amount: int, check: str
) -> None:
    forger.execute(changed(forger.steps(), label, number, argument, amount))
    finding = forger.found()
    assert finding is not None
    assert finding.check == check, str(finding)


@pytest.mark.parametrize(
    ("label", "argument", "amount"),
    [
        pytest.param("DigitalCurrency.mint", 1, 1, id="more-money"),
        pytest.param("PaymentLedger.withdrawCredit", 1, -1, id="less-withdrawn"),
    ],
)
def test_audit__consistent_change_executed__found_by_the_anchor_alone(
    forger: Forger, label: str, argument: int, amount: int
) -> None:
    forger.execute(changed(forger.steps(), label, 0, argument, amount))
    assert forger.found() is None
    finding = forger.found(expect=forger.run_folder / "anchors.json")
    assert finding is not None
    assert (finding.check, finding.where) == ("anchor", "history")


@pytest.mark.parametrize(
    "label", ["PaymentLedger.release", "AppealRegistry.acceptAdjustments", "PaymentLedger.deposit"]
)
def test_audit__transaction_dropped_and_executed__found_in_the_sums(forger: Forger, label: str) -> None:
    steps = forger.steps()
    del steps[places(steps, label)[-1]]
    forger.execute(steps)
    finding = forger.found()
    assert finding is not None
    assert finding.check == "sums", str(finding)


@pytest.mark.parametrize("contract", range(5))
def test_audit__bytecode_exchanged__found(forger: Forger, contract: int) -> None:
    steps = forger.steps()
    data = bytearray(steps[contract].data)
    data[len(data) // 2] ^= 1
    steps[contract] = replace(steps[contract], data=bytes(data))
    forger.execute(steps)
    finding = forger.found()
    assert finding is not None
    assert finding.check == "bytecode", str(finding)


def test_audit__sources_exchanged__found(forger: Forger) -> None:
    path = forger.folder / "compiler-input.json"
    path.write_text(path.read_text().replace("Keeps all the money", "Keeps no money"))
    finding = forger.found()
    assert finding is not None
    assert finding.check == "sources"


def test_audit__verdicts_signed_by_another_operator__found(forger: Forger) -> None:
    steps = forger.steps()
    key = derive_key(99, "operator")
    address = Wallet(key, 0).address
    place = places(steps, "Operators.setOperator")[0]
    steps[place] = with_bytes(steps[place], 4 + 12, address)
    steps = [replace(step, key=key) if step.label == "VerdictGate.submitVerdicts" else step for step in steps]
    forger.execute(steps)
    finding = forger.found()
    assert finding is not None
    assert finding.check == "operators", str(finding)


@pytest.mark.parametrize("name", SUMS)
def test_audit__sum_changed__found(forger: Forger, name: str) -> None:
    forger.manifest["sums"][name] += 1
    finding = forger.found()
    assert finding is not None
    assert (finding.check, finding.where) == ("sums", f"manifest.json, sums.{name}")


@pytest.mark.parametrize("label", ["PaymentLedger.postBills", "VerdictGate.submitVerdicts", "PaymentLedger.release"])
def test_audit__re_timed_and_executed__found_by_the_anchor_alone(forger: Forger, label: str) -> None:
    steps = forger.steps()
    place = places(steps, label)[0]
    later = [replace(step, timestamp=step.timestamp + 2) for step in steps[place : place + 1]]
    forger.execute([*steps[:place], *later, *steps[place + 1 :]])
    assert forger.found() is None
    finding = forger.found(expect=forger.run_folder / "anchors.json")
    assert finding is not None
    assert (finding.check, finding.where) == ("anchor", "history")
