"""What everybody did in a run at the trade desk, and how it stood afterwards: from the bundle's events alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairmeter.audit.manifest import read_manifest
from fairmeter.audit.record import ChainRecord
from fairmeter.audit.trade.desk import OWING, Desk
from fairmeter.audit.trade.events import happened
from fairmeter.audit.trade.prices import Prices
from fairmeter.bundle import Bundle
from fairmeter.contracts.trading import record_of
from fairmeter.errors import BundleError
from fairmeter.risk.purchases import Purchases
from fairmeter.risk.standing import Fact, Standings
from fairmeter.risk.terms import Conduct, PartState, Rules, Source


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of someone's history."""

    at: int
    """When it counted, Unix seconds."""
    transaction: int
    event: str
    cause: str
    """The source and the id of what counted; empty for what followed from it."""
    points: int
    value: int | None
    """After it, where the event says so."""


@dataclass(frozen=True, slots=True)
class AccountHistory:
    """Of one party, in order."""

    account: str
    entries: list[Entry]


class TradeHistory:
    """Follows a bundle's events, and checks nothing: that is the audit's. Raises BundleError for a bundle of another
    kind."""

    def __init__(self, bundle: Bundle) -> None:
        if not bundle.of_trade:
            raise BundleError(f"{bundle.folder} is not of a run at the trade desk")
        manifest = read_manifest(bundle)
        times = np.concatenate([group["timestamp"].to_numpy() for group in bundle.row_groups("transactions")])
        record = ChainRecord(bundle.row_groups("logs"), manifest.contracts, times)
        suppliers = [one for _, one in record.decoded("PaymentLedger", "SupplierRegistered")]
        self.names = {one["name"]: one["owner"] for one in suppliers}
        """Whom a supplier's name stands for."""
        self.rules = Rules()
        """The last that were set."""
        self._desk = Desk(
            {one["supplier"]: one["owner"] for one in suppliers},
            Standings(self.rules),
            Prices(bundle.table("prices")),
            b"",
        )
        self._causes: dict[int, tuple[Source, int]] = {}
        self._undone: set[tuple[Source, int]] = set()
        self._entries: dict[bytes, list[Entry]] = {}
        self._end = int(times[-1])
        for one in happened(record, bundle):
            now = int(times[one.transaction])
            if one.refused_to is None and one.contract == "TradeDesk":
                self._desk.apply(one, now)
            elif one.name == "TermsSet":
                self._desk.set_terms(one.arguments)
            elif one.name == "RulesSet":
                self.rules = record_of(Rules, one.arguments["rules"])
            elif (one.name.startswith("Standing") and "party" in one.arguments) or one.name == "PenaltyRuled":
                self._enter(one.name, one.transaction, now, one.arguments)

    def of(self, party: bytes) -> list[Entry]:
        """Someone's history, in order; nothing of whoever nothing counted for."""
        return self._entries.get(party, [])

    def facts(self) -> list[Fact]:
        """All that anybody did that could count, reported or not, but for penalties that were undone."""
        desk = self._desk
        named: list[tuple[Source, int]] = [(Source.TRADE, trade) for trade in desk.trades]
        for id_, part in desk.parts.items():
            named += [(source, id_) for source in (Source.BUYER, Source.SELLER)]
            named += [(Source.INSTALMENT, id_ << 8 | number) for number in range(part.instalments)]
        facts = (desk.fact(source, id_, self._end) for source, id_ in named if (source, id_) not in self._undone)
        return [fact for fact in facts if fact is not None]

    def purchases(self) -> Purchases:
        """What purchases came to; and of payments other than escrow what was still owed at the end."""
        desk = self._desk
        free = [part for part in desk.parts.values() if part.instalments or part.state is PartState.PAID]
        owing = [part.owed(part.instalments) if part.state in OWING else 0 for part in free]
        totals = [sum(trade.amounts) for trade in desk.trades.values()]
        columns = (totals, [part.amount for part in free], owing)
        return Purchases(*(np.array(column, np.int64) for column in columns))

    def _enter(self, event: str, transaction: int, now: int, arguments: Mapping[str, Any]) -> None:
        cause = ""
        if event == "StandingChanged":
            source = Source(arguments["source"])
            self._causes[arguments["change"]] = source, arguments["id"]
            cause = f"{source.name.lower()} {arguments['id']}"
        if event == "PenaltyRuled" and arguments["kept"] == 0:
            self._undone.add(self._causes[arguments["change"]])
        party = arguments["party"]
        entry = Entry(now, transaction, _named(event, arguments), cause, _points(arguments), arguments.get("value"))
        self._entries.setdefault(party, []).append(entry)


def _points(arguments: Mapping[str, Any]) -> int:
    if "points" not in arguments:
        return 0
    points = int(arguments["points"])
    return -points if Conduct(arguments["conduct"]).is_penalty else points


def _named(event: str, arguments: Mapping[str, Any]) -> str:
    if event == "StandingChanged":
        return Conduct(arguments["conduct"]).name.lower().replace("_", " ")
    if event == "PenaltyRuled":
        return f"penalty {arguments['change']} ruled: {arguments['kept']} points kept"
    if event == "StandingFlagged":
        return "flagged" if arguments["abnormal"] else "normal again"
    if event == "StandingSuspended":
        return "banned" if arguments["banned"] else "suspended"
    return {"StandingRestored": "suspension undone", "StandingRewarded": "rewarded"}[event]
