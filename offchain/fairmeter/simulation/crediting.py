"""Suppliers' credit lines in a run: funded before the first bill, drawn by anyone for the debts whose scores reach the
threshold, repaid by customers when they would have paid the ledger, and written off when their term is over."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from fairmeter.chain.engine import Receipts
from fairmeter.contracts.collecting import ArrearsRegister, unpack_told
from fairmeter.contracts.crediting import CreditLine, CreditTerms, deploy_credit
from fairmeter.contracts.deploy import System
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.packing import Bytes2D
from fairmeter.contracts.session import Session
from fairmeter.model import Bools, Int64s
from fairmeter.simulation.arrears import Credit
from fairmeter.simulation.debts import Debts
from fairmeter.simulation.people import People
from fairmeter.simulation.pieces import pieces
from fairmeter.simulation.plan import Plan
from fairmeter.units import MAX_TRANSACTION_GAS, PPM, SECONDS_A_DAY

MARGIN: Final = 14_400
"""Seconds after a bill's window at which its line is drawn: after its batch's release."""
FRESHNESS: Final = 14
"""Days that a score is good for: those between two scores."""
GAS_A_DRAW: Final = 60_000
"""A little more than a bill takes, and a score of the list beside it."""
DRAWS_A_CALL: Final = MAX_TRANSACTION_GAS * 9 // 10 // GAS_A_DRAW
CALLS_AT_ONCE: Final = 64
WHOLE: Final = 2**48 - 1
"""More than any bill owes."""
Later = Callable[[int, Callable[[int], None]], None]


class Crediting:
    """`set_up` beside the register, `scored` with each list that it tells, `repay` when customers pay, `end`."""

    def __init__(
        self, credit: Credit, paying: Bools, window: int, plan: Plan, people: People, session: Session, later: Later
    ) -> None:
        """`paying`: (customers,) who pays in as ever, and so repays when the next score is due."""
        self._credit, self._paying, self._window = credit, paying, window
        self._plan, self._people, self._session, self._later = plan, people, session, later
        self._customer = dict(zip(plan.accounts.tolist(), plan.customer.tolist(), strict=True))
        self._debts: Debts
        self.line: CreditLine
        self.owing: Int64s = np.zeros(0, np.int64)
        """Ids of bills that owe a line something."""

    def set_up(self, system: System, register: ArrearsRegister, debts: Debts, classes: int) -> None:
        """Deploy the line; each supplier pays its share in and says for what it may be drawn. Classes count from 1."""
        self._debts, funder, amounts = debts, self._people.funder, self._plan.bills.amount
        self.line = line = deploy_credit(self._session, system, register, funder)
        billed = int(amounts.sum())
        mean = max(int(amounts.mean()), 1)
        currency = system.currency
        self._session.transact(funder, currency.mint(funder.address, billed), currency.approve(line.address, billed))
        supplier = self._plan.bills.supplier
        for number, wallet in enumerate(self._people.suppliers, 1):
            funds = max(int(amounts[supplier == number - 1].sum()) * self._credit.funds // PPM, 1)
            terms = CreditTerms(
                cap_per_account=mean * self._credit.per_account // PPM,
                cap=funds,
                term=self._credit.term,
                freshness=FRESHNESS,
                thresholds=(0, *(self._credit.threshold,) * classes),
            )
            self._session.transact(funder, currency.mint(wallet.address, funds))
            calls = (currency.approve(line.address, funds), line.fund(number, funds), line.set_terms(number, terms))
            self._session.transact(wallet, *calls)

    def scored(self, told: Bytes2D, begun: int, at: int) -> None:
        """A list of scores, (n, 32) as told at `at`, of bills that fell into arrears at `begun`: drawn for as soon as
        their windows are over."""
        self._later(max(at, begun + self._window) + MARGIN, partial(self._draw, told))

    def repay(self, bills: Int64s, at: int) -> None:
        """What these owe; the customers' bank pays for them."""
        own = bills[np.isin(bills, self.owing)]
        for some in pieces(own.tolist(), CALLS_AT_ONCE):
            calls = [self.line.repay(bill, WHOLE) for bill in some]
            self._session.transact(self._people.funder, *calls, timestamp=at)
        self.owing = np.setdiff1d(self.owing, own)

    def end(self) -> None:
        """Suppliers take back what is free."""
        for number, wallet in enumerate(self._people.suppliers, 1):
            free = self.line.book_of(number).free
            if free:
                self._session.transact(wallet, self.line.withdraw(number, free, wallet.address))

    def _draw(self, told: Bytes2D, at: int) -> None:
        scores, keeper = unpack_told(told).scores, self._people.keeper
        worth = np.isin(scores.bill, self._debts.open) & (scores.probability >= self._credit.threshold)
        for first in range(0, len(told), DRAWS_A_CALL):
            end = min(first + DRAWS_A_CALL, len(told))
            if not worth[first:end].any():
                continue
            call = self.line.draw(told, first, end)
            # refused where caps, balances and what is free leave nothing to draw
            signed = keeper.sign(call.to, call.data, call.value, gas=call.gas)
            self._drawn(self._session.attempt([call], [signed], at))

    def _drawn(self, receipts: Receipts) -> None:
        drawn = event_columns(receipts.logs, self.line.address, self.line.interface, "CreditDrawn")
        bills = drawn["bill"]
        if not len(bills):
            return
        self._debts.paid(receipts)
        self.owing = np.concatenate([self.owing, bills])
        at = int(receipts.timestamp[-1])
        customer = np.array([self._customer[one] for one in drawn["account"].tolist()], np.int64)
        own = bills[self._paying[customer]]
        self._later(at + FRESHNESS * SECONDS_A_DAY, partial(self.repay, own))
        self._later(int(drawn["dueAt"].max()) + MARGIN, partial(self._lose, bills))

    def _lose(self, bills: Int64s, at: int) -> None:
        left = bills[np.isin(bills, self.owing)].tolist()
        if left:
            self._session.transact(self._people.keeper, self.line.write_off(left), timestamp=at)
