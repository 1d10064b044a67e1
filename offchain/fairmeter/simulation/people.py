"""Who acts in a run: a wallet a role, each from the seed, each with enough of the chain's own money for its gas."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import numpy as np

from fairmeter.chain.crowd import Crowd
from fairmeter.chain.engine import Engine
from fairmeter.chain.wallet import Wallet, derive_key, funder_key
from fairmeter.contracts.session import Call
from fairmeter.model import Int32s, Int64s, UInt8s
from fairmeter.simulation.scenario import Scenario
from fairmeter.units import MAX_TRANSACTION_GAS

PURSE_TRANSACTIONS = 300
"""Of the largest kind, that a role's purse pays for at the fee of the run's first block."""
CUSTOMER_PURSE_GAS = 30_000_000
TRANSFER_GAS = 21_000


class People:
    """The run's wallets. The funder deploys, issues the currency, and pays in for customers as their bank."""

    def __init__(self, engine: Engine, scenario: Scenario, suppliers: Sequence[str], customers: Sequence[str]) -> None:
        seed = scenario.seed
        self._engine, self._seed = engine, seed
        self._fees = engine.fees()
        self.funder = Wallet.on(engine, funder_key(engine))
        self.governor = self.wallet("governor")
        self.operators = [self.wallet(f"operator {number}") for number in range(len(scenario.conducts()))]
        self.watchers = [self.wallet(f"watcher {number}") for number in range(scenario.watchers.count)]
        self.keeper = self.wallet("keeper")
        self.agent = self.wallet("agent")
        """Answers for the customers who name it in their mandates."""
        self.suppliers = [self.wallet(f"supplier {name}") for name in suppliers]
        names = [f"customer {name}" for name in customers]
        # a customer's key is used on this run's fresh deployment only, so its nonce needs no question to the chain
        self.customers = Crowd.derive(seed, names, engine.chain_id, self._fees)
        """As the bills count them."""
        self._funded = np.zeros(len(names), np.bool_)

    def disclosure_keys(self, customers: Sequence[str], utilities: Int32s) -> UInt8s:
        """(n, 32): keys that the customer, the meter operator and the operators share."""
        seed = self._seed.to_bytes(32, "big")
        labels = (
            f"disclosure {name} {kind}".encode() for name, kind in zip(customers, utilities.tolist(), strict=True)
        )
        joined = b"".join([hmac.digest(seed, label, hashlib.sha256) for label in labels])
        return np.frombuffer(joined, np.uint8).reshape(-1, 32)

    def fund_roles(self) -> list[tuple[Wallet, Call]]:
        """Gas for everyone but customers."""
        return self.fund((self.governor, *self.operators, *self.watchers, self.keeper, self.agent, *self.suppliers))

    def fund(self, wallets: Sequence[Wallet]) -> list[tuple[Wallet, Call]]:
        """Gas for some; none where gas costs nothing."""
        purse = PURSE_TRANSACTIONS * MAX_TRANSACTION_GAS * self._fees.max_fee
        return [(self.funder, _transfer(wallet.address, purse)) for wallet in wallets if purse]

    def fund_customers(self, rows: Int64s) -> list[tuple[Wallet, Call]]:
        """Gas for those customers who have none yet; none where gas costs nothing."""
        purse = CUSTOMER_PURSE_GAS * self._fees.max_fee
        if not purse:
            return []
        new = np.unique(rows[~self._funded[rows]])
        self._funded[new] = True
        return [(self.funder, _transfer(address.tobytes(), purse)) for address in self.customers.addresses[new]]

    def wallet(self, label: str) -> Wallet:
        """Of another role, from the seed."""
        return Wallet.on(self._engine, derive_key(self._seed, label))


def _transfer(to: bytes, value: int) -> Call:
    return Call("chain", "transfer", to, b"", TRANSFER_GAS, value)
