"""What became of each bill, from the ledger's and the registry's events: columns in the order of the bundle's bills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from fairmeter.bundle import SCHEMAS
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns
from fairmeter.errors import BundleError, ChainError
from fairmeter.model import BillState, Bools, Int64s, Reason

STATES: Final = ("settled", "pending", "waiting", "held", "arrears", "void", "unjudged")
"""Where an amount stands; every bill's amounts by state sum to what was billed."""

APPEALS: Final = {
    "AppealOpened": "open",
    "AppealOpenedByHand": "open",
    "AdjustmentOffered": "adjustment offered",
    "AppealContested": "contested",
    "AdjustmentAccepted": "adjusted",
    "AppealWithdrawn": "withdrawn",
    "AppealConceded": "conceded",
    "AppealExpired": "expired",
    "AppealRuled": "ruled",
    "AppealOverturned": "overturned",
}
"""The registry's events as outcomes, in the order in which an appeal goes through them."""

PLACES: Final = {
    "BillPending": BillState.PENDING,
    "BillHeld": BillState.HELD,
    "BillReclaimed": BillState.HELD,
    "BillWaiting": BillState.WAITING,
    "ArrearsOpened": BillState.ARREARS,
}
"""The ledger's events that say where a bill goes."""

EVENTS: Final = (
    *(("PaymentLedger", name) for name in (*PLACES, "BillPaid", "BillVoided", "BillReversed")),
    *(("PaymentLedger", name) for name in ("PaymentReturned", "ReclaimClosed")),
    *(("AppealRegistry", name) for name in APPEALS),
)
"""The contracts' events that name a bill and matter here."""

Event = dict[str, npt.NDArray[Any]]


class Events:
    """The events of a bundle that name a bill, and which bill each names, as its row in the bundle's bills."""

    def __init__(self, logs: Iterable[pa.Table], addresses: Mapping[str, bytes], keys: Int64s) -> None:
        """`logs` are parts of the logs in order, of which only the events' columns are kept; `keys` are the bills' ids.
        Raises BundleError for an event that cannot be decoded."""
        self._order = np.argsort(keys)
        self._keys = keys[self._order]
        self._columns = _gathered(logs, addresses)

    def of(self, contract: str, name: str) -> tuple[Event, Int64s]:
        """The columns of one of EVENTS, and (k,) the rows of the bills that they name. Raises BundleError for an event
        that names a bill that the bundle does not have."""
        event = self._columns[contract, name]
        return event, self._rows(event["bill"], f"{contract}.{name}")

    def _rows(self, ids: Int64s, event: str) -> Int64s:
        place = np.searchsorted(self._keys, ids)
        known = np.append(self._keys, -1)[place] == ids
        if not known.all():
            raise BundleError(f"logs.parquet: {event} names bill {ids[~known][0]}, which is not in bills.parquet")
        return self._order[place]


def _gathered(logs: Iterable[pa.Table], addresses: Mapping[str, bytes]) -> dict[tuple[str, str], Event]:
    """The columns of each of EVENTS, from one part of the logs after another."""
    parts: dict[tuple[str, str], list[Event]] = {event: [] for event in EVENTS}
    for some in chain([SCHEMAS["logs"].empty_table()], logs):
        for contract, name in EVENTS:
            try:
                event = event_columns(some, addresses[contract], interface(contract), name)
            except ChainError as error:
                raise BundleError(f"logs.parquet: {contract}.{name} cannot be read: {error}") from error
            parts[contract, name].append(event)
    return {
        event: {name: np.concatenate([part[name] for part in decoded]) for name in decoded[0]}
        for event, decoded in parts.items()
    }


