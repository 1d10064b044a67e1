"""verbs: an agent that settles a block of bills a step, each by a transaction of its own, on revm in the process."""

from __future__ import annotations

from typing import Any

from verbs.envs import EmptyEnvGasPriority

from benchmarks.contestants.peer import Settle, contend
from benchmarks.loop import verdicts
from benchmarks.payments import Payments, Read
from benchmarks.work import Work

ORACLE = bytes([1] * 20)
BILLS_A_BLOCK = 1_000
MONEY = 10**30
"""Wei, for gas."""


def carry_out(payments: Payments, work: Work) -> tuple[Settle, Read]:
    """See `peer.Chain`."""
    env = EmptyEnvGasPriority(1)
    env.create_account(ORACLE, MONEY)
    contract = env.deploy_contract(ORACLE, "BillPayments", payments.bytecode)
    for data in payments.deposits(work):
        env.execute(ORACLE, contract, data, 0)

    def settle() -> None:
        waiting: list[Any] = []
        for row, verdict in enumerate(verdicts(work)):
            waiting.append((ORACLE, contract, payments.settle(work, row, verdict), True, None, None, None))
            if len(waiting) == BILLS_A_BLOCK or row == len(work) - 1:
                env.submit_transactions(waiting)
                env.process_block()
                waiting = []

    return settle, lambda data: bytes(env.call(ORACLE, contract, data, 0)[0])


if __name__ == "__main__":
    contend(carry_out, "verbs")
