"""The run's meter operators: one a supplier, each signing the readings of every calendar month when it is over."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fairmeter.chain.compact import sign_compact
from fairmeter.chain.keccak import keccak_rows
from fairmeter.chain.wallet import Wallet, derive_key
from fairmeter.contracts.calldata import words_of
from fairmeter.contracts.challenging import Shown, Snapshots, batch_readings_digest
from fairmeter.contracts.deploy import System
from fairmeter.contracts.packing import pack_readings
from fairmeter.contracts.session import Call
from fairmeter.model import Bools, Int32s, Int64s, Reference, UInt8s
from fairmeter.simulation.plan import Plan
from fairmeter.units import SECONDS_A_DAY

Daily = Callable[[Int32s, UInt8s, Int32s, Int32s], tuple[Int64s, Bools]]
"""Customer, utility, first day and days of n meters to their readings and where there are any."""


class MeterOperators:
    """What the meters read, signed. A month is signed when somebody first asks for it: the signature is the same."""

    def __init__(self, plan: Plan, daily: Daily, seed: int, system: System) -> None:
        self._plan, self._daily, self._system = plan, daily, system
        chain_id = system.engine.chain_id
        self._wallets = [Wallet(derive_key(seed, f"meters {name}"), chain_id) for name in plan.bills.suppliers]
        self._secret = np.frombuffer(derive_key(seed, "snapshot salts"), np.uint8)
        self._signed: dict[tuple[int, int, int], tuple[Snapshots, bytes]] = {}

    @property
    def keys(self) -> list[bytes]:
        """The addresses of all of them."""
        return [wallet.address for wallet in self._wallets]

    def appoint(self) -> list[Call]:
        """The governor's calls that name them."""
        pairs = sorted(set(zip(self._plan.supplier.tolist(), self._plan.utility.tolist(), strict=True)))
        return [
            self._system.meters.set_meter(supplier + 1, utility, self._wallets[supplier].address)
            for supplier, utility in pairs
        ]

    def sign_batch(self, supplier: int, batch: int, evidence_root: bytes) -> bytes:
        """The signature over a batch whose verdicts the gate computes; `supplier` as the chain counts them."""
        domain = self._system.meters.domain(self._system.engine.chain_id)
        return sign_compact(self._wallets[supplier - 1], batch_readings_digest(domain, batch, evidence_root))

    def shown(self, account: int, first_day: int, days: int) -> list[Shown]:
        """The snapshots of an account (0..m-1) that cover `days` days from `first_day` on."""
        months = np.arange(_month(first_day), _month(first_day + days - 1) + 1)
        supplier, utility = int(self._plan.supplier[account]), int(self._plan.utility[account])
        found = []
        for month in months.tolist():
            snapshots, signature = self._month(supplier, utility, month)
            place = int(np.searchsorted(snapshots.accounts, self._plan.accounts[account]))
            found.append(snapshots.shown(place, signature))
        return found

    def covers(self, accounts: Int64s, _first: Int32s, _days: Int32s) -> Bools:
        """(n,) whether the months of these days are signed: all that are over, with the days that have no reading."""
        return np.ones(len(accounts), np.bool_)

    def complete(self, accounts: Int64s, first: Int32s, days: Int32s) -> Bools:
        """(n,) whether the meters of accounts (0..m-1) have a reading of each of the days from `first` on."""
        customer, utility = self._plan.customer[accounts], self._plan.utility[accounts].astype(np.uint8)
        _, present = self._daily(customer, utility, first, days)
        found: Bools = present.sum(axis=1) == days
        return found

    def _month(self, supplier: int, utility: int, month: int) -> tuple[Snapshots, bytes]:
        key = (supplier, utility, month)
        if key not in self._signed:
            snapshots = self._snapshots(supplier, utility, month)
            digest = snapshots.digest(self._system.meters.domain(self._system.engine.chain_id), supplier + 1, utility)
            self._signed[key] = snapshots, sign_compact(self._wallets[supplier], digest)
        return self._signed[key]

    def _snapshots(self, supplier: int, utility: int, month: int) -> Snapshots:
        plan = self._plan
        rows = np.flatnonzero((plan.supplier == supplier) & (plan.utility == utility))
        rows = rows[np.argsort(plan.accounts[rows])]
        first, end = _first_day(month), _first_day(month + 1)
        n = len(rows)
        starts, days = np.full(n, first, np.int32), np.full(n, end - first, np.int32)
        readings, present = self._daily(plan.customer[rows], plan.utility[rows].astype(np.uint8), starts, days)
        accounts = plan.accounts[rows]
        secret = np.broadcast_to(self._secret, (n, 32))
        return Snapshots(
            accounts=accounts,
            first_day=first,
            issued_at=end * SECONDS_A_DAY,
            readings=pack_readings(Reference(starts, days, readings, present)),
            present=present,
            salts=keccak_rows(np.concatenate([secret, words_of(accounts), words_of(starts.astype(np.int64))], axis=1)),
        )


def _month(day: int) -> int:
    """Months since January 1970."""
    return int(np.datetime64(day, "D").astype("datetime64[M]").astype(np.int64))


def _first_day(month: int) -> int:
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))
