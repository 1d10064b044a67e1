"""The limit: revm executing the transactions of a finished run, with no signature, receipt, event or file around it."""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from benchmarks.result import hand_over
from fairmeter.bundle import Bundle
from fairmeter.chain import wake_host
from fairmeter.chain.genesis import HARDFORK, Genesis
from fairmeter.chain.signed import decode_signed
from fairmeter.contracts.artifacts import interface
from fairmeter.units import SECONDS_A_DAY

POSTED: Final = "PaymentLedger.postBills"
PAID_IN: Final = "PaymentLedger.deposit"


def main(run: Path, result: Path) -> None:
    """Execute the run's transactions, and compare the ledger's totals with the run's."""
    bundle = Bundle(run)
    wake = wake_host.load()
    # before anything else of wake_rs is used: it looks its names up when it connects
    chain = _chain(wake, bundle.manifest["chain"])
    table = bundle.table("transactions")
    times = table["timestamp"].to_pylist()
    calls = [decode_signed(raw, wake.keccak256) for raw in table["raw"].to_pylist()]
    accounts = {one.sender: wake.Account(int.from_bytes(one.sender, "big"), chain) for one in calls}
    accounts |= {one.to: wake.Account(int.from_bytes(one.to, "big"), chain) for one in calls if one.to}
    apart = set(_apart(table))
    gc.disable()
    began, set_up = time.perf_counter(), 0.0
    for place, (call, when) in enumerate(zip(calls, times, strict=True)):
        started = time.perf_counter()
        chain.set_next_block_timestamp(when)
        sender = accounts[call.sender]
        if call.to is None:
            chain.deploy(call.data, from_=sender, gas_limit=call.gas, gas_price=0, return_tx=True)
        else:
            accounts[call.to].transact(data=call.data, from_=sender, value=call.value, gas_limit=call.gas, gas_price=0)
        chain.mine()
        if place in apart:
            set_up += time.perf_counter() - started
    seconds = time.perf_counter() - began
    _check(wake, chain, bundle)
    fields = {"bills": bundle.manifest["sums"]["bills"], "transactions": len(calls), "seconds": seconds}
    fields["set_up"] = set_up
    hand_over(result, {**fields, "versions": {"eth-wake": wake_host.WAKE}})


def _apart(table: pa.Table) -> list[int]:
    """The places of the transactions that are no part of settling: what comes before the day of the first posting, for
    accounts are opened weeks before, and what is paid in later."""
    labels = table["label"].to_numpy()
    day = table["timestamp"].to_numpy()[labels == POSTED].min() - SECONDS_A_DAY
    places: list[int] = np.flatnonzero((table["timestamp"].to_numpy() < day) | (labels == PAID_IN)).tolist()
    return places


def _chain(wake: Any, described: dict[str, Any]) -> Any:
    genesis = Genesis()
    chain = wake_host.connect(wake, described["chain_id"], HARDFORK.capitalize())
    chain.block_gas_limit = described["genesis"]["gas_limit"]
    for address, account in genesis.accounts().items():
        wake.Account(int.from_bytes(address, "big"), chain).balance = account.balance
    return chain


def _check(wake: Any, chain: Any, bundle: Bundle) -> None:
    """Compare the ledger's totals with the run's, and fail if one differs."""
    ledger = wake.Account(int(bundle.manifest["contracts"]["PaymentLedger"], 16), chain)
    codec = interface("PaymentLedger")
    totals = codec.decode_output("totals", ledger.call(data=codec.encode_call("totals")))
    sums = bundle.manifest["sums"]
    for name in ("billed", "settled", "arrears"):
        assert totals[name] == sums[f"amount_{name}"], (name, totals[name], sums)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
