"""titanoboa: py-evm in the process in its fast mode, a call a bill and no blocks."""

from __future__ import annotations

from boa.environment import Env

from benchmarks.contestants.peer import Settle, contend
from benchmarks.loop import verdicts
from benchmarks.payments import Payments, Read
from benchmarks.work import Work


def carry_out(payments: Payments, work: Work) -> tuple[Settle, Read]:
    """See `peer.Chain`."""
    env = Env()
    env.enable_fast_mode()
    contract, _ = env.deploy_code(bytecode=payments.bytecode)
    for data in payments.deposits(work):
        assert env.raw_call(contract, data=data).is_success

    def settle() -> None:
        for row, verdict in enumerate(verdicts(work)):
            assert env.raw_call(contract, data=payments.settle(work, row, verdict)).is_success

    return settle, lambda data: bytes(env.raw_call(contract, data=data).output)


if __name__ == "__main__":
    contend(carry_out, "titanoboa", "py-evm")
