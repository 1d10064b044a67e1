"""The bills in arrears of a run, as its events tell: what is open, and what anyone may collect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from fairmeter.chain.engine import Receipts
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.deploy import System
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.session import Session
from fairmeter.model import BillState, Int64s
from fairmeter.simulation.pieces import pieces

SETTLEMENTS_A_CALL: Final = 150
"""Far below the gas of a transaction."""
CALLS_AT_ONCE: Final = 16
"""That are signed and sent together."""
NOTHING: Final = np.zeros(0, np.int64)

Opened = Callable[[Mapping[str, Any], int], None]
"""Told the columns of ArrearsOpened, and when, Unix seconds."""


class Debts:
    """Kept by whoever sees receipts; `keeper` collects."""

    def __init__(self, system: System, session: Session, keeper: Wallet) -> None:
        self._ledger, self._session, self._keeper = system.ledger, session, keeper
        self.opened: Opened | None = None
        """Who is told of what falls into arrears."""
        self.open: Int64s = NOTHING
        """Ids of bills."""

    def note(self, receipts: Receipts) -> None:
        """What fell into arrears."""
        columns = self._events(receipts, "ArrearsOpened")
        self.open = np.concatenate([self.open, columns["bill"]])
        if self.opened is not None and len(columns["bill"]):
            self.opened(columns, int(receipts.timestamp[-1]))

    def moved(self, bills: Int64s, to: Int64s) -> None:
        """What a corrected verdict moved: bills (k,) and the state of each."""
        self.open = np.setdiff1d(self.open, bills)
        self.open = np.concatenate([self.open, bills[to == BillState.ARREARS]])

    def paid(self, receipts: Receipts) -> None:
        """What is owed no longer."""
        self.open = np.setdiff1d(self.open, self._paid(receipts))

    def collect(self, at: int) -> None:
        """Anyone may: whatever balances and mandates now allow."""
        calls = [self._ledger.settle_arrears(piece) for piece in pieces(self.open, SETTLEMENTS_A_CALL)]
        paid = [
            self._paid(self._session.transact(self._keeper, *some, timestamp=at))
            for some in pieces(calls, CALLS_AT_ONCE)
        ]
        # once: what is open is as much as there are calls
        self.open = np.setdiff1d(self.open, np.concatenate([NOTHING, *paid]))

    def _paid(self, receipts: Receipts) -> Int64s:
        bills: Int64s = self._events(receipts, "BillPaid")["bill"]
        return bills

    def _events(self, receipts: Receipts, event: str) -> Mapping[str, Any]:
        return event_columns(receipts.logs, self._ledger.address, self._ledger.interface, event)
