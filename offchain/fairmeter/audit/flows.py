"""Every movement of bills and money, rebuilt from events alone: columns, in the order in which they happened.

A bill's amount is in one or more states at a time (a part may be paid, a part void); each event moves a part of it from
the state that the bill was in to another. The release of a batch is no event of a bill: its bills' pending parts are
settled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.audit.batches import Posting
from fairmeter.audit.record import LOG_BITS, ChainRecord, Columns, order_of
from fairmeter.errors import ChainError
from fairmeter.model import BillState, Bools, Int64s

BILL_EVENTS: Final = (
    "BillPending",
    "BillHeld",
    "BillWaiting",
    "ArrearsOpened",
    "BillVoided",
    "BillPaid",
    "BillReversed",
    "BillReclaimed",
    "ReclaimClosed",
    "PaymentReturned",
    "RefundReserved",
    "RefundReleased",
    "RefundPaid",
    "ReturnKept",
    "ReturnCollected",
)


@dataclass(frozen=True, slots=True)
class PostedBills:
    """All posted bills, n rows in the order of their ids."""

    ids: Int64s
    """batch << 16 | index."""
    accounts: Int64s
    amounts: Int64s
    """Minor units."""
    orders: Int64s
    """When they were posted, as `order_of` counts."""

    def rows(self, ids: Int64s) -> Int64s:
        """Where each bill stands. Raises ChainError for a bill that was not posted."""
        rows = np.minimum(np.searchsorted(self.ids, ids), max(len(self.ids) - 1, 0))
        unknown = ids[self.ids[rows] != ids] if len(self.ids) else ids
        if len(unknown):
            raise ChainError(f"an event names bill {unknown[0]}, which was not posted")
        return rows


@dataclass(frozen=True, slots=True)
class BillMoves:
    """k movements of bills, sorted by bill, then by time."""

    event: Int64s
    """Index into BILL_EVENTS."""
    row: Int64s
    """Of the bill, in PostedBills."""
    account: Int64s
    order: Int64s
    source: Int64s
    """The state that the bill was in, `BillState`."""
    target: Int64s
    amount: Int64s
    """Of the bill, that moves from `source` to `target`; minor units."""
    balance: Int64s
    """What the account's free balance changes by; minor units."""
    hold: Int64s
    """What the holds change by."""
    credit: Int64s
    """What the supplier's credit changes by."""

    def named(self, event: str) -> Bools:
        """(k,) which movements are of that event."""
        return np.equal(self.event, BILL_EVENTS.index(event))


@dataclass(frozen=True, slots=True)
class Flow:
    """Changes of one sum: when, and by how much."""

    order: Int64s
    delta: Int64s

    def at(self, orders: Int64s) -> Int64s:
        """The sum just before each of `orders`."""
        sequence = np.argsort(self.order, kind="stable")
        sums = np.concatenate([[0], np.cumsum(self.delta[sequence])])
        return sums[np.searchsorted(self.order[sequence], orders)]


def before_transaction(transactions: Int64s) -> Int64s:
    """The place before a transaction's first log."""
    return transactions << LOG_BITS


def join(*flows: Flow) -> Flow:
    """Changes of one sum from several kinds of events."""
    return Flow(np.concatenate([one.order for one in flows]), np.concatenate([one.delta for one in flows]))


def posted_bills(record: ChainRecord, postings: Sequence[Posting]) -> PostedBills:
    """The bills of all postings."""
    orders = order_of(record.ledger("BillsPosted"))
    parts = [
        (
            (np.int64(posting.batch) << 16) + np.arange(len(posting.words)),
            posting.accounts,
            posting.bills.amount,
            np.full(len(posting.words), order),
        )
        for posting, order in zip(postings, orders, strict=True)
    ]
    empty = np.zeros(0, np.int64)
    columns = [np.concatenate([empty, *column]) for column in zip(*parts, strict=True)] if parts else [empty] * 4
    return PostedBills(*columns)


def bill_moves(record: ChainRecord, posted: PostedBills) -> BillMoves:
    """All events of bills as movements, with the state that each bill was in."""
    joined: dict[str, list[Int64s]] = {name: [] for name in ("event", "row", "account", "order", *COLUMNS)}
    for number, name in enumerate(BILL_EVENTS):
        event = record.ledger(name)
        rows = posted.rows(event["bill"])
        for effect in _effects(name, event, posted.amounts[rows]):
            joined["event"].append(np.full(len(rows), number))
            joined["row"].append(rows)
            joined["account"].append(event["account"])
            joined["order"].append(order_of(event))
            for column, values in effect.items():
                joined[column].append(values)
    columns = {name: np.concatenate(parts).astype(np.int64) for name, parts in joined.items()}
    sequence = np.lexsort((columns["order"], columns["row"]))
    columns = {name: column[sequence] for name, column in columns.items()}
    told = columns.pop("source")
    source = np.where(told == UNTOLD, _sources(columns["row"], columns["target"]), told)
    # what is refunded of a void bill comes from its hold, if it was held
    void = columns["event"] == BILL_EVENTS.index("BillVoided")
    columns["hold"] -= np.where(void & (source == BillState.HELD), columns["balance"], 0)
    return BillMoves(source=source, **columns)


COLUMNS: Final = ("source", "target", "amount", "balance", "hold", "credit")
UNTOLD: Final = -1
"""The source of a movement whose event does not tell it."""


