"""Refund traffic of a run: customers who ask with cause, twice or for too much, colleagues who collude, and departments
that check, pay, send back, or sleep until their head is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import polars as pl

from fairmeter.chain.engine import SignedTransaction
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.merkle import merkle_proof
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.deploy import Deployment, System
from fairmeter.contracts.refunding import (
    Department,
    Proven,
    RefundFault,
    RefundReason,
    RefundSystem,
    RefundTerms,
    deploy_refunds,
)
from fairmeter.contracts.session import Call, Session
from fairmeter.model import BillState, Bools, Int64s, UInt8s
from fairmeter.simulation.answers import MARGIN, Later
from fairmeter.simulation.people import People
from fairmeter.simulation.plan import Plan
from fairmeter.simulation.refunds import Asleep, Refunds
from fairmeter.simulation.scenario import Scenario
from fairmeter.units import PPM, SECONDS_A_DAY

STEP: Final = SECONDS_A_DAY
"""What a department that is awake takes, seconds."""
HONEST, DUPLICATE, COLLUSION = "honest", "duplicate", "collusion"
ATTEMPTS: Final = pl.Schema(
    {
        "bill": pl.Int64,
        "at": pl.Int64,
        "kind": pl.String,
        "step": pl.String,
        "by": pl.String,
        "amount": pl.Int64,
        "refused": pl.String,
    }
)
"""Of every step that somebody tried: when, Unix seconds, who, minor units asked for, and the error, null where it was
taken."""
DEPARTMENTS: Final[Mapping[str, tuple[Department, ...]]] = {
    "clerk": (Department.MARKETING,),
    "reviewer": (Department.MARKETING, Department.FINANCE),
    "cashier": (Department.FINANCE,),
    "controller": (Department.FINANCE,),
    "head of marketing": (Department.MARKETING_HEAD,),
    "head of finance": (Department.FINANCE_HEAD,),
}
"""A supplier's people and where they are. The reviewer is of both departments, which lets nobody take two steps."""


@dataclass(frozen=True, slots=True)
class Order:
    """A refund that somebody means to get."""

    row: int
    """Its bill, in the file."""
    shown: Proven
    supplier: int
    """Its id."""
    kind: str
    amount: int
    version: int
    """What its people have looked at last."""
    papers: bytes
    faulty: bool = False
    """Finance will send it back once."""

    @property
    def bill(self) -> int:
        """Its id."""
        return self.shown.bill


@dataclass(slots=True)
class _Tried:
    """Attempts so far, in columns."""

    columns: dict[str, list[object]] = field(default_factory=lambda: {name: [] for name in ATTEMPTS})

    def note(self, values: Iterable[object]) -> None:
        for name, value in zip(self.columns, values, strict=True):
            self.columns[name].append(value)


