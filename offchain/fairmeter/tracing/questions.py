"""What an auditor asks of all bills, by supplier and month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from fairmeter.model import Utility
from fairmeter.papers.invoices import Billed
from fairmeter.papers.kinds import APPROVALS, Kind
from fairmeter.tracing.store import Store
from fairmeter.tracing.tables import BILLS, DOCUMENTS, MOVES, STAFF, SUPPLIERS
from fairmeter.units import Money, date_of


class Question(StrEnum):
    """What is asked."""

    WITHOUT_INVOICE = "without-invoice"
    """Bills of which no invoice stands."""
    WITHOUT_VOUCHER = "without-voucher"
    """Bills that are paid, and of which no paid voucher stands."""
    TWO_LEVELS = "two-levels"
    """Bills that one person approved on two levels."""


@dataclass(frozen=True, slots=True)
class Found:
    """One bill that answers a question."""

    bill: int
    supplier: str
    month: int
    """Of the bill's last day, counted from January 1970."""
    amount: int
    """Minor units."""


def ask(
    store: Store,
    question: Question,
    *,
    supplier: str | None = None,
    month: int | None = None,
    people: Mapping[bytes, str] | None = None,
) -> list[Found]:
    """The bills that answer, by supplier and month, of a supplier or month alone if one is given. `people` names the
    person behind each key, from outside: without it people are those whom the supplier has declared."""
    if question is Question.WITHOUT_INVOICE:
        condition = ~_standing(Kind.INVOICE)
    elif question is Question.WITHOUT_VOUCHER:
        paid = sa.select(sa.func.coalesce(sa.func.sum(MOVES.c.paid), 0)).where(MOVES.c.bill == BILLS.c.bill)
        condition = (paid.scalar_subquery() > 0) & _released() & ~_standing(Kind.PAID)
    else:
        condition = _approved_twice(store, people)
    query = (
        sa.select(BILLS.c.bill, BILLS.c.month, BILLS.c.amount, SUPPLIERS.c.name)
        .join(SUPPLIERS, SUPPLIERS.c.supplier == BILLS.c.supplier)
        .where(condition)
        .order_by(SUPPLIERS.c.name, BILLS.c.month, BILLS.c.bill)
    )
    if supplier is not None:
        query = query.where(SUPPLIERS.c.name == supplier)
    if month is not None:
        query = query.where(BILLS.c.month == month)
    with store.engine.connect() as connection:
        return [Found(row.bill, row.name, row.month, row.amount) for row in connection.execute(query)]


def billed(store: Store, bill: int) -> Billed | None:
    """What the ledger says of a bill, for an invoice to be compared with; None if there is no such bill."""
    query = (
        sa.select(BILLS, SUPPLIERS.c.name, SUPPLIERS.c.owner)
        .join(SUPPLIERS, SUPPLIERS.c.supplier == BILLS.c.supplier)
        .where(BILLS.c.bill == bill)
    )
    one = DOCUMENTS.alias()
    invoices = sa.select(one.c.content).where(one.c.bill == bill, one.c.bit == 1 << Kind.INVOICE, _stands(one))
    with store.engine.connect() as connection:
        row = connection.execute(query).one_or_none()
        contents = tuple(connection.execute(invoices).scalars())
    if row is None:
        return None
    last = date_of(row.start + row.days - 1)
    return Billed(row.name, row.owner, Utility(row.utility), last, Money(row.amount), contents)


def _stands(document: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether no later return has felled a document."""
    later = DOCUMENTS.alias()
    felled = sa.select(later.c.place).where(
        later.c.bill == document.c.bill,
        later.c.place > document.c.place,
        later.c.fells.op("&")(document.c.bit) != 0,
    )
    return ~felled.exists()


def _standing(kind: Kind) -> sa.ColumnElement[bool]:
    one = DOCUMENTS.alias()
    found = sa.select(one.c.place).where(one.c.bill == BILLS.c.bill, one.c.bit == 1 << kind, _stands(one))
    return found.exists()


def _released() -> sa.ColumnElement[bool]:
    """Whether the batch's pending money is the supplier's."""
    released = sa.select(MOVES.c.place).where(
        MOVES.c.batch == BILLS.c.bill.op(">>")(16), MOVES.c.event == "BatchReleased"
    )
    return released.exists()


def _approved_twice(store: Store, people: Mapping[bytes, str] | None) -> sa.ColumnElement[bool]:
    """Bills whose standing approvals on two levels are of two keys of one person, or of one key."""
    with store.engine.connect() as connection:
        staff = connection.execute(sa.select(STAFF.c.key, STAFF.c.supplier, STAFF.c.person)).all()
    names = {row.key: (people or {}).get(row.key, f"{row.supplier}:{row.person}") for row in staff}
    first, second = DOCUMENTS.alias(), DOCUMENTS.alias()
    bits = [1 << kind for kind in APPROVALS]
    pairs = [(one, other) for one in names for other in names if names[one] == names[other]]
    if not pairs:
        return sa.false()
    found = sa.select(first.c.place).where(
        first.c.bill == BILLS.c.bill,
        second.c.bill == BILLS.c.bill,
        first.c.bit.in_(bits),
        second.c.bit.in_(bits),
        first.c.bit < second.c.bit,
        sa.or_(*(sa.and_(first.c.issuer == one, second.c.issuer == other) for one, other in pairs)),
        _stands(first),
        _stands(second),
    )
    return found.exists()
