"""How suppliers and customers answer what verdicts opened: by the labels where the bills have them, else by silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.chain.engine import Receipts
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.clients import Ids
from fairmeter.contracts.deploy import System
from fairmeter.contracts.session import Call, Session
from fairmeter.model import Bools, Int64s
from fairmeter.simulation.ahead import ahead
from fairmeter.simulation.people import People
from fairmeter.simulation.pieces import pieces
from fairmeter.simulation.plan import Plan
from fairmeter.simulation.scenario import Contesting, Scenario
from fairmeter.usage import amounts

ANSWERS_A_CALL: Final = 100
CALLS_AT_ONCE: Final = 16
"""Large transactions that are signed and sent together."""
CUSTOMERS_AT_ONCE: Final = 1_024
"""Transactions of customers that are signed and sent together."""
MARGIN: Final = 3_600
"""Seconds after a deadline at which it is acted upon."""

Later = Callable[[int, Callable[[int], None]], None]
Deposit = Callable[[Int64s, Int64s, int | None], None]
Note = Callable[[Receipts], None]
Moved = Callable[[Int64s, int], Bools]
"""Which bills a challenge has moved after a time, Unix seconds."""


@dataclass(frozen=True, slots=True)
class Opened:
    """k bills that wait for somebody's answer."""

    bills: Ids
    """(k,) ids on chain."""
    rows: Int64s
    """(k,) in the file."""

    def part(self, which: Bools) -> Opened:
        """Some of them."""
        return Opened(self.bills[which], self.rows[which])


class Answers:
    """Plans the answers to judged batches."""

    def __init__(
        self,
        plan: Plan,
        scenario: Scenario,
        people: People,
        system: System,
        session: Session,
        deposit: Deposit,
        note: Note,
        moved: Moved,
    ) -> None:
        self._plan, self._scenario, self._people, self._system, self._session = plan, scenario, people, system, session
        self._deposit, self._note, self._moved = deposit, note, moved

    def plan(self, held: Opened, waiting: Opened, judged_at: int, later: Later) -> None:
        """Ask for everything that follows from appeals and waiting bills, each at its time."""
        true_quantity, contest = self._plan.bills.true_quantity, self._scenario.suppliers.contest
        if len(held.bills) and contest is Contesting.EVERYTHING:
            later(judged_at + self._scenario.supplier_answers_after, lambda at: self._contest(held, at, later))
        elif len(held.bills) and (true_quantity is None or contest is Contesting.NOTHING):
            later(judged_at + self._scenario.periods.reply + MARGIN, lambda at: self._expire(held.bills, at))
        elif true_quantity is not None:
            self._answer_by_labels(held, true_quantity, judged_at, later)
        if true_quantity is not None:
            right = waiting.part(np.equal(self._plan.bills.quantity[waiting.rows], true_quantity[waiting.rows]))
            if len(right.bills):
                later(judged_at + self._scenario.customer_answers_after, lambda at: self._confirm(right, judged_at, at))

    def _answer_by_labels(self, held: Opened, true_quantity: Int64s, judged_at: int, later: Later) -> None:
        quantities, wrong = self._readings_again(held.rows, true_quantity)
        if wrong.any():
            offers = self._offers(held.part(wrong), quantities[wrong])
            later(judged_at + self._scenario.supplier_answers_after, lambda at: self._offer(offers, at))
        answers = judged_at + self._scenario.customer_answers_after
        if len(held.bills):
            later(answers, lambda at: self._answer(held, wrong, at))

    def _readings_again(self, rows: Int64s, true_quantity: Int64s) -> tuple[Int64s, Bools]:
        """The true quantities, and where they make a smaller bill: there the supplier offers them."""
        bills, quantities = self._plan.bills, true_quantity[rows]
        due = amounts(self._plan.tariffs, bills, rows, quantities)
        return quantities, due < bills.amount[rows]

    def _offers(self, wrong: Opened, quantities: Int64s) -> list[tuple[Wallet, Call]]:
        """Each supplier's, for its own bills."""
        suppliers = self._plan.bills.supplier[wrong.rows]
        return [
            (
                self._people.suppliers[supplier],
                self._system.registry.offer_adjustments(wrong.bills[piece], quantities[piece]),
            )
            for supplier in np.unique(suppliers).tolist()
            for piece in pieces(np.flatnonzero(suppliers == supplier), ANSWERS_A_CALL)
        ]

    def _offer(self, offers: list[tuple[Wallet, Call]], at: int) -> None:
        for some in pieces(offers, CALLS_AT_ONCE):
            self._session.send(some, at)

    def _answer(self, held: Opened, wrong: Bools, at: int) -> None:
        """Customers accept what was offered, and withdraw the appeals of bills that were right."""
        registry = self._system.registry
        accept, withdraw = registry.accept_adjustments(held.bills[:1]), registry.withdraw_appeals(held.bills[:1])
        self._as_customers(held, [accept if one else withdraw for one in wrong.tolist()], at)

    def _confirm(self, right: Opened, since: int, at: int) -> None:
        """Customers who know a bill to be right pay in for it and confirm it."""
        right = right.part(~self._moved(np.asarray(right.bills, np.int64), since))
        if not len(right.bills):
            return
        accounts, place = np.unique(self._plan.account[right.rows], return_inverse=True)
        sums = np.zeros(len(accounts), np.int64)
        np.add.at(sums, place, self._plan.bills.amount[right.rows])
        self._deposit(accounts, sums, at)
        confirm = self._system.ledger.confirm_bills(right.bills[:1])
        self._as_customers(right, [confirm] * len(right.bills), at)

    def _as_customers(self, opened: Opened, patterns: list[Call], at: int) -> None:
        """Each bill's customer sends a call like its pattern, which names one bill in its last word."""
        customers, crowd = self._plan.bills.customer[opened.rows].astype(np.int64), self._people.customers
        self._session.send(self._people.fund_customers(customers), at)
        words = opened.bills.astype(">u8").tobytes()
        calls = [
            Call(one.contract, one.function, one.to, one.data[:-8] + words[8 * row : 8 * row + 8], one.gas)
            for row, one in enumerate(patterns)
        ]
        both = zip(pieces(calls, CUSTOMERS_AT_ONCE), pieces(customers, CUSTOMERS_AT_ONCE), strict=True)
        for some, signed in ahead((some, crowd.sign(rows, some)) for some, rows in both):
            self._note(self._session.send_signed(some, signed, at))

    def _contest(self, held: Opened, at: int, later: Later) -> None:
        """The supplier stands by every bill; where nobody rules the appeals expire."""
        suppliers = self._plan.bills.supplier[held.rows].tolist()
        registry = self._system.registry
        calls = [
            (self._people.suppliers[supplier], registry.write("contest", bill, keccak256(bill.to_bytes(8, "big"))))
            for supplier, bill in zip(suppliers, held.bills.tolist(), strict=True)
        ]
        self._session.send(calls, at)
        later(at + self._scenario.periods.contest + MARGIN, lambda when: self._expire(held.bills, when))

    def _expire(self, bills: Ids, at: int) -> None:
        """The supplier was silent."""
        expire, keeper = self._system.registry.expire, self._people.keeper
        self._session.transact(keeper, *(expire(piece) for piece in pieces(bills, ANSWERS_A_CALL)), timestamp=at)
