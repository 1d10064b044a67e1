"""Makes the work of the contestants: synthetic fleets, their bills as arrays, the expected outcome, the contracts."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import fairmeter
from benchmarks.payments import Payments
from benchmarks.work import PAY, Array, Work, expected
from fairmeter.chain.artifact import Artifact
from fairmeter.chain.compiler import compile_contracts

SEED: Final = 1
MONTHS: Final = 13
"""A year of history, and one month of bills: as many bills as customers."""
FLEET_OVER_FITTING: Final = 2
"""Bills of a fleet for each that is wanted of those that fit, which are six of ten."""
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


def prepare_fitting(folder: Path, bills: int) -> Path:
    """As `prepare_fleet`, of a fleet each of whose bills fits its meter's history and is paid: made once."""
    place = folder / f"fitting-{bills}"
    if not (place / "expected.npz").is_file():
        whole = place / "whole"
        usage, billed = fairmeter.write_fleet(whole, FLEET_OVER_FITTING * bills, MONTHS, SEED)
        _, decision = judged_work(usage, billed)
        fitting = pl.read_parquet(billed)[np.flatnonzero(decision == PAY)[:bills]]
        fitting.write_parquet(place / billed.name)
        _keep_customers(usage, place / usage.name, fitting["customer_id"])
        shutil.rmtree(whole)
        work, decision = judged_work(place / usage.name, place / billed.name)
        assert (decision == PAY).all()
        assert len(decision) == bills
        work.save(place / "work.npz")
        expected(work, decision).save(place / "expected.npz")
    return place


def _keep_customers(usage: Path, kept: Path, customers: pl.Series) -> None:
    """The readings of some customers, in row groups as the fleet has them."""
    known = pa.array(customers.to_list())
    with pq.ParquetFile(usage) as file, pq.ParquetWriter(kept, file.schema_arrow) as writer:
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group)
            writer.write_table(rows.filter(pc.is_in(rows["customer_id"], known)))


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
