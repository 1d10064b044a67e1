"""Everything an index knows of one bill, money and papers, in the order in which it happened."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from fairmeter.contracts.papering import digest_after, digest_before
from fairmeter.errors import InputError
from fairmeter.model import Utility
from fairmeter.papers.kinds import APPROVALS, Defect, Kind, named, needed
from fairmeter.tracing.store import Store
from fairmeter.tracing.tables import BILLS, BLOCKS, DOCUMENTS, LOG_BITS, MOVES, STAFF, SUPPLIERS, VERDICTS

DECISIONS: Final = {1: "PAY", 2: "APPEAL", 3: "INSUFFICIENT"}


@dataclass(frozen=True, slots=True)
class Move:
    """An event about the bill, or about all bills of its batch."""

    place: int
    """block << 24 | log."""
    at: int
    """Unix seconds."""
    transaction: int
    """Within the block."""
    contract: str
    event: str
    whole_batch: bool
    paid: int
    """Minor units."""
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was written, or returned."""

    number: int
    """Among the bill's, from 1."""
    place: int
    at: int
    transaction: int
    kind: Kind
    defect: Defect
    """NONE of what was written."""
    parents: tuple[int, ...]
    """Numbers of the documents that it rests on."""
    issuer: bytes
    person: int | None
    """Of the supplier's office; None for the ledger, or an unknown key."""
    amount: int
    tax: int
    content: bytes
    returned_by: int | None
    """Number of the return that felled it; None while it stands."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """One bill's."""

    bill: int
    supplier: str
    utility: str
    account: int
    start: int
    """Days since 1970-01-01."""
    days: int
    quantity: int
    amount: int
    replaces: int
    verdict: str | None
    actual_ppm: int | None
    expected_ppm: int | None
    moves: tuple[Move, ...]
    documents: tuple[Document, ...]
    block_hashes: Mapping[int, bytes | None] = field(repr=False)

    @property
    def paid(self) -> int:
        """Minor units, to the pending bucket or to the supplier."""
        return sum(move.paid for move in self.moves)

    @property
    def released(self) -> bool:
        """Whether its batch's pending bucket was released."""
        return any(move.event == "BatchReleased" for move in self.moves)

    @property
    def standing(self) -> tuple[Document, ...]:
        """The documents that stand."""
        return tuple(one for one in self.documents if one.defect is Defect.NONE and one.returned_by is None)

    def gaps(self) -> list[str]:
        """What is missing, or does not fit together, one line each."""
        found = [f"no {kind.label}" for kind in self._missing()]
        found += [f"{one.kind.label} returned: {one.defect.label}" for one in self._unmended()]
        amounts = {one.kind: one.amount for one in self.standing}
        if (invoiced := amounts.get(Kind.INVOICE, self.amount)) != self.amount:
            found.append(f"the invoice is over {invoiced}, the bill over {self.amount}")
        if Kind.PAID in amounts and amounts[Kind.PAID] != self.paid:
            found.append(f"the paid voucher says {amounts[Kind.PAID]}, the ledger {self.paid}")
        return found

    def _missing(self) -> list[Kind]:
        """Of a bill that is paid, all that its papers lack; of another, what lies before what is there."""
        standing = {one.kind for one in self.standing}
        levels = max((APPROVALS.index(kind) + 1 for kind in standing & set(APPROVALS)), default=1)
        every = needed(levels)
        wanted = (
            every if self.paid and self.released else every[: len([k for k in every if k < max(standing, default=0)])]
        )
        return [kind for kind in wanted if kind not in standing]

    def _unmended(self) -> list[Document]:
        """Returns whose document was not written anew."""
        standing = {one.kind for one in self.standing}
        return [one for one in self.documents if one.defect is not Defect.NONE and one.kind not in standing]


