"""What the register says to remind of, read from the chain."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairmeter.contracts.clients import PaymentLedger
from fairmeter.contracts.collecting import ArrearsRegister, Step, unpack_told
from fairmeter.contracts.packing import Bytes2D


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
    class_: int = 0
    """As last scored."""
    forbidden: str = ""
    """Why the register would not count a contact, and none may be made; empty where it would."""


def due_reminders(register: ArrearsRegister, ledger: PaymentLedger, from_block: int = 0) -> list[Due]:
    """By bill: those whose last score says so, and that are still owed. Raises ChainError where the node fails."""
    topic = register.interface.topic("ArrearsScored")
    last: dict[int, tuple[bool, int]] = {}
    for log in register.engine.logs(from_block, None, [register.address], [topic]):
        told = unpack_told(words_of(register.interface.decode_log(log).arguments["scores"]))
        said = zip((told.step == Step.REMIND).tolist(), told.scores.class_.tolist(), strict=True)
        last |= dict(zip(told.scores.bill.tolist(), said, strict=True))
    most, tests = register.most_contacts(), functools.cache(register.test_of)
    found = []
    for bill, class_ in sorted((bill, class_) for bill, (remind, class_) in last.items() if remind):
        debt = register.debt_of(bill)
        if debt.step is Step.REMIND:
            account = ledger.record_of(bill).account
            forbidden = _forbidden(debt.contacts, most, class_, tests(class_))
            found.append(Due(bill, account, debt.strategy, debt.contacts, debt.owed, class_, forbidden))
    return found


def words_of(numbers: Sequence[int]) -> Bytes2D:
    """(n, 32): words of an event, as `unpack_told` takes them."""
    return np.frombuffer(b"".join(one.to_bytes(32, "big") for one in numbers), np.uint8).reshape(-1, 32)


def _forbidden(contacts: int, most: int, class_: int, tests: int) -> str:
    if contacts >= most:
        return f"a debt has had {contacts} contacts, of at most {most}"
    return "" if tests else f"class {class_} has committed to no test: the register counts no contacts of it"
