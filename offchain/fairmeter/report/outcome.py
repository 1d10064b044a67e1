"""What became of each bill, from the ledger's and the registry's events: columns in the order of the bundle's bills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

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
    *(("PaymentLedger", name) for name in ("PaymentReturned", "RefundPaid", "ReclaimClosed")),
    *(("AppealRegistry", name) for name in APPEALS),
)
"""The contracts' events that name a bill and matter here."""

Event = dict[str, npt.NDArray[Any]]
Named = Mapping[tuple[str, str], tuple[Event, Int64s]]
"""EVENTS, each with (k,) the rows of the bills that it names."""


class Places:
    """Where n bills stand in a table, by their ids."""

    def __init__(self, keys: Int64s) -> None:
        """`keys`: (n,) the ids."""
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def find(self, ids: Int64s) -> tuple[Int64s, Bools]:
        """(k,) the rows of `ids`, and whether there is one: 0 where there is none."""
        if not len(self._keys):
            return np.zeros(len(ids), np.int64), np.zeros(len(ids), np.bool_)
        place = np.minimum(np.searchsorted(self._keys, ids), len(self._keys) - 1)
        known = self._keys[place] == ids
        return np.where(known, self._order[place], 0), known


class Outcomes:
    """What has become of n bills, as far as the logs were read: a few numbers a bill, whatever it went through."""

    def __init__(self, addresses: Mapping[str, bytes], keys: Int64s) -> None:
        """`keys`: (n,) the bills' ids."""
        self._addresses = addresses
        self._places = Places(keys)
        n = len(keys)
        self._collected, self._bucket, self._void, self._owed = (np.zeros(n, np.int64) for _ in range(4))
        self._stage, self._reason = np.zeros(n, np.int8), np.full(n, int(Reason.NONE), np.int8)
        self._last = np.full(n, int(BillState.UNJUDGED), np.int8)

    def read(self, logs: pa.Table) -> None:
        """The next part of the logs. Raises BundleError for an event that cannot be decoded, or that names a bill that
        there is not."""
        events = {name: self._event(logs, *name) for name in EVENTS}
        self._pay(events)
        self._take_back(events)
        self._place(events)
        self._note_arrears(events)
        for position, name in enumerate(APPEALS, 1):
            np.maximum.at(self._stage, events["AppealRegistry", name][1], position)
        # a challenge opens an appeal by moving the bill
        reversed_, rows = events["PaymentLedger", "BillReversed"]
        np.maximum.at(self._stage, rows[reversed_["to"] == BillState.HELD], 1)

    def amounts_by_state(self, amount: Int64s, judged: Bools, released: Bools) -> Iterator[tuple[str, Int64s]]:
        """How much of each bill stands where, minor units: (n,) by each of STATES, which sum to `amount`.

        judged: (n,) whether the bill has a verdict; released: (n,) whether its batch's pending bucket was released.
        """
        pending = np.where(released, 0, self._bucket)
        yield "settled", self._collected - pending
        yield "pending", pending
        open_ = amount - self._void - self._collected
        for state in (BillState.WAITING, BillState.HELD, BillState.ARREARS):
            yield state.name.lower(), np.where(self._last == state, open_, 0)
        yield "void", self._void
        yield "unjudged", np.where((self._last == BillState.UNJUDGED) & ~judged, open_, 0)

    def rows(self, event: str, ids: Int64s) -> Int64s:
        """(k,) the rows of the bills that an event names. Raises BundleError if one is not there."""
        rows, known = self._places.find(ids)
        if not known.all():
            raise BundleError(f"logs.parquet: {event} names bill {ids[~known][0]}, which is not in bills.parquet")
        return rows

    def appeals(self) -> pl.Series:
        """(n,) what the appeal against each bill came to, null where there was none."""
        outcomes = pl.Enum(list(dict.fromkeys(APPEALS.values())))
        return pl.Series([None, *APPEALS.values()], dtype=outcomes).gather(self._stage.astype(np.uint32))

    def arrears(self) -> tuple[pl.Series, Int64s]:
        """(n,) the `Reason` why each bill fell into arrears, by name, null for most, and (n,) how much was owed, minor
        units."""
        reasons = [one.name for one in Reason if one]
        names = pl.Series([None, *reasons], dtype=pl.Enum(reasons))
        return names.gather(self._reason.astype(np.uint32)), self._owed

    def _event(self, logs: pa.Table, contract: str, name: str) -> tuple[Event, Int64s]:
        """The columns of one of EVENTS, and (k,) the rows of the bills that they name."""
        try:
            event = event_columns(logs, self._addresses[contract], interface(contract), name)
        except ChainError as error:
            raise BundleError(f"logs.parquet: {contract}.{name} cannot be read: {error}") from error
        return event, self.rows(f"{contract}.{name}", event["bill"])

    def _pay(self, events: Named) -> None:
        pending, rows = events["PaymentLedger", "BillPending"]
        np.add.at(self._collected, rows, pending["amount"])
        np.add.at(self._bucket, rows, pending["amount"])
        paid, rows = events["PaymentLedger", "BillPaid"]
        sums = paid["fromBalance"] + paid["fromHold"] + paid["fromPayer"]
        np.add.at(self._collected, rows, sums)
        np.add.at(self._bucket, rows, np.where(paid["toPending"] != 0, sums, 0))
        voided, rows = events["PaymentLedger", "BillVoided"]
        np.add.at(self._void, rows, voided["amount"])
        # only a cancelled bill gives back what had been collected; else what is given back was held
        returned = np.where(voided["reason"] == Reason.CANCELLED, voided["refunded"], 0)
        np.subtract.at(self._collected, rows, returned)
        np.subtract.at(self._bucket, rows, returned)
        reversed_, rows = events["PaymentLedger", "BillReversed"]
        back = np.where(reversed_["from"] == BillState.PENDING, reversed_["refunded"], 0)
        again = np.where(reversed_["to"] == BillState.PENDING, reversed_["taken"], 0)
        np.add.at(self._collected, rows, again - back)
        np.add.at(self._bucket, rows, again - back)

    def _take_back(self, events: Named) -> None:
        """What cancelled bills, refunds and appeals by hand take of what was paid, and what such appeals leave paid."""
        for name in ("PaymentReturned", "RefundPaid"):
            back, rows = events["PaymentLedger", name]
            np.add.at(self._void, rows, back["amount"])
            np.subtract.at(self._collected, rows, back["amount"])
        reclaimed, rows = events["PaymentLedger", "BillReclaimed"]
        np.subtract.at(self._collected, rows, reclaimed["amount"] - reclaimed["owed"])
        np.subtract.at(self._bucket, rows, reclaimed["fromPending"])
        kept, rows = events["PaymentLedger", "ReclaimClosed"]
        np.add.at(self._collected, rows, kept["kept"])

    def _note_arrears(self, events: Named) -> None:
        event, rows = events["PaymentLedger", "ArrearsOpened"]
        self._reason[rows] = event["reason"]
        np.add.at(self._owed, rows, event["owed"])
        reversed_, rows = events["PaymentLedger", "BillReversed"]
        out, into = reversed_["from"] == BillState.ARREARS, reversed_["to"] == BillState.ARREARS
        self._reason[rows[out]], self._owed[rows[out]] = Reason.NONE, 0
        self._reason[rows[into]], self._owed[rows[into]] = reversed_["reason"][into], reversed_["amount"][into]

    def _place(self, events: Named) -> None:
        """Where each bill came to last, of the places that an event tells."""
        found: list[tuple[Int64s, Int64s, Int64s]] = []
        for name, place in PLACES.items():
            event, rows = events["PaymentLedger", name]
            found.append((_order(event), rows, np.full(len(rows), int(place))))
        reversed_, rows = events["PaymentLedger", "BillReversed"]
        found.append((_order(reversed_), rows, reversed_["to"]))
        order, row, came_to = (np.concatenate(columns) for columns in zip(*found, strict=True))
        by_time = np.argsort(order, kind="stable")
        self._last[row[by_time]] = came_to[by_time]


def _order(event: Event) -> Int64s:
    """(k,) ascending by transaction, then by place in it."""
    order: Int64s = (event["transaction"].astype(np.int64) << 32) | event["log"]
    return order