def lineage(store: Store, bill: int) -> Lineage:
    """One bill's. Raises InputError for a bill that the index does not know, and for documents of which one is missing:
    each names the digest of all before it."""
    with store.engine.connect() as connection:
        query = (
            sa.select(BILLS, SUPPLIERS.c.name, VERDICTS.c.decision, VERDICTS.c.actual_ppm, VERDICTS.c.expected_ppm)
            .outerjoin(SUPPLIERS, SUPPLIERS.c.supplier == BILLS.c.supplier)
            .outerjoin(VERDICTS, VERDICTS.c.bill == BILLS.c.bill)
            .where(BILLS.c.bill == bill)
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            raise InputError(f"bill {bill >> 16}/{bill & 0xFFFF}: the index knows no such bill")
        moves, hashes = _moves(connection, bill)
        documents, more = _documents(connection, bill, row.supplier)
    return Lineage(
        bill=bill, supplier=row.name or str(row.supplier), utility=Utility(row.utility).label, account=row.account,
        start=row.start, days=row.days, quantity=row.quantity, amount=row.amount, replaces=row.replaces,
        verdict=DECISIONS.get(row.decision), actual_ppm=row.actual_ppm, expected_ppm=row.expected_ppm,
        moves=moves, documents=documents, block_hashes=hashes | more,
    )  # fmt: skip


def _moves(connection: sa.Connection, bill: int) -> tuple[tuple[Move, ...], dict[int, bytes | None]]:
    columns = (MOVES, BLOCKS.c.at, BLOCKS.c.hash)
    # two questions of one index each, in place of one that neither serves
    rows: list[sa.Row[Any]] = []
    for condition in (MOVES.c.bill == bill, MOVES.c.batch == bill >> 16):
        query = sa.select(*columns).join(BLOCKS, BLOCKS.c.number == MOVES.c.block).where(condition)
        rows += connection.execute(query).all()
    rows.sort(key=lambda row: row.place)
    found = tuple(
        Move(
            row.place,
            row.at,
            row.transaction,
            row.contract,
            row.event,
            row.bill is None,
            row.paid,
            json.loads(row.detail),
        )
        for row in rows
    )
    return found, {row.block: row.hash for row in rows}


def _documents(
    connection: sa.Connection, bill: int, supplier: int
) -> tuple[tuple[Document, ...], dict[int, bytes | None]]:
    query = (
        sa.select(DOCUMENTS, BLOCKS.c.at, BLOCKS.c.hash)
        .join(BLOCKS, BLOCKS.c.number == DOCUMENTS.c.block)
        .where(DOCUMENTS.c.bill == bill)
        .order_by(DOCUMENTS.c.place)
    )
    rows = connection.execute(query).all()
    _check_digests(rows)
    issuers = {row.issuer for row in rows}
    staff = connection.execute(
        sa.select(STAFF.c.key, STAFF.c.person).where(STAFF.c.supplier == supplier, STAFF.c.key.in_(issuers))
    )
    people = {row.key: row.person for row in staff}
    current: dict[int, int] = {}
    fallen: dict[int, int] = {}
    for number, row in enumerate(rows, 1):
        if row.bit:
            current[row.kind] = number
            continue
        for kind in [kind for kind in current if row.fells >> kind & 1]:
            fallen[current.pop(kind)] = number
    found = tuple(
        Document(
            number, row.place, row.at, row.transaction, Kind(row.kind), Defect(row.defect), _parents(rows, number),
            row.issuer, people.get(row.issuer), row.amount, row.tax, row.content, fallen.get(number),
        )
        for number, row in enumerate(rows, 1)
    )  # fmt: skip
    return found, {row.block: row.hash for row in rows}


def _parents(rows: Sequence[sa.Row[Any]], number: int) -> tuple[int, ...]:
    """The last of each kind before it; of a return, what it returns."""
    row, before = rows[number - 1], rows[: number - 1]
    kinds = named(row.parents) if row.bit else (Kind(row.kind),)
    return tuple(max(n for n, one in enumerate(before, 1) if one.bit == 1 << kind) for kind in kinds)


def _check_digests(rows: Sequence[sa.Row[Any]]) -> None:
    digest = bytes(len(digest_before(bytes(32))))
    for number, row in enumerate(rows, 1):
        if digest_before(row.what) != digest:
            raise InputError(f"bill {row.bill >> 16}/{row.bill & 0xFFFF}: a document is missing before number {number}")
        digest = digest_after(row.what, row.by, row.content)


def block_of(place: int) -> int:
    """Of a move or document."""
    return place >> LOG_BITS


def bill_of(text: str) -> int:
    """A bill's id, from batch/index or a number. Raises InputError for anything else."""
    batch, slash, index = text.partition("/")
    if not batch.isdecimal() or (slash and not index.isdecimal()):
        raise InputError(f"{text}: expected a bill as batch/index, for instance 3/17, or as its number on chain")
    number = int(batch) << 16 | int(index) if slash else int(batch)
    if number >> 63 or (slash and int(index) >> 16):
        raise InputError(f"{text}: no bill has such a number")
    return number
