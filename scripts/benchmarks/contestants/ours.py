"""Fairmeter itself: `fairmeter run` on one of its engines, from files to the finished bundle."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

import fairmeter
from benchmarks.result import hand_over
from benchmarks.work import Outcome
from fairmeter.bundle import Bundle
from fairmeter.simulation import run
from fairmeter.simulation.result import SET_UP

PAY_IN: Final = "pay in"


def main(engine: str, folder: Path, result: Path) -> None:
    """Run the work's files, and leave the bundle in a folder beside `result`."""
    out = result.with_suffix(".run")
    shutil.rmtree(out, ignore_errors=True)
    began = time.perf_counter()
    done = run(folder / "usage.parquet", folder / "bills.parquet", out, engine=engine)
    seconds = time.perf_counter() - began
    phases = {name: round(value, 4) for name, value in done.phases.items()}
    versions = {"fairmeter": fairmeter.__version__, "EVM": done.implementation}
    counts = {"bills": done.sums.bills, "transactions": done.sums.transactions}
    # what a peer's customers have from the beginning ours pay in bill by bill
    set_up = round(sum(phases.get(name, 0.0) for name in (SET_UP, PAY_IN)), 4)
    times = {"seconds": seconds, "set_up": set_up, "phases": phases}
    hand_over(result, {**counts, **times, "versions": versions})


def problem(folder: Path, result: Path) -> str | None:
    """What is wrong with a run, if anything: its verdicts against the expected ones, its money by the ledger's own
    totals. The auditor checks each balance; a benchmark need not."""
    bundle, expected = Bundle(result.with_suffix(".run")), Outcome.load(folder / "expected.npz")
    bills, verdicts = bundle.table("bills"), bundle.table("verdicts")
    order = np.argsort(bills["bill_id"].to_numpy().astype(np.int64))
    wrong = int((verdicts["decision"].to_numpy()[order] != expected.decision).sum())
    if wrong:
        return f"{wrong} of {len(order)} verdicts are wrong"
    sums = bundle.manifest["sums"]
    billed = int(bills["amount"].to_numpy().sum())
    states = ("unjudged", "settled", "pending", "waiting", "held", "arrears", "void")
    if not billed == sums["amount_billed"] == sum(sums[f"amount_{state}"] for state in states):
        return f"{billed} billed, and the ledger's totals are {sums}"
    return None


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
