from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.model import ANY_AMOUNT, ANY_INTERVAL, Bills, ClassRules, Decision, Utility
from fairmeter.verdict.screening import Billed, decided, fires, fit_rules, intervals

Row = tuple[int, int, int, int, bool]
"""Batch, account, gap before it, days, whether it took its days."""

ROWS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(-3, 3), st.integers(1, 40), st.booleans()), max_size=40
).map(sorted)


def billed(rows: list[Row]) -> Billed:
    start, ends = [], dict.fromkeys(range(1, 5), 100)
    for _, account, gap, days, _ in rows:
        start.append(ends[account] + 1 + gap)
        ends[account] = start[-1] + days - 1
    batches, accounts, lengths = (np.array([row[place] for row in rows], np.int64) for place in (0, 1, 3))
    took = np.array([row[4] for row in rows], np.bool_)
    return Billed(batches, accounts, np.array(start, np.int64), lengths, np.zeros(len(rows), np.int64), took)


@given(rows=ROWS)
def test_intervals__any_bills__count_as_one_after_another(rows: list[Row]) -> None:
    bills = billed(rows)
    ledger: dict[int, int] = {}
    seen: dict[tuple[int, int], int] = {}
    expected, batch = [], 0
    at_start: dict[int, int] = {}
    for row, (number, account, _, days, took) in enumerate(rows):
        if number != batch:
            batch, at_start = number, dict(ledger)
        last = int(bills.start[row]) + days - 1
        before = seen.get((number, account), at_start.get(account, 0))
        ahead = bills.start[row] > before
        expected.append(last - before if ahead and before else 0)
        if ahead:
            seen[number, account] = last
        if ahead and took:
            ledger[account] = max(ledger.get(account, 0), last)
    assert intervals(bills).tolist() == expected


@given(value=st.integers(1, 1_000), bound=st.integers(1, 1_000))
def test_fires__value_at_its_bound__keeps_to_it(value: int, bound: int) -> None:
    bounds = (np.array([bound]), np.array([bound]), np.array([bound]))
    found = fires(np.array([value]), np.array([value]), bounds)
    assert found.tolist() == [[value > bound, value < bound, value > bound]]
    assert not fires(np.array([0]), np.array([0]), bounds)[:, 1:].any(), "no interval, no rule"


def test_decided__rules_alone_and_beside__go_before_the_verdict() -> None:
    decision = np.array([Decision.PAY, Decision.APPEAL, Decision.INSUFFICIENT] * 2, np.uint8)
    fired = np.array([True, False, False] * 2)
    alone = np.arange(6) >= 3
    assert decided(decision, fired, alone).tolist() == [
        *(Decision.APPEAL, Decision.APPEAL, Decision.INSUFFICIENT),
        *(Decision.APPEAL, Decision.PAY, Decision.PAY),
    ]


@dataclass(frozen=True, slots=True)
class Monthly:
    """Bills of 60 customers over 24 months of 30 days."""

    bills: Bills
    of: np.ndarray[tuple[int], np.dtype[np.int64]]

    @classmethod
    def draw(cls, faulty: float = 0.0) -> Monthly:
        rng = np.random.default_rng(5)
        customer, month = (one.ravel() for one in np.indices((60, 24)))
        amount = np.exp(rng.normal(10, 0.4, len(customer)))
        wrong = rng.random(len(customer)) < faulty
        amount = np.where(wrong, amount * 9, amount).astype(np.int64)
        start = (17_000 + 30 * month).astype(np.int32)
        count = len(customer)
        bills = Bills(
            bill_id=np.arange(count),
            customer=customer.astype(np.int32),
            supplier=np.zeros(count, np.int32),
            utility=np.full(count, Utility.WATER, np.uint8),
            start=start,
            end=start + np.int32(29),
            quantity=amount,
            amount=amount,
            customers=tuple(f"c{number}" for number in range(60)),
            suppliers=("works",),
            fault=tuple("digit" if one else None for one in wrong.tolist()),
        )
        return cls(bills, np.asarray(1 + customer % 2, np.int64))


def test_fit_rules__rate_set__holds_up_no_more_of_its_own_bills() -> None:
    drawn = Monthly.draw()
    for rate in (0.0, 0.01, 0.05):
        for one in fit_rules(drawn.bills, drawn.of, rate, seed=1):
            rows = drawn.of == one.class_
            assert (drawn.bills.amount[rows] > one.rules.amount).mean() <= rate + 1e-9
            assert one.rules.shortest <= 30 <= one.rules.longest, "a month is ordinary"
            assert not one.labelled
            assert one.found > 0.3


def test_fit_rules__labels__come_from_the_known_faults() -> None:
    drawn = Monthly.draw(faulty=0.1)
    for one in fit_rules(drawn.bills, drawn.of, 0.01, seed=1):
        assert one.labelled
        assert one.found > 0.9


def test_fit_rules__class_0_and_few_bills__have_no_rules() -> None:
    drawn = Monthly.draw()
    assert fit_rules(drawn.bills, np.zeros_like(drawn.of), 0.01, seed=1) == ()
    assert fit_rules(drawn.bills.take(np.arange(10)), drawn.of[:10], 0.01, seed=1) == ()
    assert ClassRules() == ClassRules(ANY_AMOUNT, 0, ANY_INTERVAL, alone=False)
