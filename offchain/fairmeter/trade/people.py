"""Who acts at the trade desk: a key a party, and those who govern, judge and report."""

from __future__ import annotations

from typing import Final

import numpy as np

from fairmeter.chain.crowd import Crowd
from fairmeter.chain.engine import Engine, Receipts
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import Wallet, derive_key, funder_key
from fairmeter.contracts.deploy import System, deploy, hand_over_calls
from fairmeter.contracts.session import Call, Session
from fairmeter.contracts.trading import TradeSystem, deploy_trade
from fairmeter.model import Int64s, Utility
from fairmeter.risk.prices import price_range
from fairmeter.trade.plan import CATEGORIES, Plan, endowments
from fairmeter.trade.scenario import TradeScenario

OPERATORS: Final = 3
ACCOUNTS_A_CALL: Final = 100
QUORUM: Final = 2
"""Of them say what prices are normal."""


class People:
    """The wallets of a run; parties are the plan's, suppliers first."""

    def __init__(self, engine: Engine, plan: Plan, scenario: TradeScenario) -> None:
        seed = scenario.seed
        self.parties = Crowd.derive(seed, plan.parties.names(), engine.chain_id, engine.fees())
        self.funder = Wallet.on(engine, funder_key(engine))
        self.governor, self.treasurer, self.arbiter, self.keeper = (
            Wallet.on(engine, derive_key(seed, role)) for role in ("governor", "treasurer", "arbiter", "keeper")
        )
        self.operators = [Wallet.on(engine, derive_key(seed, f"operator {number}")) for number in range(OPERATORS)]


def set_up(session: Session, people: People, plan: Plan, scenario: TradeScenario) -> TradeSystem:
    """Deploy, govern, register suppliers, set the normal prices, hand over."""
    funder = people.funder
    system = deploy(session, funder)
    trade = deploy_trade(session, system, funder, people.treasurer.address)
    for operator in people.operators:
        session.transact(funder, *system.name_operator(funder.address, operator.address))
    session.transact(
        funder,
        system.operators.set_quorum(QUORUM),
        trade.rules.set_terms(scenario.terms),
        trade.rules.set_arbiter(people.arbiter.address),
        trade.standing.set_arbiter(people.arbiter.address),
        trade.system.ledger.set_standing(trade.standing.address),
        *(trade.rules.set_category(number, one) for number, (_, _, one) in enumerate(CATEGORIES, 1)),
    )
    rows = np.arange(plan.parties.suppliers)
    calls = [system.ledger.register_supplier(f"supplier {row}") for row in rows.tolist()]
    session.send_signed(calls, people.parties.sign(rows, calls))
    for category, prices in enumerate(plan.prices, 1):
        given = (category, *price_range(prices), inputs_hash(prices))
        for operator in people.operators[:QUORUM]:
            session.transact(operator, trade.rules.propose_range(*given))
    session.transact(funder, *account_calls(people, plan, system))
    session.transact(funder, *hand_over_calls(system, funder.address, people.governor.address))
    return trade


def account_calls(people: People, plan: Plan, system: System) -> list[Call]:
    """An account of each buyer with the first supplier, numbered as the buyers are."""
    owners = [address.tobytes() for address in people.parties.addresses[plan.parties.suppliers :]]
    groups = [owners[at : at + ACCOUNTS_A_CALL] for at in range(0, len(owners), ACCOUNTS_A_CALL)]
    ones = [np.ones(len(group), np.int64) for group in groups]
    return [
        system.ledger.open_accounts(one, one * int(Utility.ELECTRICITY), group)
        for one, group in zip(ones, groups, strict=True)
    ]


def inputs_hash(prices: Int64s) -> bytes:
    """Keccak-256 of reference prices, 8 bytes each, big-endian, in their order."""
    return keccak256(prices.astype(">i8").tobytes())


def endow(session: Session, people: People, plan: Plan, scenario: TradeScenario, trade: TradeSystem) -> Receipts:
    """The bank issues the parties' money, and pays it into the desk; and freezes whom it freezes."""
    amounts, currency, funder = endowments(plan, scenario), trade.system.currency, people.funder
    total = int(amounts.sum())
    session.transact(funder, currency.mint(funder.address, total), currency.approve(trade.desk.address, total))
    paid = np.flatnonzero(amounts)
    addresses = people.parties.addresses
    calls = [trade.desk.deposit(addresses[row].tobytes(), int(amounts[row])) for row in paid.tolist()]
    frozen = addresses[plan.parties.suppliers + np.flatnonzero(plan.parties.frozen)]
    paid_in = session.transact(funder, *calls)
    session.transact(funder, *(currency.write("setFrozen", one.tobytes(), True) for one in frozen))
    return paid_in
