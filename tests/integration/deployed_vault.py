"""A vault of its own on a chain in the process, and who acts on it."""

from __future__ import annotations

from typing import Final

from fairmeter.chain.wallet import FUNDER_KEY, Wallet, derive_key
from fairmeter.contracts.deploy import System
from fairmeter.contracts.session import Call, Session
from fairmeter.contracts.vaulting import deploy_vault

PROXIES: Final = ("first proxy", "second proxy", "third proxy")


class Place:
    """A new vault, with three proxies that are named, and who acts on it."""

    def __init__(self, system: System) -> None:
        self.system, self.engine, self.session = system, system.engine, Session(system.engine)
        self.governor = Wallet.on(self.engine, FUNDER_KEY)
        self.vault = deploy_vault(self.session, system, self.governor)
        self.proxies = [self.wallet(name) for name in PROXIES]
        self.customer, self.bank = self.wallet("customer"), self.wallet("bank")
        self.authority, self.stranger = self.wallet("authority"), self.wallet("stranger")
        self.send(self.governor, *(self.vault.set_proxy(proxy.address, active=True) for proxy in self.proxies))

    def wallet(self, name: str) -> Wallet:
        """Of the name's key, with the nonce that the chain expects."""
        return Wallet.on(self.engine, derive_key(0, name))

    def send(self, wallet: Wallet, *calls: Call, timestamp: int | None = None) -> None:
        """Raises RevertError for what the vault refuses."""
        self.session.transact(wallet, *calls, timestamp=timestamp)
