"""What a transaction did to bills, as its receipt tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from fairmeter.chain.abi import Interface
from fairmeter.chain.engine import Log, Receipt
from fairmeter.contracts.deploy import System
from fairmeter.model import Int64s


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The ledger's events of one receipt."""

    _interface: Interface
    _logs: dict[bytes, list[Log]]
    """By topic."""

    @classmethod
    def of(cls, receipt: Receipt, system: System) -> Self:
        """Sort the receipt's logs; events of other contracts are left out."""
        logs: dict[bytes, list[Log]] = {}
        for log in receipt.logs:
            if log.address == system.ledger.address:
                logs.setdefault(log.topics[0], []).append(log)
        return cls(system.ledger.interface, logs)

    def bills(self, event: str) -> Int64s:
        """(k,) ids of the bills that `event` names, in order; the low 16 bits are the index in the batch."""
        logs = self._logs.get(self._interface.topic(event), [])
        word = _bill_word(self._interface, event)
        return np.array([int.from_bytes(word(log), "big") for log in logs], np.int64)


def _bill_word(interface: Interface, event: str) -> Callable[[Log], bytes]:
    """Where the parameter `bill` stands: in a topic if it is indexed, else in the data, where all are of one word."""
    inputs = interface.event(event)["inputs"]
    bill = next(parameter for parameter in inputs if parameter["name"] == "bill")
    place = [one for one in inputs if one["indexed"] == bill["indexed"]].index(bill)
    if bill["indexed"]:
        return lambda log: log.topics[1 + place]
    return lambda log: log.data[32 * place : 32 * place + 32]
