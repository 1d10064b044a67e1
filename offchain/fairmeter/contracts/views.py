"""What the contracts' views answer, as dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from fairmeter.model import BillState, Reason, Utility

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all bills and all money, minor units (types/Bills.sol)."""

    billed: int
    unjudged: int
    waiting: int
    pending: int
    settled: int
    held: int
    arrears: int
    voided: int
    given_up: int
    accounts: int
    credit: int
    holds: int
    bonds: int


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the ledger keeps it (types/Accounts.sol); money in minor units, days since 1970-01-01."""

    owner: bytes
    balance: int
    cap_per_bill: int
    cap_per_month: int
    spent: int
    month: int
    mandate_last_day: int
    billed_through: int
    class_: int
    utility: Utility
    disclose_readings: bool
    signed_only: bool
    mandate_nonce: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the ledger keeps it (types/Bills.sol); times in Unix seconds, money in minor units."""

    commitment: bytes
    supplier: int
    utility: Utility
    count: int
    cancelled: int
    posted_at: int
    judged_at: int
    parameter_version: int
    pending: int
    late: int


@dataclass(frozen=True, slots=True)
class BillRecord:
    """A bill that left the common path (types/Bills.sol)."""

    account: int
    start: int
    period_days: int
    quantity: int
    amount: int
    state: BillState
    reason: Reason
    money: int
    note: int
    opened_after: int
    replaced: bool
    corrected: bool
    corrected_by_meter: bool


def struct(cls: type[T], fields: dict[str, Any]) -> T:
    """A view's struct as a dataclass: camelCase to snake_case, numbers to enums where the dataclass has them."""
    enums = {"utility": Utility, "state": BillState, "reason": Reason}
    values = {_snake(name): value for name, value in fields.items()}
    return cls(**{name: enums[name](value) if name in enums else value for name, value in values.items()})


def _snake(name: str) -> str:
    return "class_" if name == "class" else "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