class Refunding:
    """The people of all suppliers' departments, and the refunds of one run."""

    def __init__(
        self, scenario: Refunds, seed: int, plan: Plan, people: People, session: Session, later: Later
    ) -> None:
        self._scenario, self._plan, self._people, self._session, self._later = scenario, plan, people, session, later
        generator, count = np.random.default_rng([seed, 101]), len(plan.bills)
        drawn = generator.integers(PPM, size=(4, count))
        self._honest: Bools = drawn[0] < scenario.honest
        self._twice: Bools = drawn[1] < scenario.duplicates
        self._wrong: Bools = drawn[2] < scenario.wrong
        self._collusion: Bools = (drawn[3] < scenario.collusion) & ~self._honest
        self._staff = [
            {role: people.wallet(f"{role} of {name}") for role in DEPARTMENTS} for name in plan.bills.suppliers
        ]
        self._tried = _Tried()
        self.system: RefundSystem

    def set_up(self, system: System) -> None:
        """Deploy the desk, set its terms, and employ everyone; before the deployer gives its roles up."""
        scenario, deployer = self._scenario, self._people.funder
        self.system = deploy_refunds(self._session, system, deployer)
        staff = [wallet for own in self._staff for wallet in own.values()]
        self._session.send(self._people.fund(staff))
        terms = RefundTerms(scenario.limit, scenario.department_time, scenario.department_time)
        employed = [
            self.system.employ(department, supplier, own[role].address)
            for supplier, own in enumerate(self._staff, 1)
            for role, departments in DEPARTMENTS.items()
            for department in departments
        ]
        self._session.transact(deployer, self.system.desk.set_terms(terms), *employed)

    @property
    def deployment(self) -> Deployment:
        """The system's with the desk."""
        return self.system.deployment

    def attempts(self) -> pl.DataFrame:
        """Every step that somebody tried, as ATTEMPTS has it."""
        return pl.DataFrame(self._tried.columns, schema=ATTEMPTS)

    def released(self, batch: int, rows: Int64s, words: UInt8s, at: int) -> None:
        """A batch is settled: of `rows` (n,) in the file and `words` (n, 32) in order, some are asked back."""
        chosen = np.flatnonzero(self._honest[rows] | self._collusion[rows]).tolist()
        orders = [self._order(batch, index, int(rows[index]), words) for index in chosen]
        ledger = self.system.system.ledger
        settled = [order for order in orders if ledger.read("stateOf", order.bill) == BillState.SETTLED]
        if settled:
            self._later(at + STEP, lambda when: self._ask(settled, when))

    def _order(self, batch: int, index: int, row: int, words: UInt8s) -> Order:
        bill, honest = (batch << 16) | index, bool(self._honest[row])
        amount = int(self._plan.bills.amount[row])
        return Order(
            row=row,
            shown=Proven(bill, words[index].tobytes(), merkle_proof(words, index)),
            supplier=int(self._plan.bills.supplier[row]) + 1,
            kind=HONEST if honest else COLLUSION,
            amount=max(1, amount * self._scenario.part // PPM) if honest else amount,
            version=1,
            papers=_papers(bill, 0),
            faulty=honest and bool(self._wrong[row]),
        )

    # what is asked for

    def _ask(self, orders: Sequence[Order], at: int) -> None:
        """Customers for themselves; a clerk where there is no cause."""
        fraud, due = _divided(orders)
        asked = self._as_customers(due, at) + self._by("clerk", fraud, "request", at)
        self._wait(Asleep.MARKETING, asked, self._check, at)

    def _check(self, orders: Sequence[Order], by: str | None, at: int) -> None:
        """Marketing forwards, and its clerk tries what it asked for itself; what the ledger refuses it rejects."""
        fraud, due = _divided(orders)
        self._by("clerk", fraud, "forward", at)
        forwarded = self._by(by or "reviewer", due, "forward", at)
        self._by(by or "reviewer", _without(due, forwarded), "reject", at)
        forwarded += self._by("reviewer", fraud, "forward", at)
        self._wait(Asleep.FINANCE, forwarded, self._answer, at)

    def _answer(self, orders: Sequence[Order], by: str | None, at: int) -> None:
        """Finance pays what has cause and good papers; who forwarded what has none tries to pay it."""
        fraud, due = _divided(orders)
        self._by("reviewer", fraud, "pay", at)
        good = [order for order in due if not order.faulty]
        signed = self._by(by or "cashier", good, "pay", at)
        large = [order for order in signed if order.amount > self._scenario.limit]
        self._sign_twice(large, by or "cashier", at)
        self._ask_again(_without(signed, large), at)
        back = self._by(by or "cashier", _without(orders, good), "sendBack", at)
        self._wait(Asleep.MARKETING, back, self._correct, at)

    def _sign_twice(self, orders: Sequence[Order], by: str, at: int) -> None:
        """Who has signed tries again; another does, a day later, or where finance sleeps when it wakes."""
        if not orders:
            return
        self._by(by, orders, "pay", at)
        wakes = self._scenario.department_time if self._scenario.asleep is Asleep.FINANCE else STEP
        self._later(at + wakes, lambda when: self._ask_again(self._by("controller", orders, "pay", when), when))

    def _correct(self, orders: Sequence[Order], by: str | None, at: int) -> None:
        """Marketing corrects what was faulty; colleagues bring the same again, then other papers, and then give up."""
        fraud, due = _divided(orders)
        self._by("reviewer", fraud, "resubmit", at)
        first = [_corrected(order) for order in fraud if order.version == 1]
        forwarded = self._by("reviewer", first, "resubmit", at)
        forwarded += self._by(by or "reviewer", [_corrected(order) for order in due], "resubmit", at)
        self._by("clerk", _without(fraud, first), "cancel", at)
        after = [replace(order, version=order.version + 1) for order in forwarded]
        self._wait(Asleep.FINANCE, after, self._answer, at)

    def _ask_again(self, paid: Sequence[Order], at: int) -> None:
        """Some customers ask twice for what they have: by the same papers, and then for the whole bill by others."""
        twice = [
            replace(order, kind=DUPLICATE, version=order.version + 1)
            for order in paid
            if order.kind == HONEST and self._twice[order.row]
        ]
        if twice:
            self._later(at + STEP, lambda when: self._duplicate(twice, when))

    def _duplicate(self, orders: Sequence[Order], at: int) -> None:
        self._as_customers(orders, at)
        amounts = self._plan.bills.amount
        self._ask([replace(_corrected(order), amount=int(amounts[order.row])) for order in orders], at)

    def _wait(
        self,
        department: Asleep,
        orders: Sequence[Order],
        act: Callable[[Sequence[Order], str | None, int], None],
        at: int,
    ) -> None:
        """Have a department act a day later; if it sleeps somebody calls its head when the time is over."""
        if not orders:
            return
        if self._scenario.asleep is not department:
            self._later(at + STEP, lambda when: act(orders, None, when))
            return

        def escalate(when: int) -> None:
            self._try(self._people.keeper, "anyone", orders, "escalate", when)
            act(orders, f"head of {department}", when)

        self._later(at + self._scenario.department_time + MARGIN, escalate)

    # sending

    def _by(self, role: str, orders: Sequence[Order], step: str, at: int) -> list[Order]:
        """A step of each order by someone of its supplier's; those that were taken."""
        taken: list[Order] = []
        for supplier in sorted({order.supplier for order in orders}):
            own = [order for order in orders if order.supplier == supplier]
            taken += self._try(self._staff[supplier - 1][role], role, own, step, at)
        return taken

    def _as_customers(self, orders: Sequence[Order], at: int) -> list[Order]:
        """Each customer's request for itself."""
        rows = np.array([self._plan.bills.customer[order.row] for order in orders], np.int64)
        self._session.send(self._people.fund_customers(rows), at)
        calls = [self._call(order, "request") for order in orders]
        signed = self._people.customers.sign(rows, calls) if calls else []
        return self._attempt("customer", orders, "request", calls, signed, at)

    def _try(self, wallet: Wallet, role: str, orders: Sequence[Order], step: str, at: int) -> list[Order]:
        calls = [self._call(order, step) for order in orders]
        signed = [wallet.sign(call.to, call.data, call.value, gas=call.gas) for call in calls]
        return self._attempt(role, orders, step, calls, signed, at)

    def _attempt(
        self,
        role: str,
        orders: Sequence[Order],
        step: str,
        calls: Sequence[Call],
        signed: Sequence[SignedTransaction],
        at: int,
    ) -> list[Order]:
        """Send what the contracts may refuse, and note what became of it; those that were taken."""
        receipts = self._session.attempt(calls, signed, at)
        taken = []
        for place, order in enumerate(orders):
            refused = None
            if receipts.status[place]:
                taken.append(order)
            else:
                refused = interface("RefundDesk").decode_error(receipts.reverts.get(place, b""), step).error
            when = int(receipts.timestamp[place])
            self._tried.note((order.bill, when, order.kind, step, role, order.amount, refused))
        return taken

    def _call(self, order: Order, step: str) -> Call:
        desk, bill, version = self.system.desk, order.bill, order.version
        fault = RefundFault.DOCUMENTS if order.faulty else RefundFault.NOT_DUE
        content = (order.amount, RefundReason.OVERBILLED, order.papers)
        steps: Mapping[str, Callable[[], Call]] = {
            "request": lambda: desk.request(order.shown, *content),
            "forward": lambda: desk.forward(order.shown, version),
            "reject": lambda: desk.reject(bill, version, RefundFault.DUPLICATE),
            "pay": lambda: desk.pay(bill, version),
            "sendBack": lambda: desk.send_back(bill, version, fault),
            "resubmit": lambda: desk.resubmit(bill, version, *content),
            "cancel": lambda: desk.cancel(bill, version),
            "escalate": lambda: desk.escalate(bill, version),
        }
        return steps[step]()


def begin(
    scenario: Scenario, plan: Plan, people: People, session: Session, system: System, later: Later
) -> Refunding | None:
    """Refunds as the scenario has them, set up; None where nobody refunds."""
    if scenario.refunds is None:
        return None
    refunding = Refunding(scenario.refunds, scenario.seed, plan, people, session, later)
    refunding.set_up(system)
    return refunding


def _divided(orders: Sequence[Order]) -> tuple[list[Order], list[Order]]:
    """Those without cause, which colleagues ask for, and the others."""
    fraud = [order for order in orders if order.kind == COLLUSION]
    return fraud, [order for order in orders if order.kind != COLLUSION]


def _without(orders: Sequence[Order], others: Sequence[Order]) -> list[Order]:
    bills = {order.bill for order in others}
    return [order for order in orders if order.bill not in bills]


def _corrected(order: Order) -> Order:
    """With other papers."""
    return replace(order, papers=_papers(order.bill, order.version), faulty=False)


def _papers(bill: int, version: int) -> bytes:
    """The root over the hashes of what a request rests on: of one document, its hash."""
    return keccak256(f"refund of {bill}, papers {version}".encode())