def amounts_by_state(events: Events, amount: Int64s, judged: Bools, released: Bools) -> dict[str, Int64s]:
    """How much of each bill stands where at the run's end, minor units: (n,) by each of STATES, which sum to `amount`.

    judged: (n,) whether the bill has a verdict; released: (n,) whether its batch's pending bucket was released.
    """
    n = len(amount)
    void, collected, bucket = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    pending, rows = events.of("PaymentLedger", "BillPending")
    np.add.at(collected, rows, pending["amount"])
    np.add.at(bucket, rows, pending["amount"])
    paid, rows = events.of("PaymentLedger", "BillPaid")
    sums = paid["fromBalance"] + paid["fromHold"] + paid["fromPayer"]
    np.add.at(collected, rows, sums)
    np.add.at(bucket, rows, np.where(paid["toPending"] != 0, sums, 0))
    voided, rows = events.of("PaymentLedger", "BillVoided")
    np.add.at(void, rows, voided["amount"])
    # only a cancelled bill gives back what had been collected; else what is given back was held
    returned = np.where(voided["reason"] == Reason.CANCELLED, voided["refunded"], 0)
    np.subtract.at(collected, rows, returned)
    np.subtract.at(bucket, rows, returned)
    reversed_, rows = events.of("PaymentLedger", "BillReversed")
    back = np.where(reversed_["from"] == BillState.PENDING, reversed_["refunded"], 0)
    again = np.where(reversed_["to"] == BillState.PENDING, reversed_["taken"], 0)
    np.add.at(collected, rows, again - back)
    np.add.at(bucket, rows, again - back)
    _take_back(events, collected, bucket, void)
    pending_now = np.where(released, 0, bucket)
    open_ = amount - void - collected
    last = _last_places(events, n)
    places = {"arrears": BillState.ARREARS, "waiting": BillState.WAITING, "held": BillState.HELD}
    stands = {state: np.where(last == place, open_, 0) for state, place in places.items()}
    stands["unjudged"] = np.where((last == BillState.UNJUDGED) & ~judged, open_, 0)
    return {"settled": collected - pending_now, "pending": pending_now, "void": void, **stands}


def _take_back(events: Events, collected: Int64s, bucket: Int64s, void: Int64s) -> None:
    """What cancelled bills and appeals by hand take of what had been paid, and what such appeals leave paid."""
    back, rows = events.of("PaymentLedger", "PaymentReturned")
    np.add.at(void, rows, back["amount"])
    np.subtract.at(collected, rows, back["amount"])
    reclaimed, rows = events.of("PaymentLedger", "BillReclaimed")
    np.subtract.at(collected, rows, reclaimed["amount"] - reclaimed["owed"])
    np.subtract.at(bucket, rows, reclaimed["fromPending"])
    kept, rows = events.of("PaymentLedger", "ReclaimClosed")
    np.add.at(collected, rows, kept["kept"])


def appeal_outcomes(events: Events, n: int) -> pl.Series:
    """(n,) what the appeal against each bill came to, null where there was none."""
    stage = np.zeros(n, np.int64)
    for position, name in enumerate(APPEALS, 1):
        _, rows = events.of("AppealRegistry", name)
        np.maximum.at(stage, rows, position)
    # a challenge opens an appeal by moving the bill
    reversed_, rows = events.of("PaymentLedger", "BillReversed")
    np.maximum.at(stage, rows[reversed_["to"] == BillState.HELD], 1)
    labels = pl.Series([None, *APPEALS.values()], dtype=pl.String)
    return labels.gather(stage)


def arrears_reasons(events: Events, n: int) -> tuple[Int64s, Int64s]:
    """(n,) why each bill fell into arrears, as `Reason`, NONE for most, and (n,) how much was owed, minor units."""
    event, rows = events.of("PaymentLedger", "ArrearsOpened")
    reason, owed = np.zeros(n, np.int64), np.zeros(n, np.int64)
    reason[rows] = event["reason"]
    np.add.at(owed, rows, event["owed"])
    reversed_, rows = events.of("PaymentLedger", "BillReversed")
    out, into = reversed_["from"] == BillState.ARREARS, reversed_["to"] == BillState.ARREARS
    reason[rows[out]], owed[rows[out]] = Reason.NONE, 0
    reason[rows[into]], owed[rows[into]] = reversed_["reason"][into], reversed_["amount"][into]
    return reason, owed


def _last_places(events: Events, n: int) -> Int64s:
    """(n,) the `BillState` that each bill came to last, of those that an event tells; UNJUDGED where none does."""
    found: list[tuple[Int64s, Int64s, Int64s]] = []
    for name, place in PLACES.items():
        event, rows = events.of("PaymentLedger", name)
        found.append((_order(event), rows, np.full(len(rows), int(place))))
    reversed_, rows = events.of("PaymentLedger", "BillReversed")
    found.append((_order(reversed_), rows, reversed_["to"]))
    order, row, came_to = (np.concatenate(columns) for columns in zip(*found, strict=True))
    last = np.full(n, int(BillState.UNJUDGED), np.int64)
    by_time = np.argsort(order, kind="stable")
    last[row[by_time]] = came_to[by_time]
    return last


def _order(event: Event) -> Int64s:
    """(k,) ascending by transaction, then by place in it."""
    order: Int64s = (event["transaction"].astype(np.int64) << 32) | event["log"]
    return order
