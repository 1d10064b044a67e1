"""The customers' bank: it issues the money of a run, and pays it into their accounts."""

from __future__ import annotations

from typing import Final

import numpy as np

from fairmeter.contracts.deploy import System
from fairmeter.contracts.session import Session
from fairmeter.model import Int64s
from fairmeter.simulation.answers import CALLS_AT_ONCE
from fairmeter.simulation.people import People
from fairmeter.simulation.pieces import pieces
from fairmeter.simulation.plan import Plan
from fairmeter.simulation.traits import Traits

DEPOSITS_A_CALL: Final = 500
"""Far below the gas of a transaction."""


class Bank:
    """Acts by the funder's wallet. Penniless customers have nothing with it."""

    def __init__(self, plan: Plan, people: People, traits: Traits, system: System, session: Session) -> None:
        self._plan, self._people, self._traits = plan, people, traits
        self._system, self._session = system, session
        self._accounts = plan.accounts

    def endow(self) -> None:
        """Issue the money of the whole run, pay every account's first budget in, and freeze whom the issuer freezes."""
        plan, funder = self._plan, self._people.funder
        # at the most: a budget with each bill, one before the first, and each bill once more if its customer confirms
        most = int(plan.budget.sum() + plan.budget[plan.account].sum() + plan.bills.amount.sum())
        currency, ledger = self._system.currency, self._system.ledger
        calls = [currency.mint(funder.address, most), currency.approve(ledger.address, most)]
        self._session.transact(funder, *calls)
        self.deposit(np.arange(len(plan.budget)), plan.budget, None)
        frozen = self._people.customers.addresses[self._traits.frozen]
        self._session.transact(funder, *(currency.write("setFrozen", one.tobytes(), True) for one in frozen))

    def deposit(self, rows: Int64s, amounts: Int64s, at: int | None) -> None:
        """Pay `amounts` (k,) minor units into the accounts of these `rows` (k,) of the plan, at a time in Unix seconds
        where time moves."""
        paying = ~self._traits.penniless[self._plan.customer[rows]]
        rows, amounts = rows[paying], amounts[paying]
        accounts = self._accounts[rows]
        for several in pieces(np.arange(len(rows)), DEPOSITS_A_CALL * CALLS_AT_ONCE):
            small = pieces(several, DEPOSITS_A_CALL)
            calls = [self._system.ledger.deposit(accounts[piece], amounts[piece]) for piece in small]
            self._session.transact(self._people.funder, *calls, timestamp=at)
