"""How suppliers and customers answer what verdicts opened: by the labels where the bills have them, else by silence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.clients import Ids
from fairmeter.contracts.deploy import System
from fairmeter.contracts.session import Call, Session
from fairmeter.model import Bools, Int64s, Tariff
from fairmeter.simulation.outcome import Outcomes
from fairmeter.simulation.people import People
from fairmeter.simulation.plan import Batch, Plan
from fairmeter.simulation.scenario import Scenario
from fairmeter.usage import amount

ANSWERS_A_CALL = 100
MARGIN = 3_600
"""Seconds after a deadline at which it is acted upon."""

Later = Callable[[int, Callable[[int], None]], None]
Deposit = Callable[[Int64s, Int64s, int | None], None]
Note = Callable[[Outcomes], None]


class Answers:
    """Plans the answers to a judged batch."""

    def __init__(self, plan: Plan, scenario: Scenario, people: People, system: System, session: Session) -> None:
        self._plan, self._scenario, self._people, self._system, self._session = plan, scenario, people, system, session

    def plan(
        self, batch: Batch, number: int, outcomes: Outcomes, judged_at: int, later: Later, deposit: Deposit, note: Note
    ) -> None:
        """Ask for everything that follows from the batch's appeals and waiting bills, each at its time."""
        held = outcomes.bills("BillHeld") & 0xFFFF
        waiting = outcomes.bills("BillWaiting") & 0xFFFF
        if self._plan.bills.true_quantity is None:
            if len(held):
                bills = (number << 16) | held
                later(judged_at + self._scenario.periods.reply + MARGIN, lambda at: self._expire(bills, at))
            return
        quantities, wrong = self._readings_again(batch, batch.rows[held])
        bills = (number << 16) | held
        if wrong.any():
            supplier = self._people.suppliers[batch.supplier]
            offer = [
                (supplier, self._system.registry.offer_adjustments(bills[wrong][piece], quantities[wrong][piece]))
                for piece in _pieces(int(wrong.sum()))
            ]
            later(judged_at + self._scenario.supplier_answers_after, lambda at: self._send(offer, at))
        answers = judged_at + self._scenario.customer_answers_after
        if len(held):
            later(answers, lambda at: self._customers_answer(batch.rows[held], bills, wrong, note, at))
        right = batch.rows[waiting][self._is_right(batch.rows[waiting])]
        if len(right):
            confirmed = (number << 16) | waiting[self._is_right(batch.rows[waiting])]
            later(answers, lambda at: self._confirm(right, confirmed, deposit, at))

    def _is_right(self, rows: Int64s) -> Bools:
        bills = self._plan.bills
        assert bills.true_quantity is not None
        return np.equal(bills.quantity[rows], bills.true_quantity[rows])

    def _readings_again(self, batch: Batch, rows: Int64s) -> tuple[Int64s, Bools]:
        """The true quantities, and where they make a smaller bill: there the supplier offers them."""
        bills = self._plan.bills
        assert bills.true_quantity is not None
        quantities = bills.true_quantity[rows]
        due = np.zeros(len(rows), np.int64)
        for position, row in enumerate(rows):
            tariff = self._tariff(batch, int(bills.end[row]))
            due[position] = amount(tariff, quantities[position : position + 1])[0]
        return quantities, due < bills.amount[rows]

    def _tariff(self, batch: Batch, day: int) -> Tariff:
        """The version in force on `day`."""
        name = self._plan.bills.suppliers[batch.supplier]
        versions = [
            tariff
            for tariff in self._plan.tariffs
            if tariff.supplier == name and tariff.utility == batch.utility and tariff.from_day <= day
        ]
        return max(versions, key=lambda tariff: tariff.from_day)

    def _customers_answer(self, rows: Int64s, bills: Ids, wrong: Bools, note: Note, at: int) -> None:
        """Each accepts what was offered, and withdraws the appeals of bills that were right."""
        calls: list[tuple[str, Call]] = []
        registry = self._system.registry
        for name, own in self._by_customer(rows):
            adjusted, upheld = own[wrong[own]], own[~wrong[own]]
            if len(adjusted):
                calls.append((name, registry.accept_adjustments(bills[adjusted])))
            if len(upheld):
                calls.append((name, registry.withdraw_appeals(bills[upheld])))
        self._as_customers(calls, note, at)

    def _confirm(self, rows: Int64s, bills: Ids, deposit: Deposit, at: int) -> None:
        """Customers who know a bill to be right pay in for it and confirm it."""
        accounts, place = np.unique(self._plan.account[rows], return_inverse=True)
        sums = np.zeros(len(accounts), np.int64)
        np.add.at(sums, place, self._plan.bills.amount[rows])
        deposit(accounts, sums, at)
        calls = [(name, self._system.ledger.confirm_bills(bills[own])) for name, own in self._by_customer(rows)]
        self._as_customers(calls, lambda _: None, at)

    def _by_customer(self, rows: Int64s) -> list[tuple[str, Int64s]]:
        """Each customer's name and which of `rows` are its own."""
        own: dict[str, list[int]] = defaultdict(list)
        bills = self._plan.bills
        for position, row in enumerate(rows):
            own[bills.customers[bills.customer[row]]].append(position)
        return [(name, np.array(positions, np.int64)) for name, positions in own.items()]

    def _as_customers(self, calls: list[tuple[str, Call]], note: Note, at: int) -> None:
        self._session.send(self._people.fund_customers([name for name, _ in calls]), at)
        receipts = self._session.send([(self._people.customer(name), call) for name, call in calls], at)
        for receipt in receipts:
            note(Outcomes.of(receipt, self._system))

    def _expire(self, bills: Ids, at: int) -> None:
        """The supplier was silent."""
        calls = [(self._people.keeper, self._system.registry.expire(bills[piece])) for piece in _pieces(len(bills))]
        self._send(calls, at)

    def _send(self, calls: list[tuple[Wallet, Call]], at: int) -> None:
        self._session.send(calls, at)


def _pieces(count: int) -> list[slice]:
    return [slice(start, start + ANSWERS_A_CALL) for start in range(0, count, ANSWERS_A_CALL)]
