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
from fairmeter.simulation.rulings import Rulings
from fairmeter.simulation.scenario import Contesting, Scenario
from fairmeter.units import SECONDS_A_DAY
from fairmeter.usage import amounts

ANSWERS_A_CALL: Final = 130
"""Within a transaction's gas, whatever becomes of the bills."""
ACCOUNTS_A_LOOK: Final = 1_000
"""Whose words one view returns."""
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
        represented: Bools,
        system: System,
        session: Session,
        deposit: Deposit,
        note: Note,
        moved: Moved,
        rulings: Rulings,
    ) -> None:
        """`represented`: of the customers, as the bills count them, whose agent answers."""
        self._plan, self._scenario, self._people, self._system, self._session = plan, scenario, people, system, session
        self._represented = represented
        self._deposit, self._note, self._moved, self._rulings = deposit, note, moved, rulings

    def plan(self, held: Opened, waiting: Opened, judged_at: int, later: Later) -> None:
        """Ask for everything that follows from appeals and waiting bills, each at its time."""
        true_quantity, contest = self._plan.bills.true_quantity, self._scenario.suppliers.contest
        if len(held.bills) and contest is Contesting.EVERYTHING:
            contests = judged_at + self._scenario.supplier_answers_after
            later(contests, lambda at: self._contest(held, judged_at, at, later))
        elif len(held.bills) and (true_quantity is None or contest is Contesting.NOTHING):
            later(judged_at + self._scenario.periods.reply + MARGIN, lambda at: self._expire(held.bills, at))
        elif true_quantity is not None:
            self._answer_by_labels(held, true_quantity, judged_at, later)
        if true_quantity is not None:
            right = waiting.part(np.equal(self._plan.bills.quantity[waiting.rows], true_quantity[waiting.rows]))
            if len(right.bills):
                later(judged_at + self._scenario.customer_answers_after, lambda at: self._confirm(right, judged_at, at))

    def _answer_by_labels(self, held: Opened, true_quantity: Int64s, judged_at: int, later: Later) -> None:
        bills, quantities = self._plan.bills, true_quantity[held.rows]
        due = amounts(self._plan.tariffs, bills, held.rows, quantities)
        # where the true quantity makes a smaller bill the supplier offers it
        wrong = due < bills.amount[held.rows]
        if wrong.any():
            offers = self._offers(held.part(wrong), quantities[wrong])
            later(judged_at + self._scenario.supplier_answers_after, lambda at: self._offer(offers, at))
        answers = judged_at + self._scenario.customer_answers_after
        if len(held.bills):
            later(answers, lambda at: self._answer(held, wrong, due, at))

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

    def _answer(self, held: Opened, wrong: Bools, due: Int64s, at: int) -> None:
        """Customers accept what was offered, `due`, and withdraw the appeals of bills that were right."""
        registry = self._system.registry
        self._agree(held.part(wrong), registry.accept_adjustments, due[wrong], at)
        right = held.part(~wrong)
        self._agree(right, registry.withdraw_appeals, self._plan.bills.amount[right.rows], at)

    def _confirm(self, right: Opened, since: int, at: int) -> None:
        """Customers who know a bill to be right pay in for it and confirm it."""
        right = right.part(~self._moved(np.asarray(right.bills, np.int64), since))
        if not len(right.bills):
            return
        accounts, place = np.unique(self._plan.account[right.rows], return_inverse=True)
        sums = np.zeros(len(accounts), np.int64)
        np.add.at(sums, place, self._plan.bills.amount[right.rows])
        self._deposit(accounts, sums, at)
        self._agree(right, self._system.ledger.confirm_bills, self._plan.bills.amount[right.rows], at)

    def _agree(self, opened: Opened, agreeing: Callable[[Ids], Call], due: Int64s, at: int) -> None:
        """`due` (k,) is paid of the bills: the agent agrees to it for those whom it may speak for, in large calls, and
        the others for themselves."""
        spoken = self._represented[self._plan.bills.customer[opened.rows]]
        spoken[spoken] = self._covered(opened.rows[spoken], due[spoken], at)
        agent = self._people.agent
        calls = [agreeing(piece) for piece in pieces(opened.bills[spoken], ANSWERS_A_CALL)]
        for some in pieces(calls, CALLS_AT_ONCE):
            self._note(self._session.transact(agent, *some, timestamp=at))
        if not spoken.all():
            self._as_customers(opened.part(~spoken), agreeing, at)

    def _covered(self, rows: Int64s, due: Int64s, at: int) -> Bools:
        """(k,) of which bills the mandates let their agent agree to `due`: of an account's all, or none."""
        accounts, place = np.unique(self._plan.account[rows], return_inverse=True)
        sums, largest = np.zeros((2, len(accounts)), np.int64)
        np.add.at(sums, place, due)
        np.maximum.at(largest, place, due)
        covered = np.zeros(len(accounts), np.bool_)
        month = np.datetime64(at, "s").astype("datetime64[M]").astype(np.int64)
        suppliers = self._plan.supplier[accounts]
        for supplier in np.unique(suppliers).tolist():
            for own in pieces(np.flatnonzero(suppliers == supplier), ACCOUNTS_A_LOOK):
                mandates = self._system.ledger.mandates_of(supplier + 1, self._plan.number[accounts[own]])
                spent = np.where(mandates.month == month, mandates.spent, 0)
                within = (largest[own] <= mandates.cap_per_bill) & (spent + sums[own] <= mandates.cap_per_month)
                covered[own] = within & (mandates.last_day * SECONDS_A_DAY > at)
        return covered[place]

    def _as_customers(self, opened: Opened, agreeing: Callable[[Ids], Call], at: int) -> None:
        """Each bill's customer sends its own call."""
        customers, crowd = self._plan.bills.customer[opened.rows].astype(np.int64), self._people.customers
        self._session.send(self._people.fund_customers(customers), at)
        # the call names its one bill in its last word
        like = agreeing(opened.bills[:1])
        words = opened.bills.astype(">u8").tobytes()
        calls = [
            Call(like.contract, like.function, like.to, like.data[:-8] + words[start : start + 8], like.gas)
            for start in range(0, len(words), 8)
        ]
        both = zip(pieces(calls, CUSTOMERS_AT_ONCE), pieces(customers, CUSTOMERS_AT_ONCE), strict=True)
        for some, signed in ahead((some, crowd.sign(rows, some)) for some, rows in both):
            self._note(self._session.send_signed(some, signed, at))

    def _contest(self, held: Opened, since: int, at: int, later: Later) -> None:
        """The supplier stands by every bill; where nobody rules the appeals expire."""
        held = held.part(~self._moved(np.asarray(held.bills, np.int64), since))
        suppliers = self._plan.bills.supplier[held.rows].tolist()
        registry = self._system.registry
        calls = [
            (self._people.suppliers[supplier], registry.write("contest", bill, keccak256(bill.to_bytes(8, "big"))))
            for supplier, bill in zip(suppliers, held.bills.tolist(), strict=True)
        ]
        self._session.send(calls, at)
        later(at + self._scenario.periods.contest // 2, lambda when: self._rule(held, since, at, when, later))

    def _rule(self, contested: Opened, since: int, contested_at: int, at: int, later: Later) -> None:
        contested = contested.part(~self._moved(np.asarray(contested.bills, np.int64), since))
        left = contested.part(self._rulings.rule(contested.bills, contested.rows, at))
        if len(left.bills):
            ends = contested_at + self._scenario.periods.contest + MARGIN
            later(ends, lambda when: self._expire(left.bills, when))

    def _expire(self, bills: Ids, at: int) -> None:
        """The supplier was silent."""
        expire, keeper = self._system.registry.expire, self._people.keeper
        self._session.transact(keeper, *(expire(piece) for piece in pieces(bills, ANSWERS_A_CALL)), timestamp=at)
