"""Counts a run's bills by verdict."""

from __future__ import annotations

from collections import Counter

from fairmeter.contracts.views import Totals
from fairmeter.model import Bools, Decision, UInt8s
from fairmeter.simulation.result import Sums


class Tally:
    """What operators said of the bills so far."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def count(self, decision: UInt8s, arrears: Bools) -> None:
        """Add n judged bills; `arrears` says which of them could not be debited."""
        pay = decision == Decision.PAY
        self._counts["settled"] += int((pay & ~arrears).sum())
        self._counts["arrears"] += int((pay & arrears).sum())
        self._counts["appealed"] += int((decision == Decision.APPEAL).sum())
        self._counts["insufficient"] += int((decision == Decision.INSUFFICIENT).sum())

    def sums(self, bills: int, totals: Totals, transactions: int, gas_used: int) -> Sums:
        """With the amounts of the ledger's own totals."""
        return Sums(
            bills=bills,
            settled=self._counts["settled"],
            appealed=self._counts["appealed"],
            insufficient=self._counts["insufficient"],
            arrears=self._counts["arrears"],
            amount_billed=totals.billed,
            amount_unjudged=totals.unjudged,
            amount_settled=totals.settled,
            amount_pending=totals.pending,
            amount_waiting=totals.waiting,
            amount_held=totals.held,
            amount_arrears=totals.arrears,
            amount_void=totals.voided,
            transactions=transactions,
            gas_used=gas_used,
        )
