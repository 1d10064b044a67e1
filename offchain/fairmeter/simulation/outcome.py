"""What a transaction did to bills, as its receipt tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from fairmeter.chain.engine import Log, Receipt
from fairmeter.contracts.deploy import System
from fairmeter.model import Int64s


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The ledger's events of one receipt, by name."""

    _topics: dict[str, bytes]
    _logs: dict[bytes, list[Log]]

    @classmethod
    def of(cls, receipt: Receipt, system: System) -> Self:
        """Sort the receipt's logs; events of other contracts are left out."""
        names = ("ArrearsOpened", "BillPaid", "BillHeld", "BillWaiting")
        logs: dict[bytes, list[Log]] = {}
        for log in receipt.logs:
            if log.address == system.ledger.address:
                logs.setdefault(log.topics[0], []).append(log)
        return cls({name: system.ledger.interface.topic(name) for name in names}, logs)

    def bills(self, event: str) -> Int64s:
        """(k,) ids of the bills that `event` names, in order; the low 16 bits are the index in the batch."""
        logs = self._logs.get(self._topics[event], [])
        return np.array([int.from_bytes(log.topics[1], "big") for log in logs], np.int64)
