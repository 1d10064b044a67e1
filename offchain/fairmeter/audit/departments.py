"""Who was of which department of a supplier, who owned an account and who was its agent, at any place of a run."""

from __future__ import annotations

import numpy as np

from fairmeter.audit.record import LOG_BITS, ChainRecord, order_of
from fairmeter.contracts.refunding import DEPARTMENT_SHIFT, Department
from fairmeter.units import SECONDS_A_DAY


class Departments:
    """From the events of the access manager and the ledger."""

    def __init__(self, record: ChainRecord) -> None:
        self._times = record.times
        self._known: dict[tuple[int, bytes], list[tuple[int, int | None]]] = {}
        """By role and person, in order: when, and from when on, Unix seconds; None for never."""
        told = [
            (order, values, name == "RoleGranted")
            for name in ("RoleGranted", "RoleRevoked")
            for order, values in record.decoded("Governance", name)
            if values["roleId"] >> DEPARTMENT_SHIFT
        ]
        for order, values, granted in sorted(told, key=lambda one: one[0]):
            since = values["since"] if granted and not values["delay"] else None
            self._known.setdefault((values["roleId"], bytes(values["account"])), []).append((order, since))
        opened, mandates = record.ledger("AccountOpened"), record.ledger("MandateGranted")
        self._owners: dict[int, bytes] = {
            account: owner[12:].tobytes()
            for account, owner in zip(opened["account"].tolist(), opened["owner"], strict=True)
        }
        self._mandates, self._granted = mandates, order_of(mandates)
        revoked = record.ledger("MandateRevoked")
        self._revoked, self._ended = revoked["account"], order_of(revoked)

    def is_of(self, department: Department, supplier: int, who: bytes, order: int) -> bool:
        """Whether somebody was of a supplier's department at a place of the run, and could act without delay."""
        known = [since for at, since in self._known.get((department.role(supplier), who), []) if at < order]
        return bool(known) and known[-1] is not None and known[-1] <= self._times[order >> LOG_BITS]

    def owner(self, account: int) -> bytes:
        """Whose an account is; nothing for one that was not opened."""
        return self._owners.get(account, b"")

    def is_agent(self, who: bytes, account: int, order: int) -> bool:
        """Whether an account's mandate was in force at a place of the run and named somebody."""
        own = np.flatnonzero((self._mandates["account"] == account) & (self._granted < order))
        if not len(own):
            return False
        last = own[np.argmax(self._granted[own])]
        ended = (self._revoked == account) & (self._ended > self._granted[last]) & (self._ended < order)
        today = self._times[order >> LOG_BITS] // SECONDS_A_DAY
        named = self._mandates["agent"][last, 12:].tobytes()
        return bool(not ended.any() and self._mandates["lastDay"][last] >= today and named == who)
