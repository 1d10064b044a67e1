"""The deployed contracts with a few people in them, for tests that call them at random."""

from __future__ import annotations

import functools

import numpy as np
from tests.conftest import fastest_engine

from fairmeter.chain.opening import open_engine
from fairmeter.chain.wallet import FUNDER_KEY, Wallet, derive_key
from fairmeter.contracts.clients import Ids
from fairmeter.contracts.deploy import System, deploy
from fairmeter.contracts.packing import BillColumns
from fairmeter.contracts.session import Call, Session
from fairmeter.model import ClassPolicy, Presets, Tariff, TariffBlock, Utility
from fairmeter.units import MAX_QUANTITY, Money
from plain_ledger import INSUFFICIENT_CAP, PRICE, Bill, BillKey

OWNERS = {1: "payer", 2: "payer", 3: "neighbour"}
PEOPLE = ("payer", "neighbour", "supplier", "operator")
PURSE = 20_000
"""Minor units that each begins with."""
SUPPLIER = 1


@functools.cache
def deployed() -> System:
    """One chain for all examples."""
    engine = open_engine(fastest_engine())
    session = Session(engine)
    funder = Wallet.on(engine, FUNDER_KEY)
    system = deploy(session, funder)
    wallets = {name: Wallet.on(engine, derive_key(0, name)) for name in PEOPLE}
    ledger, currency, gate = system.ledger, system.currency, system.gate
    session.transact(
        funder,
        *(Call("chain", "transfer", wallet.address, b"", 21_000, 10**20) for wallet in wallets.values()),
        *(currency.mint(wallet.address, PURSE) for wallet in wallets.values()),
        *system.name_operator(funder.address, wallets["operator"].address),
        gate.set_presets(int(Utility.ELECTRICITY), 0, ClassPolicy(Presets()), INSUFFICIENT_CAP),
    )
    tariff = Tariff("supplier", Utility.ELECTRICITY, 0, Money(0), (TariffBlock(MAX_QUANTITY, Money(PRICE)),))
    session.transact(wallets["supplier"], ledger.register_supplier("supplier"), ledger.set_tariff(SUPPLIER, tariff))
    ones = np.ones(len(OWNERS), np.int64)
    owners = [wallets[name].address for name in OWNERS.values()]
    session.transact(funder, ledger.open_accounts(ones * SUPPLIER, ones * int(Utility.ELECTRICITY), owners))
    for name in ("payer", "neighbour"):
        session.transact(wallets[name], currency.approve(ledger.address, 2**255))
    return system


def bill_id(key: BillKey) -> int:
    return (key[0] << 16) | key[1]


def ids(*keys: BillKey) -> Ids:
    return np.array([bill_id(key) for key in keys], np.int64)


def columns(bills: list[Bill]) -> BillColumns:
    return BillColumns(
        number=np.array([bill.account for bill in bills]),
        start=np.array([bill.start for bill in bills], np.int32),
        days=np.array([bill.days for bill in bills], np.int32),
        quantity=np.array([bill.quantity for bill in bills]),
        amount=np.array([bill.amount for bill in bills]),
        replaces=np.array([0 if bill.replaces is None else bill_id(bill.replaces) for bill in bills]),
    )
