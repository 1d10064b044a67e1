"""Our way of sending to a node: the naive loop's transactions, signed ahead, in JSON batches with nonces kept here."""

from __future__ import annotations

from functools import partial

from benchmarks.contestants.peer import Settle, contend
from benchmarks.contestants.plain_web3 import DEPOSIT_GAS, GAS, anvil
from benchmarks.loop import verdicts
from benchmarks.payments import Payments, Read
from benchmarks.work import Work
from fairmeter.chain.rpc import RpcEngine
from fairmeter.chain.wallet import FUNDER_KEY, Wallet


def carry_out(engine: RpcEngine, payments: Payments, work: Work) -> tuple[Settle, Read]:
    """See `peer.Chain`."""
    oracle = Wallet.on(engine, FUNDER_KEY)
    contract = engine.send_signed([oracle.sign(None, payments.bytecode, gas=4_000_000)])[0].contract_address
    assert contract is not None
    deposits = [oracle.sign(contract, data, gas=DEPOSIT_GAS) for data in payments.deposits(work)]
    assert engine.send_signed(deposits).status.all()

    def settle() -> None:
        calls = (payments.settle(work, row, verdict) for row, verdict in enumerate(verdicts(work)))
        receipts = engine.send_signed([oracle.sign(contract, data, gas=GAS) for data in calls])
        assert receipts.status.all()

    return settle, partial(engine.call, contract)


if __name__ == "__main__":
    with anvil() as url, RpcEngine(url) as node:
        contend(partial(carry_out, node))
