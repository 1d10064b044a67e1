"""How contested bills are ruled on: by whom the scenario names, or by nobody."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fairmeter.chain.engine import Receipts
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.clients import Ids
from fairmeter.contracts.deploy import System
from fairmeter.contracts.session import Call, Session
from fairmeter.model import Bools, Int64s, Utility
from fairmeter.simulation.metering import MeterOperators
from fairmeter.simulation.people import People
from fairmeter.simulation.plan import Plan
from fairmeter.simulation.scenario import Arbiter
from fairmeter.usage import amounts


class Rulings:
    """The arbiter of all suppliers."""

    def __init__(
        self,
        arbiter: Arbiter,
        plan: Plan,
        people: People,
        system: System,
        session: Session,
        meters: MeterOperators | None,
        note: Callable[[Receipts], None],
    ) -> None:
        self._arbiter, self._plan, self._people = arbiter, plan, people
        self._system, self._session, self._meters, self._note = system, session, meters, note

    def rule(self, bills: Ids, rows: Int64s, at: int) -> Bools:
        """Rule on k contested bills, ids on chain and rows in the file; (k,) on which there was nothing to rule by."""
        known = self._known(rows)
        calls = [self._ruling(bill, row) for bill, row in zip(bills[known].tolist(), rows[known].tolist(), strict=True)]
        self._note(self._session.send(calls, at))
        return ~known

    def _known(self, rows: Int64s) -> Bools:
        """(k,) of which bills the arbiter can learn what is due."""
        bills = self._plan.bills
        if self._arbiter is Arbiter.READINGS and self._meters is not None:
            return self._meters.complete(self._plan.account[rows], bills.start[rows], bills.days[rows])
        return np.full(len(rows), self._arbiter is Arbiter.PANEL and bills.true_quantity is not None)

    def _ruling(self, bill: int, row: int) -> tuple[Wallet, Call]:
        """The supplier shows the meter's readings; or the panel, of one member in a run, reads the meter again."""
        bills = self._plan.bills
        if self._arbiter is Arbiter.READINGS and self._meters is not None:
            shown = self._meters.shown(int(self._plan.account[row]), int(bills.start[row]), int(bills.days[row]))
            supplier = self._people.suppliers[int(bills.supplier[row])]
            return supplier, self._system.readings_arbiter.rule(bill, shown)
        assert bills.true_quantity is not None, "_known says so"
        quantity = bills.true_quantity[[row]]
        due = min(int(amounts(self._plan.tariffs, bills, np.array([row]), quantity)[0]), int(bills.amount[row]))
        unit = Utility(int(bills.utility[row])).unit
        reason = f"read again, the meter counted {quantity[0]:,} {unit}"
        return self._people.funder, self._system.panel.vote(bill, due, reason)
