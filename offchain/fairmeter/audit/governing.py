"""Whether every parameter that was changed in a run was announced as long before as its governor had to: from the
events of the access manager and of the contracts that it governs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from fairmeter.audit.findings import Check, Finding
from fairmeter.audit.record import LOG_BITS, ChainRecord
from fairmeter.contracts.governance import Role

CHANGES: Final = (
    ("VerdictGate", "PresetsSet"),
    ("VerdictGate", "PeriodsSet"),
    ("Operators", "OperatorSet"),
    ("Operators", "SetChanged"),
    ("VerdictGate", "StakesSet"),
    ("Meters", "MeterSet"),
    ("ScreeningRules", "RulesSet"),
    ("AppealRegistry", "ArbiterSet"),
)
BESIDE: Final = (
    ("TradeRules", "CategorySet"),
    ("TradeRules", "TermsSet"),
    ("TradeRules", "TradeArbiterSet"),
    ("CreditStanding", "RulesSet"),
    ("CreditStanding", "StandingArbiterSet"),
    ("ArrearsRegister", "ArrearsTermsSet"),
)
"""The events of what takes notice (`contracts.deploy.RESTRICTED`), and of what only some runs have."""


@dataclass(frozen=True, slots=True)
class Change:
    """One parameter that was set."""

    transaction: int
    what: str


class Governing:
    """Who had to give how much notice, what was announced when, and what was set."""

    def __init__(self, record: ChainRecord) -> None:
        self._times = record.times
        granted = record.decoded("Governance", "RoleGranted")
        revoked = record.decoded("Governance", "RoleRevoked")
        of = [(order, one["account"], one["delay"]) for order, one in granted if one["roleId"] == Role.GOVERNOR]
        of += [(order, one["account"], None) for order, one in revoked if one["roleId"] == Role.GOVERNOR]
        self._governors = sorted(of, key=lambda one: one[0])
        self._announced = {
            (one["operationId"], one["nonce"]): order >> LOG_BITS
            for order, one in record.decoded("Governance", "OperationScheduled")
        }
        self._executed: dict[int, list[tuple[bytes, int]]] = {}
        for order, one in record.decoded("Governance", "OperationExecuted"):
            self._executed.setdefault(order >> LOG_BITS, []).append((one["operationId"], one["nonce"]))
        self._changes = sorted(_changes(record), key=lambda one: one.transaction)

    def check(self) -> Check:
        """Each change against the shortest notice that a governor had at its announcement."""
        findings = tuple(finding for one in self._changes if (finding := self._wrong(one)) is not None)
        return Check(
            "governance", "changes of parameters, with the notice that they took", len(self._changes), findings
        )

    def _wrong(self, one: Change) -> Finding | None:
        where = f"transaction {one.transaction}, {one.what}"
        if self._notice(one.transaction) == 0:
            return None
        announced = [self._announced.get(operation) for operation in self._executed.get(one.transaction, ())]
        known = [at for at in announced if at is not None]
        if not known:
            return Finding("governance", where, "an announcement", "none")
        needed = self._notice(known[0])
        given = int(self._times[one.transaction] - self._times[known[0]])
        return None if given >= needed else Finding("governance", where, f"{needed} s of notice", f"{given} s")

    def _notice(self, transaction: int) -> int:
        """The shortest notice that a governor had to give before this transaction, seconds; 0 before there was one."""
        delays: dict[bytes, int] = {}
        for order, account, delay in self._governors:
            if order >> LOG_BITS >= transaction:
                break
            if delay is None:
                delays.pop(account, None)
            else:
                delays[account] = delay
        return min(delays.values(), default=0)


def _changes(record: ChainRecord) -> Iterator[Change]:
    """What governors alone can set: an operator that resigns, or is out, says that it is not active, and leaves the
    quorum as it was."""
    quorum = None
    for contract, event in (*CHANGES, *BESIDE):
        if contract not in record.contracts:
            continue
        for order, one in record.decoded(contract, event):
            if event == "SetChanged":
                quorum, before = one["quorum"], quorum
                if quorum == before:
                    continue
            if event == "OperatorSet" and not one["active"]:
                continue
            yield Change(order >> LOG_BITS, _named(event, one))


def _named(event: str, arguments: dict[str, Any]) -> str:
    version = arguments.get("version")
    return event if version is None else f"{event} of version {version}"
