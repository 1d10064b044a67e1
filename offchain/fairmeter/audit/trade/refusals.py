"""Why the desk refused what it refused: standing stops publishing, buying and new instalments, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairmeter.audit.findings import Finding
from fairmeter.audit.record import LOG_BITS, ChainRecord, order_of
from fairmeter.audit.trade.desk import FREE, OWING, Desk
from fairmeter.audit.trade.events import Happened


class Refusals:
    """Each refused payment of a debt and withdrawal had a reason beside the party's standing."""

    def __init__(self, desk: Desk, record: ChainRecord) -> None:
        self._desk, self._address = desk, record.contracts["TradeDesk"]
        frozen = record.columns("DigitalCurrency", "Frozen")
        self._frozen = [
            (order, account[12:].tobytes(), bool(on))
            for order, account, on in zip(
                order_of(frozen).tolist(), frozen["holder"], frozen["frozen"].tolist(), strict=True
            )
        ]
        self.count = 0
        """Refused calls that were looked at."""

    def check(self, one: Happened) -> Finding | None:
        """A call that was refused."""
        if one.name not in {"payInstalments", "withdraw"} or one.refused_to is None:
            return None
        self.count += 1
        reason = self._debt if one.name == "payInstalments" else self._withdrawal
        if reason(one.refused_to, one.arguments, one.order):
            return None
        where = f"transaction {one.transaction}, {one.name} of 0x{one.refused_to.hex()}"
        return Finding(FREE, where, "a step that nothing stands against is taken", "refused")

    def _debt(self, payer: bytes, call: Mapping[str, Any], _order: int) -> bool:
        part = self._desk.parts.get(call["part"])
        if part is None or part.state not in OWING or not 0 < call["count"] <= part.instalments - part.paid:
            return True
        amount = part.owed(part.paid + call["count"])
        money = self._desk.money
        return money.balances[payer] < amount + money.taken(payer, part.fee_of(amount))

    def _withdrawal(self, party: bytes, call: Mapping[str, Any], order: int) -> bool:
        frozen = [on for at, who, on in self._frozen if who == party and at >> LOG_BITS < order >> LOG_BITS]
        poor = self._desk.money.balances[party] < call["amount"]
        return poor or call["to"] == self._address or (bool(frozen) and frozen[-1])
