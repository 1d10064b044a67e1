"""What a run at the trade desk came to, counted from its events as they come."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fairmeter.chain.engine import Receipts
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.session import Call
from fairmeter.contracts.trading import TradeSystem
from fairmeter.model import Int64s

Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class TradeSums:
    """Counts, and amounts in minor units."""

    offers: int
    warned: int
    """Offers outside the normal range."""
    purchases: int
    parts: int
    amount_bought: int
    amount_direct: int
    amount_instalments: int
    amount_released: int
    """What suppliers got out of escrow."""
    amount_returned: int
    """What buyers got back out of it."""
    fees: int
    deposited: int
    withdrawn: int
    changes: int
    """Events that counted for someone's standing."""
    flagged: int
    """Values that became abnormal."""
    suspended: int
    """Suspensions, also of who is banned already."""
    banned: int
    """Those of them with which the party is banned."""
    rewarded: int
    mandates: int
    """Granted, as far as standings allow."""
    transactions: int
    refused: int
    gas_used: int

    def to_json(self) -> dict[str, int]:
        """By name."""
        return dataclasses.asdict(self)


class Tally:
    """Counts what receipts say."""

    def __init__(self, trade: TradeSystem) -> None:
        self._trade = trade
        self._counts: Counter[str] = Counter()
        self._in_instalments: set[int] = set()
        self.refusals: Counter[str] = Counter()
        """Transactions that a contract refused, by the error."""

    def desk(self, receipts: Receipts, event: str) -> Columns:
        """The desk's events of one kind."""
        return event_columns(receipts.logs, self._trade.desk.address, interface("TradeDesk"), event)

    def standing(self, receipts: Receipts, event: str) -> Columns:
        """The standing's."""
        return event_columns(receipts.logs, self._trade.standing.address, interface("CreditStanding"), event)

    def count(self, calls: Sequence[Call], receipts: Receipts) -> None:
        """Count what some transactions did."""
        for place, data in receipts.reverts.items():
            self.refusals[interface(calls[place].contract).decode_error(data, "").error] += 1
        published, bought = self.desk(receipts, "OfferPublished"), self.desk(receipts, "Bought")
        closed = self.desk(receipts, "PartClosed")
        self._add(offers=len(published["offer"]), warned=published["warned"], purchases=len(bought["trade"]))
        self._add(parts=bought["parts"], amount_bought=bought["total"])
        self._count_paid(receipts)
        fees = closed["buyerFee"] + closed["supplierFee"]
        self._add(amount_released=closed["due"], fees=fees, refused=~receipts.status)
        self._add(amount_returned=closed["locked"] - closed["due"] - closed["buyerFee"])
        self._add(deposited=self.desk(receipts, "Deposited")["amount"])
        self._add(withdrawn=self.desk(receipts, "Withdrawn")["amount"])
        ledger = self._trade.system.ledger
        granted = event_columns(receipts.logs, ledger.address, interface("PaymentLedger"), "MandateGranted")
        self._add(mandates=len(granted["account"]))
        suspended = self.standing(receipts, "StandingSuspended")
        self._add(changes=len(self.standing(receipts, "StandingChanged")["change"]))
        self._add(flagged=self.standing(receipts, "StandingFlagged")["abnormal"])
        self._add(suspended=len(suspended["change"]), banned=suspended["banned"])
        self._add(rewarded=len(self.standing(receipts, "StandingRewarded")["change"]))

    def sums(self, transactions: int, gas_used: int) -> TradeSums:
        """All of it; the recorder has counted transactions and gas."""
        counted = {field.name: self._counts[field.name] for field in dataclasses.fields(TradeSums)}
        return TradeSums(**{**counted, "transactions": transactions, "gas_used": gas_used})

    def _count_paid(self, receipts: Receipts) -> None:
        paid = self.desk(receipts, "PartPaid")
        self._in_instalments.update(self.desk(receipts, "PartInInstalments")["part"].tolist())
        later = np.array([part in self._in_instalments for part in paid["part"].tolist()], np.bool_)
        self._add(amount_direct=paid["amount"] * ~later, amount_instalments=paid["amount"] * later)
        self._add(fees=paid["payerFee"] + paid["supplierFee"])

    def _add(self, **sums: Int64s | npt.NDArray[Any] | int) -> None:
        for name, amount in sums.items():
            self._counts[name] += int(np.sum(amount))
