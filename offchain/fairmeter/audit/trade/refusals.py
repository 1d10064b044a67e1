"""Why the desk refused what it refused: standing stops publishing, buying and new instalments, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from fairmeter.audit.findings import Finding
from fairmeter.audit.record import LOG_BITS, ChainRecord, order_of
from fairmeter.audit.trade.desk import FREE, GATED, OWING, Desk
from fairmeter.audit.trade.events import Happened
from fairmeter.units import MAX_AMOUNT

MAX_PARTS: Final = 2**16 - 1
"""Of a purchase."""


class Refusals:
    """Each refused debt's payment and withdrawal had a reason beside the party's standing, and each refused offer and
    purchase had one at all."""

    def __init__(self, desk: Desk, record: ChainRecord) -> None:
        self._desk, self._address = desk, record.contracts["TradeDesk"]
        frozen = record.columns("DigitalCurrency", "Frozen")
        self._frozen = [
            (order, account[12:].tobytes(), bool(on))
            for order, account, on in zip(
                order_of(frozen).tolist(), frozen["holder"], frozen["frozen"].tolist(), strict=True
            )
        ]
        self.counts: Counter[str] = Counter()
        """Refused calls that were looked at, by check."""
        self._reasons: Mapping[str, tuple[str, Callable[[Happened, int], bool]]] = {
            "publish": (GATED, self._offer),
            "buy": (GATED, self._purchase),
            "payInstalments": (FREE, self._debt),
            "withdraw": (FREE, self._withdrawal),
        }

    def check(self, one: Happened, now: int) -> Finding | None:
        """A call that was refused, at `now` in Unix seconds."""
        if one.refused_to is None or one.name not in self._reasons:
            return None
        check, reason = self._reasons[one.name]
        self.counts[check] += 1
        if reason(one, now):
            return None
        where = f"transaction {one.transaction}, {one.name} of 0x{one.refused_to.hex()}"
        return Finding(check, where, "a step that nothing stands against is taken", "refused")

    def _offer(self, one: Happened, now: int) -> bool:
        request = one.arguments["request"]
        owner = self._desk.owners.get(request["supplier"])
        if owner is None or owner != one.refused_to or not self._desk.standings.may_trade(owner, now):
            return True
        return self._desk.prices.refusal(request) is not None

    def _purchase(self, one: Happened, now: int) -> bool:
        offer, quantity = self._desk.offers.get(one.arguments["offer"]), one.arguments["quantity"]
        if offer is None or not 0 < quantity <= offer.left:
            return True
        seller, terms = self._desk.owners[offer.supplier], self._desk.terms[-1]
        parties = {seller, one.refused_to or b""}
        total = quantity * offer.unit_price
        too_large = total > MAX_AMOUNT or total > terms.split_above + (MAX_PARTS - 1) * terms.first
        return too_large or len(parties) == 1 or not all(self._desk.standings.may_trade(who, now) for who in parties)

    def _debt(self, one: Happened, _now: int) -> bool:
        call, payer = one.arguments, one.refused_to or b""
        part = self._desk.parts.get(call["part"])
        if part is None or part.state not in OWING or not 0 < call["count"] <= part.instalments - part.paid:
            return True
        amount = part.owed(part.paid + call["count"])
        money = self._desk.money
        return money.balances[payer] < amount + money.taken(payer, part.fee_of(amount))

    def _withdrawal(self, one: Happened, _now: int) -> bool:
        call, party = one.arguments, one.refused_to or b""
        frozen = [on for at, who, on in self._frozen if who == party and at >> LOG_BITS < one.transaction]
        poor = self._desk.money.balances[party] < call["amount"]
        return poor or call["to"] == self._address or (bool(frozen) and frozen[-1])
