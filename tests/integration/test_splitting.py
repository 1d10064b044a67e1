"""A total is split on chain as the method says it, part by part, over the whole range."""

from __future__ import annotations

import functools

from hypothesis import given, settings
from hypothesis import strategies as st

import deployed_desk
from fairmeter.audit.trade.parts import split
from fairmeter.chain.wallet import FUNDER_KEY, Wallet
from fairmeter.contracts.session import Session
from fairmeter.contracts.trading import TradeSystem
from fairmeter.risk.terms import Terms

MAX = 2**48 - 1
FEW = 2_000
"""Parts that are split off one by one in no time."""
amounts = st.integers(1, MAX) | st.integers(0, 47).map(lambda bit: 1 << bit)


@functools.cache
def deployed() -> TradeSystem:
    """One desk for all examples, which change its terms."""
    return deployed_desk.deployed()


@settings(max_examples=60)
@given(first=amounts, room=st.integers(0, MAX) | st.just(0), data=st.data())
def test_split_of__any_total_and_terms__sums_to_it_each_part_within_its_bound(
    first: int, room: int, data: st.DataObject
) -> None:
    trade = deployed()
    session = Session(trade.system.engine)
    governor = Wallet.on(trade.system.engine, FUNDER_KEY)
    terms = Terms(first=first, split_above=min(first + room, MAX))
    session.transact(governor, trade.rules.set_terms(terms))
    near = (terms.split_above, terms.split_above + 1, terms.split_above + first, terms.split_above + first + 1, 0, MAX)
    totals = [min(one, MAX) for one in near]
    totals.append(data.draw(st.integers(0, MAX)))
    totals.append(min(terms.split_above + first * data.draw(st.integers(0, FEW)), MAX))
    for total in totals:
        count, last = trade.rules.split_of(total)
        assert first * (count - 1) + last == total
        assert last <= terms.split_above
        assert last > 0 or total == 0
        assert count == 1 or last + first > terms.split_above
        if count <= FEW:
            assert split(total, terms) == [first] * (count - 1) + [last]
