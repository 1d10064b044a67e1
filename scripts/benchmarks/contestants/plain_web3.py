"""The naive loop: web3, one typed transaction a bill, its receipt awaited; on eth-tester, or on a node at a URL."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from web3 import EthereumTesterProvider, HTTPProvider, Web3
from web3.types import TxParams

from benchmarks.contestants.peer import Settle, contend
from benchmarks.loop import verdicts
from benchmarks.payments import Payments, Read
from benchmarks.work import Work
from fairmeter.chain.anvil import find_anvil

START_SECONDS = 20
GAS = 400_000
DEPOSIT_GAS = 12_000_000


@contextmanager
def anvil() -> Iterator[str]:
    """The URL of a node of its own, which mines each transaction at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([find_anvil(), "--port", str(port), "--quiet"]) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + START_SECONDS
            while not Web3(HTTPProvider(url)).is_connected() and time.monotonic() < deadline:
                time.sleep(0.02)
            yield url
        finally:
            process.kill()


def carry_out(w3: Web3, payments: Payments, work: Work) -> tuple[Settle, Read]:
    """See `peer.Chain`."""
    oracle = w3.eth.accounts[0]
    fees: TxParams = {
        "from": oracle,
        "maxFeePerGas": w3.to_wei(10, "gwei"),
        "maxPriorityFeePerGas": w3.to_wei(1, "gwei"),
    }

    def send(call: Any, gas: int) -> Any:
        receipt = w3.eth.wait_for_transaction_receipt(call.transact({**fees, "gas": gas}), poll_latency=0.001)
        assert receipt["status"] == 1
        return receipt

    made = send(w3.eth.contract(abi=payments.abi, bytecode=payments.bytecode).constructor(), 4_000_000)
    contract = w3.eth.contract(address=made["contractAddress"], abi=payments.abi)
    for data in payments.deposits(work):
        transaction: TxParams = {**fees, "to": contract.address, "data": data, "gas": DEPOSIT_GAS}
        assert w3.eth.wait_for_transaction_receipt(w3.eth.send_transaction(transaction))["status"] == 1
    customers = [Web3.to_checksum_address(one.tobytes()) for one in work.customers]
    suppliers = [Web3.to_checksum_address(one.tobytes()) for one in work.suppliers]

    def settle() -> None:
        for row, verdict in enumerate(verdicts(work)):
            first = int(work.first_day[row])
            period = (first, first + int(work.days[row]) - 1)
            sums = (int(work.quantity[row]), int(work.amount[row]))
            bill = (customers[row], *period, suppliers[work.supplier[row]], verdict.decision, *sums, *verdict[1:])
            send(contract.functions.settle(row, bill), GAS)

    return settle, lambda data: bytes(w3.eth.call({"to": contract.address, "data": data}))


if __name__ == "__main__":
    if sys.argv[1] == "anvil":
        with anvil() as url:
            contend(partial(carry_out, Web3(HTTPProvider(url))), "web3")
    else:
        contend(partial(carry_out, Web3(EthereumTesterProvider())), "web3", "eth-tester", "py-evm")
