"""What is known before a run begins: accounts, budgets, mandates, and which bills are posted when. Arrays, no chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairmeter.contracts.mandates import Mandates
from fairmeter.model import Bills, Bools, Int32s, Int64s, Tariff, Utility
from fairmeter.simulation.scenario import Scenario
from fairmeter.simulation.traits import Traits
from fairmeter.units import MAX_AMOUNT, MAX_BATCH_BILLS, MAX_CAP, PPM, SECONDS_A_DAY

DAYS_TO_PREPARE = 30
"""Between the chain's first block and the first posting."""
MANDATE_DAYS_AFTER = 3_650
MAX_DAY = 2**16 - 1
SCREENED_BILLS = 400
"""In a batch of a utility with screening rules (GateParameters.sol)."""
VERIFIED_CLASS = 1
"""Of the accounts whose verdicts the gate computes, where there are any."""
VERIFIED_BILLS = 250
"""In a batch of a utility of which the gate judges a class (GateParameters.sol)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Bills of one supplier and utility that are posted together."""

    supplier: int
    utility: int
    rows: Int64s
    """Which bills."""
    verified: bool = False
    """The gate computes their verdicts."""
    demanding: bool = False
    """Only readings that the meter operator signed count."""


@dataclass(frozen=True, slots=True)
class Round:
    """What is posted at one time."""

    time: int
    """Unix seconds."""
    batches: tuple[Batch, ...]

    @property
    def rows(self) -> Int64s:
        """Of all its bills."""
        return np.concatenate([batch.rows for batch in self.batches])


@dataclass(frozen=True, slots=True)
class Plan:
    """n bills, and m accounts (customer by supplier by utility), numbered within the supplier by first appearance."""

    bills: Bills
    tariffs: tuple[Tariff, ...]
    account: Int64s
    """(n,) index of the bill's account, 0..m-1."""
    customer: Int32s
    """(m,) index into `bills.customers`."""
    verified: Bools
    """(m,) of the class whose verdicts the gate computes."""
    class_: Int64s
    """(m,)"""
    alone: Bools
    """(m,) whether screening rules decide alone about the bills: never where only signed readings count."""
    supplier: Int32s
    """(m,) index into `bills.suppliers`."""
    utility: Int32s
    """(m,)"""
    number: Int64s
    """(m,) account number within the supplier, from 1."""
    budget: Int64s
    """(m,) minor units paid in with every bill."""
    rounds: tuple[Round, ...]

    @property
    def begins(self) -> int:
        """Unix seconds of the chain's first block, a midnight."""
        first = int(self.bills.end.min()) - DAYS_TO_PREPARE
        return max(first, 1) * SECONDS_A_DAY

    @property
    def accounts(self) -> Int64s:
        """(m,) ids: supplier, counted from 1, in the high half, the account's number in the low."""
        return ((self.supplier.astype(np.int64) + 1) << 32) | self.number

    def mandates(
        self, scenario: Scenario, deadline: int, traits: Traits, agent: bytes, *, moves_time: bool
    ) -> Mandates:
        """What the accounts' owners sign, of whom some name `agent`.

        Where time does not move, a whole run is collected in one month, so that the cap a month cannot be what it would
        be in life.
        """
        monthly = self.budget * scenario.cap_per_month_budgets if moves_time else np.full_like(self.budget, MAX_CAP)
        last_day = min(int(self.bills.end.max()) + MANDATE_DAYS_AFTER, MAX_DAY)
        return Mandates(
            account=self.accounts,
            cap_per_bill=np.minimum(self.budget * scenario.cap_per_bill_budgets, MAX_CAP),
            cap_per_month=np.minimum(monthly, MAX_CAP),
            last_day=np.full_like(self.budget, last_day),
            deadline=np.full_like(self.budget, deadline),
            disclose_readings=traits.disclosing[self.customer],
            signed_only=traits.demanding[self.customer],
            agent=np.where(traits.represented[self.customer, np.newaxis], np.frombuffer(agent, np.uint8), np.uint8(0)),
        )


