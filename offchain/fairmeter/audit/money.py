"""Sums of money and of bills, rebuilt from events: what the ledger's totals must be at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from fairmeter.audit.batches import Batches
from fairmeter.audit.flows import (
    BillMoves,
    Flow,
    PostedBills,
    before_transaction,
    bill_moves,
    join,
    posted_bills,
)
from fairmeter.audit.record import ChainRecord, order_of
from fairmeter.contracts.packing import get
from fairmeter.contracts.views import Totals
from fairmeter.model import BillState, Int64s

STATES: Final[Mapping[str, BillState]] = {
    "unjudged": BillState.UNJUDGED,
    "waiting": BillState.WAITING,
    "pending": BillState.PENDING,
    "settled": BillState.SETTLED,
    "held": BillState.HELD,
    "arrears": BillState.ARREARS,
    "voided": BillState.VOID,
}
"""The totals that are amounts of bills."""
BALANCE_EVENTS: Final = (
    ("Deposited", "account", 1),
    ("Withdrawn", "account", -1),
    ("BalanceMoved", "from", -1),
    ("BalanceMoved", "to", 1),
    ("Refunded", "account", 1),
)
"""What changes an account's balance without a bill: event, the account's parameter, and the amount's sign."""

ACCOUNT_NUMBER: Final = 2**32 - 1
"""The part of an account's id that is its number; zero stands for the supplier itself."""
BOND_EVENTS: Final = (("BondDeposited", "amount", 1), ("BondWithdrawn", "amount", -1), ("StakesSlashed", "rest", -1))
"""What changes the sum of the bonds: event, the amount's parameter, and its sign. A reward stays a bond."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the replayed chain itself said after so many transactions."""

    transactions: int
    totals: Totals
    currency: int
    """What the ledger holds, minor units."""


