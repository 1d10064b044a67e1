"""Every refund, followed by its events through a state machine in its plainest form, and compared with the ledger's
money, with who was of which department, and with what the replayed desk keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fairmeter.audit.departments import Departments
from fairmeter.audit.findings import MAX_FINDINGS, Check, Finding
from fairmeter.audit.money import Rebuilt
from fairmeter.audit.record import LOG_BITS, order_of
from fairmeter.chain.keccak import keccak256
from fairmeter.contracts.clients import PaymentLedger
from fairmeter.contracts.refunding import Department, RefundDesk, RefundState
from fairmeter.model import BillState

REFUNDS: Final = {
    "REFUND-01": "refunds of a bill, paid and set aside, are at most what was paid of it",
    "REFUND-02": "who asks for a refund, forwards it and pays it are different, none gets it; above the limit two sign",
    "REFUND-03": "what is set aside is what orders at finance ask for, and what is paid goes to the bill's account",
    "REFUND-04": "an order's state follows from its steps, no content is reviewed twice, no deadline moves money",
}
STEPS: Final[Mapping[str, tuple[frozenset[RefundState], RefundState | None]]] = {
    "RefundRequested": (
        frozenset({RefundState.NONE, RefundState.PAID, RefundState.CANCELLED, RefundState.REJECTED}),
        RefundState.REQUESTED,
    ),
    "RefundForwarded": (frozenset({RefundState.REQUESTED}), RefundState.FORWARDED),
    "RefundRejected": (frozenset({RefundState.REQUESTED}), RefundState.REJECTED),
    "RefundSigned": (frozenset({RefundState.FORWARDED}), RefundState.SIGNED),
    "RefundCompleted": (frozenset({RefundState.FORWARDED, RefundState.SIGNED}), RefundState.PAID),
    "RefundReturned": (frozenset({RefundState.FORWARDED, RefundState.SIGNED}), RefundState.RETURNED),
    "RefundResubmitted": (frozenset({RefundState.RETURNED}), RefundState.FORWARDED),
    "RefundCancelled": (
        frozenset({RefundState.REQUESTED, RefundState.FORWARDED, RefundState.SIGNED, RefundState.RETURNED}),
        RefundState.CANCELLED,
    ),
    "RefundEscalated": (
        frozenset({RefundState.REQUESTED, RefundState.FORWARDED, RefundState.SIGNED, RefundState.RETURNED}),
        None,
    ),
}
"""The desk's events: in which states each may come, and into which it brings the order; None for the same."""
AT_FINANCE: Final = frozenset({RefundState.FORWARDED, RefundState.SIGNED})
MONEY: Final = ("RefundReserved", "RefundReleased", "RefundPaid")
"""The ledger's."""
NOBODY: Final = bytes(20)
PAID: Final = (BillState.SETTLED, BillState.PENDING)
"""Of a bill whose batch is released both are the supplier's."""


@dataclass(slots=True)
class _Order:
    """A bill's refund."""

    state: RefundState = RefundState.NONE
    version: int = 0
    account: int = 0
    amount: int = 0
    since: int = 0
    escalated: bool = False
    requester: bytes = NOBODY
    marketing: bytes = NOBODY
    signer: bytes = NOBODY
    reserved: int = 0


@dataclass(frozen=True, slots=True)
class _Event:
    """One of the desk's, or of the ledger's about a refund."""

    order: int
    name: str
    bill: int
    values: Mapping[str, Any]
    """Integers, and addresses of 20 bytes."""


def check_refunds(rebuilt: Rebuilt, desk: RefundDesk | None, ledger: PaymentLedger | None) -> list[Check]:
    """A check for each of REFUNDS; `desk` and `ledger` are the replayed chain's at its end, None where nothing was
    replayed."""
    return _Followed(rebuilt).checks(desk, ledger)


