from __future__ import annotations

import pytest

from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.deploy import System
from fairmeter.contracts.session import Session
from fairmeter.contracts.trading import deploy_trade
from fairmeter.errors import RevertError
from fairmeter.risk.terms import Category, Payment, Source
from fairmeter.testing import Payer, Supplier

TREASURER = bytes(19) + b"\x07"


def test_deploy_trade__a_purchase_paid_directly__moves_the_money_and_counts_once(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_governor: Wallet,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
) -> None:
    session, bank, buyer, seller = fairmeter_session, fairmeter_governor, fairmeter_payer.wallet, fairmeter_supplier
    trade = deploy_trade(session, fairmeter_system, bank, TREASURER)
    currency = fairmeter_system.currency
    session.transact(
        bank,
        trade.rules.set_category(1, Category(1, 10**6, 10, 30)),
        currency.mint(bank.address, 10**6),
        currency.approve(trade.desk.address, 10**6),
        trade.desk.deposit(buyer.address, 10**6),
    )
    session.transact(seller.wallet, trade.desk.publish(seller.id, 1, 20_000, 10, 30, 0))
    session.transact(buyer, trade.desk.buy(1, 10), trade.desk.pay(1, Payment.DIRECT))
    session.transact(bank, trade.standing.report(Source.BUYER, [1 << 16]))

    assert trade.desk.balance_of(seller.wallet.address) == 199_000
    assert trade.desk.balance_of(TREASURER) == 2_000
    assert trade.desk.balance_of(buyer.address) == 10**6 - 201_000
    assert trade.standing.value_of(buyer.address) == 602
    with pytest.raises(RevertError, match="CreditStanding_NothingCounts"):
        session.transact(bank, trade.standing.report(Source.BUYER, [1 << 16]))
