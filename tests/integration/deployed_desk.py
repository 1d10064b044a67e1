"""A trade desk on a chain with a seller and an arbiter, for tests that call it at random."""

from __future__ import annotations

from tests.conftest import fastest_engine

from fairmeter.chain.opening import open_engine
from fairmeter.chain.wallet import FUNDER_KEY, Wallet, derive_key
from fairmeter.contracts.deploy import deploy
from fairmeter.contracts.session import Session
from fairmeter.contracts.trading import TradeSystem, deploy_trade
from fairmeter.risk.terms import Category

BUYERS = ("payer", "neighbour")
TREASURER = bytes(19) + b"\x07"
PRICE = 20_000
"""Of a piece: the least of which the fee counts."""
PURSE = 10**8
"""That a buyer begins with."""


def deployed() -> TradeSystem:
    """On the fastest chain that there is."""
    engine = open_engine(fastest_engine())
    session, funder = Session(engine), Wallet.on(engine, FUNDER_KEY)
    system = deploy(session, funder)
    trade = deploy_trade(session, system, funder, TREASURER)
    seller, arbiter = (Wallet.on(engine, derive_key(0, name)) for name in ("seller", "arbiter"))
    session.transact(
        funder,
        trade.rules.set_category(1, Category(1, 10**6, 10**6, 30)),
        trade.standing.set_arbiter(arbiter.address),
        system.currency.mint(funder.address, 10**6 * PURSE),
        system.currency.approve(trade.desk.address, 10**6 * PURSE),
    )
    session.transact(seller, system.ledger.register_supplier("seller"))
    session.transact(seller, trade.desk.publish(1, 1, PRICE, 10**6, 10, 12))
    return trade