class _Followed:
    """All refunds of a run."""

    def __init__(self, rebuilt: Rebuilt) -> None:
        self._rebuilt, self._record = rebuilt, rebuilt.record
        self._departments = Departments(self._record)
        self._terms = [(order, one["terms"]) for order, one in self._record.decoded("RefundDesk", "RefundTermsSet")]
        self._orders: dict[int, _Order] = {}
        self._seen: set[bytes] = set()
        self._findings: dict[str, list[Finding]] = {name: [] for name in REFUNDS}
        money = [event for name in MONEY for event in self._events("PaymentLedger", name)]
        self._money = {(event.order >> LOG_BITS, event.bill, event.name): event for event in money}
        reclaimed = self._record.ledger("BillReclaimed")
        self._taken = set(zip(reclaimed["transaction"].tolist(), reclaimed["bill"].tolist(), strict=True))

    def checks(self, desk: RefundDesk | None, ledger: PaymentLedger | None) -> list[Check]:
        """Follow everything, and compare what is left with the chain's own word."""
        events = [event for name in STEPS for event in self._events("RefundDesk", name)]
        taken = [event for event in self._money.values() if (event.order >> LOG_BITS, event.bill) in self._taken]
        for event in sorted([*events, *taken], key=lambda one: one.order):
            if event.name in MONEY:
                self._taken_by_appeal(event)
            else:
                self._follow(event)
        for event in self._money.values():
            self._differs("REFUND-03", event, "no refund's money moved by itself", event.name)
        if desk is not None and ledger is not None:
            self._compare(desk, ledger)
        count = len(events)
        return [Check(name, text, count, tuple(self._findings[name][:MAX_FINDINGS])) for name, text in REFUNDS.items()]

    def _events(self, contract: str, name: str) -> Iterator[_Event]:
        columns = self._record.columns(contract, name)
        lists = {
            key: column.tolist() if column.ndim == 1 else [row.tobytes() for row in column]
            for key, column in columns.items()
        }
        for place, order in enumerate(order_of(columns).tolist()):
            values = {key: column[place] for key, column in lists.items()}
            yield _Event(order, name, values["bill"], values)

    # one event after the other

    def _follow(self, event: _Event) -> None:
        order = self._orders.setdefault(event.bill, _Order())
        states, target = STEPS[event.name]
        if order.state not in states:
            self._differs("REFUND-04", event, " or ".join(sorted(state.name for state in states)), order.state.name)
        new = event.name in ("RefundRequested", "RefundResubmitted")
        if event.values["version"] != order.version + new:
            self._differs("REFUND-04", event, f"version {order.version + new}", f"version {event.values['version']}")
        if new:
            self._content(event, order)
        self._who(event, order)
        self._when(event, order)
        self._moved(event, order)
        if target is None:
            order.escalated = True
            return
        order.signer = _address(event, "finance") if target is RefundState.SIGNED else NOBODY
        order.state, order.since, order.escalated = target, self._time(event), False

    def _content(self, event: _Event, order: _Order) -> None:
        """What is asked for is new; of a bill that was posted."""
        numbers = (event.bill, event.values["amount"], event.values["reason"])
        content = keccak256(b"".join(one.to_bytes(32, "big") for one in numbers) + event.values["attachments"])
        if content in self._seen:
            self._differs("REFUND-04", event, "a content that was not reviewed before", f"0x{content.hex()}")
        self._seen.add(content)
        order.version, order.amount = event.values["version"], event.values["amount"]
        if event.name == "RefundRequested":
            (row,) = self._rebuilt.posted.rows(np.array([event.bill]))
            most, account = (
                int(column[row]) for column in (self._rebuilt.posted.amounts, self._rebuilt.posted.accounts)
            )
            if not 0 < order.amount <= most:
                self._differs("REFUND-01", event, f"1 to {most}", order.amount)
            if event.values["account"] != account:
                self._differs("REFUND-03", event, f"account {account}", f"account {event.values['account']}")
            order.account = account
            order.requester, order.marketing = _address(event, "requester"), NOBODY

    def _who(self, event: _Event, order: _Order) -> None:
        """Whoever takes a step is of the department, and has no other part in the refund."""
        known, supplier = self._departments, order.account >> 32
        owner = known.owner(order.account)
        match event.name:
            case "RefundRequested":
                who = order.requester
                party = who == owner or known.is_agent(who, order.account, event.order)
                if not party and not known.is_of(Department.MARKETING, supplier, who, event.order):
                    self._differs("REFUND-02", event, "a party", f"0x{who.hex()}")
            case "RefundForwarded" | "RefundRejected" | "RefundResubmitted":
                who = _address(event, "marketing")
                self._apart(event, who, (order.requester, owner))
                self._of(event, order, Department.MARKETING, who)
                if event.name != "RefundRejected":
                    order.marketing = who
            case "RefundSigned" | "RefundCompleted" | "RefundReturned":
                who = _address(event, "finance")
                signer = order.signer if event.name == "RefundCompleted" else NOBODY
                self._apart(event, who, (order.requester, owner, order.marketing, signer))
                self._of(event, order, Department.FINANCE, who)
            case "RefundCancelled":
                who = _address(event, "by")
                if who != order.requester:
                    self._of(event, order, Department.MARKETING, who)

    def _apart(self, event: _Event, who: bytes, others: tuple[bytes, ...]) -> None:
        if who in others:
            self._differs("REFUND-02", event, "somebody who has no other part in it", f"0x{who.hex()}")

    def _of(self, event: _Event, order: _Order, department: Department, who: bytes) -> None:
        supplier = order.account >> 32
        head = Department.MARKETING_HEAD if department is Department.MARKETING else Department.FINANCE_HEAD
        called = order.escalated and self._departments.is_of(head, supplier, who, event.order)
        if not called and not self._departments.is_of(department, supplier, who, event.order):
            self._differs("REFUND-02", event, f"somebody of {department.name} of supplier {supplier}", f"0x{who.hex()}")

    def _when(self, event: _Event, order: _Order) -> None:
        """One signature up to the limit, two above it; nothing is escalated before its time, or twice."""
        terms = [one for at, one in self._terms if at < event.order][-1]
        if event.name == "RefundSigned" and order.amount <= terms["limit"]:
            self._differs("REFUND-02", event, f"more than {terms['limit']}", order.amount)
        if event.name == "RefundCompleted" and order.state is RefundState.FORWARDED and order.amount > terms["limit"]:
            self._differs("REFUND-02", event, f"at most {terms['limit']} by one signature", order.amount)
        if event.name == "RefundEscalated":
            time = terms["financeTime" if order.state in AT_FINANCE else "marketingTime"]
            if order.escalated or self._time(event) < order.since + time:
                self._differs("REFUND-04", event, f"once, from {order.since + time} on", self._time(event))

    def _moved(self, event: _Event, order: _Order) -> None:
        """The ledger's money moves with the order, as much as it asks for."""
        match event.name:
            case "RefundForwarded" | "RefundResubmitted":
                self._money_of(event, "RefundReserved", order, order.amount)
                order.reserved = order.amount
                self._covered(event, order)
            case "RefundCompleted":
                self._money_of(event, "RefundPaid", order, order.reserved)
                if event.values["amount"] != order.amount or order.reserved != order.amount:
                    self._differs("REFUND-03", event, f"{order.amount} set aside and paid", order.reserved)
                order.reserved = 0
            case "RefundReturned" | "RefundCancelled":
                if order.reserved:
                    self._money_of(event, "RefundReleased", order, order.reserved)
                order.reserved = 0

    def _money_of(self, event: _Event, name: str, order: _Order, amount: int) -> None:
        found = self._money.pop((event.order >> LOG_BITS, event.bill, name), None)
        expected = f"{name} of {amount} for account {order.account}"
        if found is None:
            self._differs("REFUND-03", event, expected, "none")
        elif (found.values["amount"], found.values["account"]) != (amount, order.account):
            said = f"{found.values['amount']} for account {found.values['account']}"
            self._differs("REFUND-03", event, expected, said)

    def _taken_by_appeal(self, event: _Event) -> None:
        """An appeal by hand has what was set aside."""
        order = self._orders.setdefault(event.bill, _Order())
        if event.name == "RefundReleased" and event.values["amount"] == order.reserved != 0:
            del self._money[event.order >> LOG_BITS, event.bill, event.name]
        order.reserved = 0

    def _covered(self, event: _Event, order: _Order) -> None:
        """What is set aside is still paid of the bill, after all that was refunded of it before."""
        moves, (row,) = self._rebuilt.moves, self._rebuilt.posted.rows(np.array([event.bill]))
        own = slice(*np.searchsorted(moves.row, [row, row + 1]))
        before = moves.order[own] < event.order
        into, out = (np.isin(states[own], PAID) & before for states in (moves.target, moves.source))
        paid = int(moves.amount[own][into].sum() - moves.amount[own][out].sum())
        if order.reserved > paid:
            self._differs("REFUND-01", event, f"at most {paid}", order.reserved)

    # the chain's own word

    def _compare(self, desk: RefundDesk, ledger: PaymentLedger) -> None:
        for bill, order in self._orders.items():
            found = desk.order_of(bill)
            for name in ("state", "version", "account", "amount", "since", "escalated", "requester", "marketing"):
                if getattr(order, name) != getattr(found, name):
                    where = f"refund of bill {_bill(bill)}, {name} at the end"
                    self._note("REFUND-04", where, getattr(order, name), getattr(found, name))
            record = ledger.read("recordOf", bill)
            reserved = record["amount"] - record["money"] if record["state"] == BillState.SETTLED else 0
            if reserved != order.reserved:
                self._note("REFUND-03", f"bill {_bill(bill)}, set aside at the end", order.reserved, reserved)

    def _time(self, event: _Event) -> int:
        """Of its block, Unix seconds."""
        return int(self._record.times[event.order >> LOG_BITS])

    def _differs(self, name: str, event: _Event, expected: object, found: object) -> None:
        where = f"transaction {event.order >> LOG_BITS}, {event.name} of bill {_bill(event.bill)}"
        self._note(name, where, expected, found)

    def _note(self, name: str, where: str, expected: object, found: object) -> None:
        self._findings[name].append(Finding(name, where, str(expected), str(found)))


def _address(event: _Event, name: str) -> bytes:
    return bytes(event.values[name][12:])


def _bill(bill: int) -> str:
    return f"{bill & 0xFFFF} of batch {bill >> 16}"
