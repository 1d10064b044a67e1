"""A vault on a chain in the process, and who acts on it."""

from __future__ import annotations

import itertools
from typing import Final

from fairmeter.chain.engine import Engine
from fairmeter.chain.wallet import FUNDER_KEY, Wallet, derive_key
from fairmeter.contracts.deploy import deploy
from fairmeter.contracts.session import Call, Session
from fairmeter.contracts.vaulting import DataVault, deploy_vault

PROXIES: Final = ("first proxy", "second proxy", "third proxy")
SEEDS: Final = itertools.count()


class Place:
    """The vault and who acts on it, new ones each time: nobody has done anything yet. Three proxies are named."""

    def __init__(self, vault: DataVault) -> None:
        self.vault, self.engine, self.session = vault, vault.engine, Session(vault.engine)
        self._seed = next(SEEDS)
        self.governor = Wallet.on(self.engine, FUNDER_KEY)
        self.proxies = [self.wallet(name) for name in PROXIES]
        self.customer, self.bank = self.wallet("customer"), self.wallet("bank")
        self.authority, self.stranger = self.wallet("authority"), self.wallet("stranger")
        self.send(self.governor, *(vault.set_proxy(proxy.address, active=True) for proxy in self.proxies))

    def wallet(self, name: str) -> Wallet:
        """Of the name's key, with the nonce that the chain expects."""
        return Wallet.on(self.engine, derive_key(self._seed, name))

    def send(self, wallet: Wallet, *calls: Call, timestamp: int | None = None) -> None:
        """Raises RevertError for what the vault refuses."""
        self.session.transact(wallet, *calls, timestamp=timestamp)


def deployed(engine: Engine) -> DataVault:
    """A vault without proxies."""
    session, governor = Session(engine), Wallet.on(engine, FUNDER_KEY)
    return deploy_vault(session, deploy(session, governor), governor)
