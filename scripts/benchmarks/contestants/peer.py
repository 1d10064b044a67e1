"""What the peers have in common: each carries out the same calls of BillPayments.sol, one transaction a bill."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from benchmarks.payments import Payments, Read
from benchmarks.result import hand_over
from benchmarks.work import Work

Settle = Callable[[], None]
"""Judges and settles every bill."""
Chain = Callable[[Payments, Work], tuple[Settle, Read]]
"""Deploys and pays in, and returns how to settle the bills and how to read the contract."""


def contend(carry_out: Chain, *packages: str) -> None:
    """The main program of a peer. Its last arguments are the work's folder, the contract's file, and where to put the
    result."""
    folder, contract, result = map(Path, sys.argv[-3:])
    work, payments = Work.load(folder / "work.npz"), Payments.load(contract)
    began = time.perf_counter()
    settle, read = carry_out(payments, work)
    set_up = time.perf_counter() - began
    settle()
    seconds = time.perf_counter() - began
    payments.outcome(work, read).save(result.with_suffix(".npz"))
    versions = {package: version(package) for package in packages}
    hand_over(result, {"bills": len(work), "seconds": seconds, "set_up": set_up, "versions": versions})
