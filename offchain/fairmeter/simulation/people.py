"""Who acts in a run: a wallet a role, each from the seed, each with enough of the chain's own money for its gas."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from fairmeter.chain.engine import Engine
from fairmeter.chain.wallet import Wallet, derive_key, funder_key
from fairmeter.contracts.session import Call
from fairmeter.units import MAX_TRANSACTION_GAS

PURSE_TRANSACTIONS = 300
"""Of the largest kind, that a role's purse pays for at the fee of the run's first block."""
CUSTOMER_PURSE_GAS = 30_000_000
TRANSFER_GAS = 21_000


class People:
    """The run's wallets. The funder deploys, governs, issues the currency, and pays in for customers as their bank."""

    def __init__(self, engine: Engine, seed: int, suppliers: Sequence[str]) -> None:
        self._engine, self._seed = engine, seed
        self._fees = engine.fees()
        self.funder = Wallet.on(engine, funder_key(engine))
        self.operator = self._wallet("operator 0")
        self.keeper = self._wallet("keeper")
        self.suppliers = [self._wallet(f"supplier {name}") for name in suppliers]
        self._customers: dict[str, Wallet] = {}
        self._funded: set[str] = set()

    def customer(self, name: str) -> Wallet:
        """A customer's wallet."""
        if name not in self._customers:
            # a customer's key is used on this run's fresh deployment only, so its nonce needs no question to the chain
            key = derive_key(self._seed, f"customer {name}")
            self._customers[name] = Wallet(key, self._engine.chain_id, fees=self._fees)
        return self._customers[name]

    def disclosure_key(self, customer: str, utility: int) -> bytes:
        """The key that the customer, the meter operator and the operators share."""
        return hmac.digest(self._seed.to_bytes(32, "big"), f"disclosure {customer} {utility}".encode(), hashlib.sha256)

    def fund_roles(self) -> list[tuple[Wallet, Call]]:
        """Gas for everyone but customers."""
        purse = PURSE_TRANSACTIONS * MAX_TRANSACTION_GAS * self._fees.max_fee
        return [(self.funder, _transfer(wallet, purse)) for wallet in (self.operator, self.keeper, *self.suppliers)]

    def fund_customers(self, names: Sequence[str]) -> list[tuple[Wallet, Call]]:
        """Gas for those customers who have none yet."""
        new = [name for name in dict.fromkeys(names) if name not in self._funded]
        self._funded.update(new)
        purse = CUSTOMER_PURSE_GAS * self._fees.max_fee
        return [(self.funder, _transfer(self.customer(name), purse)) for name in new]

    def _wallet(self, label: str) -> Wallet:
        return Wallet.on(self._engine, derive_key(self._seed, label))


def _transfer(to: Wallet, value: int) -> Call:
    return Call("chain", "transfer", to.address, b"", TRANSFER_GAS, value)