@dataclass(frozen=True, slots=True)
class Ledgered:
    """Changes of one sum for many keys (accounts, suppliers, batches, bills), k of them."""

    key: Int64s
    order: Int64s
    delta: Int64s

    def final(self) -> tuple[Int64s, Int64s]:
        """The keys, ascending, and each one's sum at the end."""
        keys, place = np.unique(self.key, return_inverse=True)
        sums = np.zeros(len(keys), np.int64)
        np.add.at(sums, place, self.delta)
        return keys, sums

    def first_negative(self) -> tuple[int, int, int] | None:
        """Key, place in the run and sum of the first time that a sum is below zero; None if it never is."""
        if not len(self.key):
            return None
        sequence = np.lexsort((self.order, self.key))
        key, delta, order = self.key[sequence], self.delta[sequence], self.order[sequence]
        sums = np.cumsum(delta)
        first = np.searchsorted(key, key)
        sums -= np.where(first > 0, sums[first - 1], 0)
        # a log may take from a sum and give to it: only what stands after the log counts
        last_of_log = np.concatenate([(key[1:] != key[:-1]) | (order[1:] != order[:-1]), [True]])
        below = np.flatnonzero((sums < 0) & last_of_log)
        if not len(below):
            return None
        worst = below[np.argmin(order[below])]
        return int(key[worst]), int(order[worst]), int(sums[worst])


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A run's bills and money, from its events."""

    record: ChainRecord
    batches: Batches
    posted: PostedBills
    moves: BillMoves

    @classmethod
    def of(cls, record: ChainRecord, batches: Batches) -> Self:
        """Rebuild everything. Raises ChainError for an event of a bill that was not posted."""
        posted = posted_bills(record, batches.postings)
        return cls(record, batches, posted, bill_moves(record, posted))

    def totals(self) -> Mapping[str, Flow]:
        """The ledger's totals by name."""
        released, moves = self._flow("BatchReleased", "amount"), self.moves
        flows = {name: self._state(state) for name, state in STATES.items()}
        billed = Flow(self.posted.orders, self.posted.amounts)
        back = Flow(released.order, -released.delta)
        accounts, credits_ = self.account_balances(), self.supplier_credits()
        return {
            **flows,
            "billed": billed,
            "unjudged": join(billed, flows["unjudged"]),
            "pending": join(flows["pending"], back),
            "settled": join(flows["settled"], released),
            "accounts": Flow(accounts.order, accounts.delta),
            "credit": Flow(credits_.order, credits_.delta),
            "holds": Flow(moves.order, moves.hold),
            "given_up": self._given_up(),
            "bonds": join(*(self._flow(event, column, sign) for event, column, sign in BOND_EVENTS)),
        }

    def totals_at(self, transactions: Int64s) -> Mapping[str, Int64s]:
        """Each total after the first so many transactions."""
        places = before_transaction(transactions)
        return {name: flow.at(places) for name, flow in self.totals().items()}

    def account_balances(self) -> Ledgered:
        """Free balances by account."""
        parts = [(self.moves.account, self.moves.order, self.moves.balance)]
        for event, key, sign in BALANCE_EVENTS:
            columns = self.record.ledger(event)
            parts.append((columns[key], order_of(columns), sign * columns["amount"]))
        wronged, order, rest = self._compensations()
        to_account = wronged & ACCOUNT_NUMBER > 0
        parts.append((wronged[to_account], order[to_account], rest[to_account]))
        return _ledgered(parts)

    def supplier_credits(self) -> Ledgered:
        """Credit by supplier."""
        parts = [(self.moves.account >> 32, self.moves.order, self.moves.credit)]
        for event, sign in (("BatchReleased", 1), ("CreditWithdrawn", -1)):
            columns = self.record.ledger(event)
            parts.append((columns["supplier"], order_of(columns), sign * columns["amount"]))
        wronged, order, rest = self._compensations()
        to_supplier = wronged & ACCOUNT_NUMBER == 0
        parts.append((wronged[to_supplier] >> 32, order[to_supplier], rest[to_supplier]))
        refunded = self.record.ledger("Refunded")
        parts.append((refunded["account"] >> 32, order_of(refunded), -refunded["amount"]))
        return _ledgered(parts)

    def pending_buckets(self) -> Ledgered:
        """Pending money by batch."""
        moves, released = self.moves, self.record.ledger("BatchReleased")
        change = moves.amount * (moves.target == BillState.PENDING) - moves.amount * (moves.source == BillState.PENDING)
        batch = self.posted.ids[moves.row] >> 16
        return _ledgered([(batch, moves.order, change), (released["batch"], order_of(released), -released["amount"])])

    def bill_parts(self) -> Ledgered:
        """Parts of bills by row of the bill times 8 plus state. Settled ones count as pending, since the release of a
        batch, which makes the one the other, is no event of a bill: what leaves one the buckets themselves tell."""
        moves, posted = self.moves, self.posted
        source, target = (
            np.where(state == BillState.SETTLED, BillState.PENDING, state) for state in (moves.source, moves.target)
        )
        rows = np.arange(len(posted.ids))
        return _ledgered(
            [
                (rows * 8 + BillState.UNJUDGED, posted.orders, posted.amounts),
                (moves.row * 8 + source, moves.order, -moves.amount),
                (moves.row * 8 + target, moves.order, moves.amount),
            ]
        )

    def currency_held(self) -> Flow:
        """What the ledger holds of the currency."""
        transfers = self.record.columns("DigitalCurrency", "Transfer")
        ledger = np.frombuffer(self.record.contracts["PaymentLedger"], np.uint8)
        inward = (transfers["to"][:, 12:] == ledger).all(axis=1).astype(np.int64)
        outward = (transfers["from"][:, 12:] == ledger).all(axis=1).astype(np.int64)
        return Flow(order_of(transfers), transfers["value"] * (inward - outward))

    def _compensations(self) -> tuple[Int64s, Int64s, Int64s]:
        """What slashing gave to those whom a verdict wronged: accounts, or suppliers as their account number 0."""
        slashed = self.record.ledger("StakesSlashed")
        return slashed["wronged"], order_of(slashed), slashed["rest"]

    def debts(self) -> Mapping[str, Flow]:
        """What fell into arrears and where it went: opened, repaid, adjusted; minor units."""
        moves = self.moves
        out, paid = moves.source == BillState.ARREARS, np.isin(moves.target, (BillState.PENDING, BillState.SETTLED))
        parts = {"opened": moves.target == BillState.ARREARS, "repaid": out & paid, "adjusted": out & ~paid}
        return {name: Flow(moves.order, moves.amount * rows) for name, rows in parts.items()}

    def given_up_debts(self) -> int:
        """What is owed at the end of the debts that are given up then, minor units, debt by debt."""
        given, reopened, posted = (
            self.record.ledger("ArrearsGivenUp"),
            self.record.ledger("ArrearsReopened"),
            self.posted,
        )
        bills = [posted.rows(get(given["debts"], 31, 8)), posted.rows(reopened["bill"])]
        often = np.bincount(bills[0], minlength=len(posted.ids)) - np.bincount(bills[1], minlength=len(posted.ids))
        keys, sums = self.bill_parts().final()
        open_ = (keys % 8 == BillState.ARREARS) & (often[keys // 8] > 0)
        return int(sums[open_].sum())

    def _given_up(self) -> Flow:
        """Of the arrears."""
        given, reopened = self.record.ledger("ArrearsGivenUp"), self.record.ledger("ArrearsReopened")
        owed = get(given["debts"], 23, 6)
        return join(Flow(order_of(given), owed), Flow(order_of(reopened), -reopened["owed"]))

    def _flow(self, event: str, column: str, sign: int = 1) -> Flow:
        columns = self.record.ledger(event)
        return Flow(order_of(columns), sign * columns[column])

    def _state(self, state: BillState) -> Flow:
        moves = self.moves
        change = moves.amount * (moves.target == state) - moves.amount * (moves.source == state)
        return Flow(moves.order, change)


def _ledgered(parts: list[tuple[Int64s, Int64s, Int64s]]) -> Ledgered:
    return Ledgered(*(np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True)))
