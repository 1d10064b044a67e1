"""How far standings let buyers raise the caps of their mandates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairmeter.audit.findings import Finding
from fairmeter.audit.record import ChainRecord, order_of
from fairmeter.audit.trade.events import Happened
from fairmeter.risk.standing import Standings
from fairmeter.units import SECONDS_A_DAY

BOUNDED: Final = "TRADE-05"
MAX_CAP: Final = 2**44 - 1
CAPS: Final = ("capPerBill", "capPerMonth")
NONE: Final = (0, 0)


class Mandates:
    """Caps by account. None was raised above what its owner's standing allowed, and none refused that it allowed."""

    def __init__(self, standings: Standings, record: ChainRecord) -> None:
        self._standings, self._standing = standings, record.contracts["CreditStanding"]
        opened = record.columns("PaymentLedger", "AccountOpened")
        self._owners = {
            account: owner[12:].tobytes()
            for account, owner in zip(opened["account"].tolist(), opened["owner"], strict=True)
        }
        self._caps: dict[int, tuple[int, int]] = {}
        asked = record.columns("PaymentLedger", "StandingSet")
        self._asked_from = [
            (order, standing[12:].tobytes() == self._standing)
            for order, standing in zip(order_of(asked).tolist(), asked["standing"], strict=True)
        ]
        self.count = 0
        """Grants that were looked at, refused ones included."""

    def check(self, one: Happened, now: int) -> Finding | None:
        """A grant, a revocation or a refused grant, at `now` in Unix seconds."""
        account = int(one.arguments["account"])
        if one.name == "MandateRevoked":
            self._caps[account] = NONE
            return None
        granted = one.refused_to is None
        asked = one.arguments if granted else one.arguments["mandate"]
        allowed = not self._bounds(one.order) or self._allowed(account, asked, now)
        self.count += 1
        if granted:
            self._caps[account] = (int(asked["capPerBill"]), int(asked["capPerMonth"]))
        if allowed == granted or (allowed and self._malformed(one, asked, now)):
            return None
        where = f"transaction {one.transaction}, mandate of account {account}"
        said = {True: "granted", False: "refused for its owner's standing"}
        return Finding(BOUNDED, where, said[allowed], said[granted])

    def _malformed(self, one: Happened, asked: Mapping[str, Any], now: int) -> bool:
        """Whether a grant had another reason to be refused."""
        stranger = self._owners.get(int(one.arguments["account"])) != one.refused_to
        return stranger or asked["lastDay"] < now // SECONDS_A_DAY or any(asked[name] > MAX_CAP for name in CAPS)

    def _bounds(self, order: int) -> bool:
        said = [bounds for at, bounds in self._asked_from if at < order]
        return bool(said) and said[-1]

    def _allowed(self, account: int, asked: Mapping[str, Any], now: int) -> bool:
        most = self._standings.mandate_cap(self._owners.get(account, b""), now)
        present = self._caps.get(account, NONE)
        return all(asked[name] <= max(most, cap) for name, cap in zip(CAPS, present, strict=True))