def plan(
    bills: Bills, tariffs: Sequence[Tariff], scenario: Scenario, traits: Traits, classes: Int64s | None = None
) -> Plan:
    """Lay a run out; `classes` (n,) the class of each bill's account where screening rules have chosen them."""
    key = (bills.customer.astype(np.int64) * len(bills.suppliers) + bills.supplier) * 8 + bills.utility
    _, first, account = np.unique(key, return_index=True, return_inverse=True)
    # renumber by first appearance, so that the accounts' order is the file's
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    first, account = first[order], rank[account]
    supplier, utility = bills.supplier[first], bills.utility[first].astype(np.int32)
    own = traits.verified[bills.customer[first]]
    class_ = np.where(own, VERIFIED_CLASS, 0) if classes is None else classes[first]
    return Plan(
        bills=bills,
        tariffs=tuple(tariffs),
        account=account,
        customer=bills.customer[first],
        verified=own,
        class_=class_.astype(np.int64),
        alone=_alone(utility, class_, scenario) & ~traits.demanding[bills.customer[first]],
        supplier=supplier,
        utility=utility,
        number=_numbers(supplier),
        budget=_budgets(account, bills, scenario),
        rounds=_rounds(bills, scenario, traits),
    )


def _alone(utility: Int32s, class_: Int64s, scenario: Scenario) -> Bools:
    """(m,) of accounts by their utility and class."""
    alone = np.zeros(len(utility), np.bool_)
    for one in scenario.screening:
        if one.alone:
            alone |= (utility == Utility[one.utility.upper()]) & (class_ == one.number)
    return alone


def _numbers(supplier: Int32s) -> Int64s:
    """1, 2, 3 … within each supplier, in order."""
    numbers = np.zeros(len(supplier), np.int64)
    for one in np.unique(supplier):
        rows = np.flatnonzero(supplier == one)
        numbers[rows] = np.arange(1, len(rows) + 1)
    return numbers


def _budgets(account: Int64s, bills: Bills, scenario: Scenario) -> Int64s:
    """(m,) the median billed amount of each account times the scenario's factor, rounded up; a bill that is posted
    twice counts once."""
    order = np.lexsort((bills.start, account))
    again = (np.diff(account[order]) == 0) & (np.diff(bills.start[order]) == 0)
    once = order[np.concatenate([[True], ~again])]
    ranked = once[np.lexsort((bills.amount[once], account[once]))]
    count = np.bincount(account[ranked])
    first = np.cumsum(count) - count
    low, high = bills.amount[ranked[first + (count - 1) // 2]], bills.amount[ranked[first + count // 2]]
    medians = -(-(low + high) // 2)
    budgets = -(-medians * scenario.budget_ppm // PPM)
    capped: Int64s = np.minimum(budgets, MAX_AMOUNT // 4)
    return capped


def _rounds(bills: Bills, scenario: Scenario, traits: Traits) -> tuple[Round, ...]:
    """Bills by the day that their period ended, then by supplier, utility, who computes their verdicts and what
    readings count, in the file's order within: who waits for signatures delays nobody else."""
    verified, demanding = traits.verified[bills.customer], traits.demanding[bills.customer]
    columns = (bills.end, bills.supplier, bills.utility, verified, demanding)
    order = np.lexsort((np.arange(len(bills)), *reversed(columns)))
    keys = np.stack([column[order] for column in columns], axis=1)
    most = VERIFIED_BILLS if scenario.meters.verified else SCREENED_BILLS if scenario.screening else MAX_BATCH_BILLS
    size = min(scenario.batch_bills, most)
    cuts = np.flatnonzero((keys[1:] != keys[:-1]).any(axis=1)) + 1
    rounds: dict[int, list[Batch]] = {}
    for rows in np.split(order, cuts):
        end, supplier, utility = int(bills.end[rows[0]]), int(bills.supplier[rows[0]]), int(bills.utility[rows[0]])
        computed, signed = bool(verified[rows[0]]), bool(demanding[rows[0]])
        pieces = np.split(rows, range(size, len(rows), size))
        rounds.setdefault(end, []).extend(Batch(supplier, utility, piece, computed, signed) for piece in pieces)
    return tuple(
        Round((end + 1) * SECONDS_A_DAY + scenario.post_after, tuple(batches))
        for end, batches in sorted(rounds.items())
    )
