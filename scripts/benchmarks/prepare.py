"""Makes the work of the contestants: synthetic fleets, their bills as arrays, the expected outcome, the contracts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

import fairmeter
from benchmarks.payments import Payments
from benchmarks.work import Array, Work, expected
from fairmeter.chain.artifact import Artifact
from fairmeter.chain.compiler import compile_contracts

SEED: Final = 1
MONTHS: Final = 13
"""A year of history, and one month of bills: as many bills as customers."""
PRESETS: Final = fairmeter.Presets()
CONTRACTS: Final = Path(__file__).with_name("contracts")


def prepare_fleet(folder: Path, bills: int) -> Path:
    """The fleet's folder: usage.parquet, bills.parquet, work.npz and expected.npz; made once."""
    place = folder / f"fleet-{bills}"
    if not (place / "expected.npz").is_file():
        usage, billed = fairmeter.write_fleet(place, bills, MONTHS, SEED)
        work, decision = judged_work(usage, billed)
        work.save(place / "work.npz")
        expected(work, decision).save(place / "expected.npz")
    return place


def judged_work(usage: Path, bills: Path) -> tuple[Work, Array]:
    """The bills of two files as arrays, with addresses drawn from names, and the exact verdict of each."""
    billed = fairmeter.load_bills(bills)
    reference = fairmeter.reference_readings(fairmeter.load_usage(usage), billed)
    days = billed.end - billed.start + 1
    verdicts = fairmeter.judge(
        reference,
        billed.quantity,
        days,
        first_preset=PRESETS.first,
        second_preset=PRESETS.second,
        degree=PRESETS.degree,
    )
    work = Work(
        readings=reference.readings,
        present=reference.present,
        referred=reference.days,
        first_day=billed.start,
        days=days,
        quantity=billed.quantity,
        amount=billed.amount,
        supplier=billed.supplier,
        customers=_addresses(billed.customers)[billed.customer],
        suppliers=_addresses(billed.suppliers),
    )
    return work, verdicts.decision.astype(np.int64)


def _addresses(names: tuple[str, ...]) -> Array:
    digests = b"".join(hashlib.sha256(name.encode()).digest()[:20] for name in names)
    return np.frombuffer(digests, np.uint8).reshape(-1, 20)


def prepare_contracts(folder: Path) -> Mapping[str, Artifact]:
    """Compile the peers' contracts, and leave BillPayments for the environments that have no compiler."""
    artifacts = {artifact.name: artifact for artifact in compile_contracts(CONTRACTS).artifacts}
    payments = artifacts["BillPayments"]
    interface = payments.interface()
    functions = ("deposit", "settle", "balanceOf", "heldOf", "creditOf", "bills")
    selectors = {name: interface.selector(name) for name in functions}
    folder.mkdir(parents=True, exist_ok=True)
    Payments([dict(item) for item in payments.abi], payments.bytecode, selectors).save(folder / "payments.json")
    return artifacts
