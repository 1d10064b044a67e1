"""A pytest plugin for whoever builds on Fairmeter: the deployed system on an in-process chain, with people to act.

Installed with the package; a test asks for the fixtures by name. Every test begins on the same freshly deployed chain.

    def test_supplier__posts_a_bill(fairmeter_system, fairmeter_session, fairmeter_supplier, fairmeter_payer):
        ...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pytest

from fairmeter.chain.engine import Engine
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.wallet import Wallet, derive_key, funder_key
from fairmeter.contracts.clients import Mandate, SignedMandate, mandate_domain, mandate_hash
from fairmeter.contracts.deploy import System, deploy
from fairmeter.contracts.session import Session
from fairmeter.model import Tariff, TariffBlock, Utility
from fairmeter.units import MAX_CAP, MAX_QUANTITY, Money

PAYER_BALANCE: Final = 1_000_000
"""Minor units in the payer's account."""
FOREVER: Final = 2**16 - 1
"""A mandate's last day: the last that the ledger can write."""
SUPPLIER_PRICE: Final = 60
"""Minor units per 1,000 Wh."""


@dataclass(frozen=True, slots=True)
class Supplier:
    """A registered supplier of electricity with a flat tariff."""

    wallet: Wallet
    id: int


@dataclass(frozen=True, slots=True)
class Payer:
    """A customer with a funded account at the supplier and a mandate without limits."""

    wallet: Wallet
    account: int


@pytest.fixture(scope="session")
def _fairmeter_chain() -> Iterator[System]:
    with EthTesterEngine() as engine:
        funder = Wallet.on(engine, funder_key(engine))
        yield deploy(Session(engine), funder)


@pytest.fixture
def fairmeter_system(_fairmeter_chain: System) -> Iterator[System]:
    """The deployed contracts with a typed client each; the chain returns to this state after the test."""
    engine = _fairmeter_chain.engine
    before = engine.snapshot()
    yield _fairmeter_chain
    engine.revert(before)


@pytest.fixture
def fairmeter_engine(fairmeter_system: System) -> Engine:
    """The chain."""
    return fairmeter_system.engine


@pytest.fixture
def fairmeter_session(fairmeter_engine: Engine) -> Session:
    """Signs, sends, and raises RevertError for what a contract refuses."""
    return Session(fairmeter_engine)


@pytest.fixture
def fairmeter_governor(fairmeter_engine: Engine) -> Wallet:
    """The deployer: governs, issues the currency, and holds the chain's own money."""
    return Wallet.on(fairmeter_engine, funder_key(fairmeter_engine))


@pytest.fixture
def fairmeter_operator(fairmeter_system: System, fairmeter_session: Session, fairmeter_governor: Wallet) -> Wallet:
    """An oracle operator whose verdicts the gate takes."""
    operator = Wallet.on(fairmeter_session.engine, derive_key(0, "operator"))
    calls = fairmeter_system.name_operator(fairmeter_governor.address, operator.address)
    fairmeter_session.transact(fairmeter_governor, *calls)
    return operator


@pytest.fixture
def fairmeter_supplier(fairmeter_system: System, fairmeter_session: Session) -> Supplier:
    """A supplier of electricity at SUPPLIER_PRICE."""
    wallet = Wallet.on(fairmeter_session.engine, derive_key(0, "supplier"))
    ledger = fairmeter_system.ledger
    number = ledger.supplier_count() + 1
    block = TariffBlock(MAX_QUANTITY, Money(SUPPLIER_PRICE))
    tariff = Tariff("supplier", Utility.ELECTRICITY, 0, Money(0), (block,))
    fairmeter_session.transact(wallet, ledger.register_supplier("supplier"), ledger.set_tariff(number, tariff))
    return Supplier(wallet, number)


@pytest.fixture
def fairmeter_payer(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_governor: Wallet,
    fairmeter_supplier: Supplier,
) -> Payer:
    """A customer of the supplier with PAYER_BALANCE in its account."""
    session, system, bank = fairmeter_session, fairmeter_system, fairmeter_governor
    wallet = Wallet.on(session.engine, derive_key(0, "payer"))
    account = (fairmeter_supplier.id << 32) | (system.ledger.account_count(fairmeter_supplier.id) + 1)
    mandate = Mandate(MAX_CAP, MAX_CAP, FOREVER)
    deadline = session.engine.now() + 3_600
    domain = mandate_domain(session.engine.chain_id, system.ledger.address)
    signature = wallet.sign_digest(mandate_hash(domain, account, mandate, 0, deadline))
    session.transact(
        bank,
        system.ledger.open_accounts(
            np.array([fairmeter_supplier.id]), np.array([int(Utility.ELECTRICITY)]), [wallet.address]
        ),
        system.ledger.grant_mandates_by_signature([SignedMandate(account, mandate, deadline, signature)]),
        system.currency.mint(bank.address, PAYER_BALANCE),
        system.currency.approve(system.ledger.address, PAYER_BALANCE),
        system.ledger.deposit(np.array([account]), np.array([PAYER_BALANCE])),
    )
    return Payer(wallet, account)
