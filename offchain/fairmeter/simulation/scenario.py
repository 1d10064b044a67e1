"""What a run's people do, and when. A run is a function of this record, seed included, and of its inputs."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from fairmeter.contracts.clients import Periods
from fairmeter.model import Presets
from fairmeter.units import MAX_BATCH_BILLS, SECONDS_A_DAY

DAY = SECONDS_A_DAY


@dataclass(frozen=True, slots=True)
class Scenario:
    """Money in minor units, times in seconds.

    Customers pay a level budget in with every bill, as level-payment plans have it: the median of the account's billed
    amounts times `budget_ppm`. Suppliers answer appeals by the labels where the bills have them: a wrong reading is
    adjusted to the true quantity and the customer accepts; a right one is explained, and the customer withdraws.
    Without labels suppliers stay silent, and appeals expire in the customer's favour.
    """

    seed: int = 0
    presets: Presets = field(default_factory=Presets)
    insufficient_cap: int = 0
    """An INSUFFICIENT bill up to this amount is paid, above it waits for the customer's word."""
    periods: Periods = field(default_factory=lambda: Periods(7 * DAY, 14 * DAY, 14 * DAY, 30 * DAY))
    budget_ppm: int = 1_100_000
    cap_per_bill_budgets: int = 4
    """A mandate's cap a bill, in budgets."""
    cap_per_month_budgets: int = 8
    batch_bills: int = MAX_BATCH_BILLS
    post_after: int = DAY // 3
    """From the midnight that ends a billing period to its posting."""
    supplier_answers_after: int = 3 * DAY
    customer_answers_after: int = 5 * DAY
    """Both after judging."""

    def to_json(self) -> dict[str, Any]:
        """As a manifest has it."""
        return dataclasses.asdict(self)
