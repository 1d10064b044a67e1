from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.model import Bills, Utility
from fairmeter.simulation.plan import plan
from fairmeter.simulation.scenario import Scenario
from fairmeter.simulation.timeline import Action, Timeline
from fairmeter.simulation.traits import Traits
from fairmeter.units import MAX_CAP, SECONDS_A_DAY

Row = tuple[int, int, int, int, int]
rows = st.lists(
    st.tuples(
        st.integers(0, 4),  # customer
        st.integers(0, 2),  # supplier
        st.sampled_from([int(utility) for utility in Utility]),
        st.integers(15_000, 15_010),  # end
        st.integers(1, 2**40),  # amount
    ),
    min_size=1,
    max_size=60,
)


def bills_of(table: list[Row]) -> Bills:
    customer, supplier, utility, end, amount = (np.array(column) for column in zip(*table, strict=True))
    return Bills(
        bill_id=np.arange(len(table)),
        customer=customer.astype(np.int32),
        supplier=supplier.astype(np.int32),
        utility=utility.astype(np.uint8),
        start=(end - 29).astype(np.int32),
        end=end.astype(np.int32),
        quantity=np.ones(len(table), np.int64),
        amount=amount.astype(np.int64),
        customers=tuple(f"customer {i}" for i in range(5)),
        suppliers=("grid", "waterworks", "gasworks"),
    )


VERIFIED = np.arange(5) % 2 == 1
"""Whose verdicts the gate computes."""
DEMANDING = np.arange(5) == 2
"""For whom only signed readings count."""
TRAITS = Traits(~VERIFIED, ~VERIFIED, ~VERIFIED, VERIFIED, VERIFIED, DEMANDING, ~VERIFIED)


@given(rows, st.integers(1, 5))
def test_plan__any_bills__posts_each_once_after_its_period_in_order(table: list[Row], batch_bills: int) -> None:
    bills = bills_of(table)
    rounds = plan(bills, (), Scenario(batch_bills=batch_bills), TRAITS).rounds
    assert sorted(np.concatenate([one.rows for one in rounds]).tolist()) == list(range(len(table)))
    assert [one.time for one in rounds] == sorted({one.time for one in rounds})
    for one in rounds:
        assert (one.time >= (bills.end[one.rows].astype(np.int64) + 1) * SECONDS_A_DAY).all()
        for batch in one.batches:
            assert 1 <= len(batch.rows) <= batch_bills
            assert set(bills.supplier[batch.rows]) == {batch.supplier}
            assert set(bills.utility[batch.rows]) == {batch.utility}
            assert set(VERIFIED[bills.customer[batch.rows]].tolist()) == {batch.verified}
            assert set(DEMANDING[bills.customer[batch.rows]].tolist()) == {batch.demanding}


@given(rows)
def test_plan__any_bills__numbers_accounts_as_the_ledger_will(table: list[Row]) -> None:
    bills = bills_of(table)
    layout = plan(bills, (), Scenario(), TRAITS)
    for supplier in range(3):
        numbers = layout.number[layout.supplier == supplier].tolist()
        assert numbers == list(range(1, len(numbers) + 1))
    for row in range(len(table)):
        account = layout.account[row]
        found = (layout.customer[account], layout.supplier[account], layout.utility[account])
        assert found == (bills.customer[row], bills.supplier[row], bills.utility[row])
    assert len(layout.number) == len({row[:3] for row in table})


@given(rows)
def test_plan__any_bills__has_mandates_that_the_ledger_takes(table: list[Row]) -> None:
    layout = plan(bills_of(table), (), Scenario(), TRAITS)
    agent = b"\x11" * 20
    for moves_time in (True, False):
        mandates = layout.mandates(Scenario(), 1, TRAITS, agent, moves_time=moves_time)
        assert len(mandates) == len(layout.number)
        assert (mandates.cap_per_bill > 0).all()
        assert (mandates.cap_per_bill <= mandates.cap_per_month).all()
        assert (mandates.cap_per_month <= MAX_CAP).all()
        named = np.array([one.tobytes() == agent for one in mandates.agent])
        assert (named != mandates.disclose_readings).all()
        assert (mandates.signed_only == DEMANDING[layout.customer]).all()
        assert ((layout.bills.end.max() < mandates.last_day) & (mandates.last_day < 2**16)).all()


def test_timeline__actions_that_add_actions__come_in_order_of_time_then_asking() -> None:
    timeline = Timeline()
    done: list[tuple[str, int]] = []

    def note(name: str) -> Action:
        return lambda at: done.append((name, at))

    def first(at: int) -> None:
        done.append(("first", at))
        timeline.at(4, note("added"))

    timeline.at(5, note("late"))
    timeline.at(3, first)
    timeline.at(3, note("second"))
    for at, act in timeline.due(4):
        act(at)
    assert done == [("first", 3), ("second", 3), ("added", 4)]
    for at, act in timeline.due():
        act(at)
    assert done[-1] == ("late", 5)
