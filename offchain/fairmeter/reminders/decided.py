"""What the register says to remind of, read from the chain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairmeter.contracts.clients import PaymentLedger
from fairmeter.contracts.collecting import ArrearsRegister, Step, unpack_told


@dataclass(frozen=True, slots=True)
class Due:
    """One debt that is to be reminded of now."""

    bill: int
    account: int
    strategy: int
    contacts: int
    """So far, on chain."""
    owed: int
    """Minor units."""


def due_reminders(register: ArrearsRegister, ledger: PaymentLedger, from_block: int = 0) -> list[Due]:
    """By bill: those whose last score says so, and that are still owed. Raises ChainError where the node fails."""
    topic = register.interface.topic("ArrearsScored")
    last: dict[int, bool] = {}
    for log in register.engine.logs(from_block, None, [register.address], [topic]):
        words = register.interface.decode_log(log).arguments["scores"]
        packed = np.frombuffer(b"".join(word.to_bytes(32, "big") for word in words), np.uint8).reshape(-1, 32)
        told = unpack_told(packed)
        last |= dict(zip(told.scores.bill.tolist(), (told.step == Step.REMIND).tolist(), strict=True))
    found = []
    for bill in sorted(bill for bill, remind in last.items() if remind):
        debt = register.debt_of(bill)
        if debt.step is Step.REMIND:
            account = ledger.record_of(bill).account
            found.append(Due(bill, account, debt.strategy, debt.contacts, debt.owed))
    return found