def _effects(name: str, event: Columns, amounts: Int64s) -> Sequence[Mapping[str, Int64s]]:
    """The columns of COLUMNS for events of one name, for each movement of an event; `amounts` are the bills' own."""
    if name == "BillReclaimed":
        return _reclaimed(event)
    if name == "ReclaimClosed":
        return [_reclaim_closed(event)]
    if name == "BillReversed":
        return [_reversed(event)]
    if name.startswith("Return"):
        return [_returned(name, event["amount"])]
    if name.startswith("Refund"):
        return [_refund(name, event["amount"])]
    return [_paid(event) if name == "BillPaid" else _single(name, event, amounts)]


def _single(name: str, event: Columns, amounts: Int64s) -> Mapping[str, Int64s]:
    match name:
        case "BillPending":
            return _moved(amounts, BillState.PENDING, amount=event["amount"], balance=-event["amount"])
        case "BillHeld":
            return _moved(amounts, BillState.HELD, amount=amounts, balance=-event["held"], hold=event["held"])
        case "BillWaiting":
            return _moved(amounts, BillState.WAITING, amount=event["amount"])
        case "ArrearsOpened":
            return _moved(amounts, BillState.ARREARS, amount=event["owed"])
        case "BillVoided":
            return _moved(amounts, BillState.VOID, amount=event["amount"], balance=event["refunded"])
        case _:
            back = event["amount"]
            return _moved(amounts, BillState.VOID, BillState.SETTLED, amount=back, balance=back, credit=-back)


def _refund(name: str, amount: Int64s) -> Mapping[str, Int64s]:
    """Set aside for a refund, or given back, the bill stays settled; paid, that part of it is void."""
    settled = BillState.SETTLED
    if name == "RefundPaid":
        return _moved(amount, BillState.VOID, settled, amount=amount, balance=amount, hold=-amount)
    aside = amount if name == "RefundReserved" else -amount
    return _moved(amount, settled, settled, amount=np.zeros(len(amount), np.int64), hold=aside, credit=-aside)


def _returned(name: str, amount: Int64s) -> Mapping[str, Int64s]:
    """What was given back of a bill that a credit line had paid is set aside from the balance, and fetched by the line;
    the bill stays where it is."""
    settled, kept = BillState.SETTLED, amount if name == "ReturnKept" else np.zeros(len(amount), np.int64)
    hold = amount if name == "ReturnKept" else -amount
    return _moved(amount, settled, settled, amount=np.zeros(len(amount), np.int64), balance=-kept, hold=hold)


def _moved(
    like: Int64s, target: BillState, source: BillState | int = UNTOLD, **columns: Int64s
) -> Mapping[str, Int64s]:
    none = np.zeros(len(like), np.int64)
    whole = {"target": np.full(len(like), int(target), np.int64), "source": np.full(len(like), int(source), np.int64)}
    return {"balance": none, "hold": none, "credit": none, **whole, **columns}


def _reclaimed(event: Columns) -> Sequence[Mapping[str, Int64s]]:
    """What was pending, owed and settled of a bill is held; with the last part credit and bond are set aside."""
    pending, owed = event["fromPending"], event["owed"]
    settled, credit, bond = event["amount"] - pending - owed, event["fromCredit"], event["bond"]
    return [
        _moved(pending, BillState.HELD, BillState.PENDING, amount=pending, hold=pending),
        _moved(owed, BillState.HELD, BillState.ARREARS, amount=owed),
        _moved(
            settled,
            BillState.HELD,
            BillState.SETTLED,
            amount=settled,
            hold=credit + bond,
            credit=-credit,
            balance=-bond,
        ),
    ]


def _reclaim_closed(event: Columns) -> Mapping[str, Int64s]:
    """What stays paid is settled again; the rest of the bill is told by other events."""
    bond, lost = event["bond"], event["bondLost"]
    return _moved(
        bond,
        BillState.SETTLED,
        BillState.HELD,
        amount=event["kept"],
        hold=-event["toSupplier"] - event["refunded"] - bond,
        credit=event["toSupplier"] + bond * lost,
        balance=event["refunded"] + bond * (1 - lost),
    )


def _paid(event: Columns) -> Mapping[str, Int64s]:
    paid = event["fromBalance"] + event["fromHold"] + event["fromPayer"]
    pending = event["toPending"] > 0
    return {
        "source": np.full(len(paid), UNTOLD),
        "target": np.where(pending, BillState.PENDING, BillState.SETTLED),
        "amount": paid,
        "balance": event["refunded"] - event["fromBalance"],
        "hold": -event["fromHold"] - event["refunded"],
        "credit": np.where(pending, 0, paid),
    }


def _reversed(event: Columns) -> Mapping[str, Int64s]:
    from_hold, to_hold = (event[state] == BillState.HELD for state in ("from", "to"))
    return {
        "source": event["from"],
        "target": event["to"],
        "amount": event["amount"],
        "balance": event["refunded"] - event["taken"],
        "hold": event["taken"] * to_hold - event["refunded"] * from_hold,
        "credit": np.zeros(len(event["to"]), np.int64),
    }


def _sources(row: Int64s, target: Int64s) -> Int64s:
    """The state of each movement's bill just before it: the target of the last movement that gave the bill a state, as
    a part that is paid or void leaves the rest where it is; UNJUDGED before the first. Sorted by bill, then time."""
    gives = (target != BillState.SETTLED) & (target != BillState.VOID)
    place = np.arange(len(row))
    last = np.maximum.accumulate(np.where(gives, place, -1))
    previous = np.concatenate([[-1], last[:-1]])[: len(row)]
    first = np.searchsorted(row, row)  # the bill's first movement
    return np.where(previous >= first, target[np.maximum(previous, 0)], BillState.UNJUDGED).astype(np.int64)
