"""Operators in tests: named and bonded, each with its service."""

from __future__ import annotations

import numpy as np

from fairmeter.chain.engine import Engine
from fairmeter.chain.wallet import Wallet, derive_key
from fairmeter.contracts.clients import NOBODY
from fairmeter.contracts.deploy import System
from fairmeter.contracts.packing import BillColumns, pack_bills
from fairmeter.contracts.session import Call, Session
from fairmeter.model import Tariff, TariffBlock, Usage, Utility
from fairmeter.units import MAX_CAP, MAX_QUANTITY, Money

BOND = 10_000_000
PURSE = 10**19
DAILY = 10_000
"""Wh."""
PRICE = 60
BALANCE = 100_000_000


def person(session: Session, funder: Wallet, label: str) -> Wallet:
    """A wallet with gas."""
    wallet = Wallet.on(session.engine, derive_key(0, label))
    session.transact(funder, Call("chain", "transfer", wallet.address, b"", 21_000, PURSE))
    return wallet


def name_operators(system: System, session: Session, governor: Wallet, count: int, quorum: int) -> list[Wallet]:
    """`count` bonded operators, of which `quorum` judge."""
    wallets = [person(session, governor, f"operator {number}") for number in range(count)]
    currency, ledger = system.currency, system.ledger
    session.transact(
        governor,
        currency.mint(governor.address, BOND * count),
        currency.approve(ledger.address, BOND * count),
        *(ledger.deposit_bond(wallet.address, BOND) for wallet in wallets),
        *(system.operators.set_operator(wallet.address, active=True) for wallet in wallets),
        system.operators.set_quorum(quorum),
    )
    return wallets


def open_homes(system: System, session: Session, governor: Wallet, count: int = 1) -> tuple[Wallet, list[int]]:
    """A supplier with an owner of `count` accounts that have money; returns the supplier's wallet and the accounts."""
    supplier, owner = (person(session, governor, label) for label in ("supplier", "payer"))
    ledger, currency = system.ledger, system.currency
    tariff = Tariff("supplier", Utility.ELECTRICITY, 0, Money(0), (TariffBlock(MAX_QUANTITY, Money(PRICE)),))
    session.transact(supplier, ledger.register_supplier("supplier"), ledger.set_tariff(1, tariff))
    accounts = [(1 << 32) | number for number in range(1, count + 1)]
    suppliers, utilities = np.ones(count, np.int64), np.full(count, int(Utility.ELECTRICITY))
    session.transact(
        governor,
        ledger.open_accounts(suppliers, utilities, [owner.address] * count),
        currency.mint(governor.address, BALANCE * count),
        currency.approve(ledger.address, BALANCE * count),
        ledger.deposit(np.array(accounts), np.full(count, BALANCE)),
    )
    caps = {"capPerBill": MAX_CAP, "capPerMonth": MAX_CAP}
    mandate = {**caps, "lastDay": 2**16 - 1, "discloseReadings": True, "signedOnly": False, "agent": NOBODY}
    session.transact(owner, *(ledger.write("grantMandate", account, mandate) for account in accounts))
    return supplier, accounts


def today(engine: Engine) -> int:
    """Days since 1970-01-01."""
    return engine.now() // 86_400


def usage_until(day: int, daily: int = DAILY) -> Usage:
    """Three years of a steady home."""
    days = np.arange(day - 1_100, day, dtype=np.int32)
    n = len(days)
    return Usage(
        customer=np.zeros(n, np.int32),
        utility=np.full(n, int(Utility.ELECTRICITY), np.uint8),
        day=days,
        quantity=np.full(n, daily, np.int64),
        customers=("home",),
    )


def posting(system: System, start: int, quantity: int, number: int = 1) -> Call:
    """A batch of one bill, for account `number` and the five days from `start` on."""
    bill = BillColumns(
        number=np.array([number]),
        start=np.array([start], np.int32),
        days=np.array([5], np.int32),
        quantity=np.array([quantity]),
        amount=np.array([quantity * PRICE // 1_000]),
        replaces=np.array([0]),
    )
    return system.ledger.post_bills(1, int(Utility.ELECTRICITY), pack_bills(bill))
