"""The patent's rule over integers, the plan within a budget, and the day of the break."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.arrears.strategy import Decision, decide, find_break, horizon, plan, return_on_contacts
from fairmeter.arrears.strategy.economics import MAX_MONEY
from fairmeter.errors import InputError, OutOfBoundsError
from fairmeter.model import Bools, Int64s

PROBABILITY = st.integers(0, 10**6)
MONEY = st.integers(1, MAX_MONEY)


def _row(value: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([value], dtype=np.int64)


@given(p=PROBABILITY, cost=MONEY, debt=MONEY, elapsed=st.integers(0, 400), end=st.integers(0, 400), free=st.booleans())
def test_decide__any_debt__as_the_patent_states_in_rationals(
    p: int, cost: int, debt: int, elapsed: int, end: int, free: bool
) -> None:
    too_low, passed = Fraction(p, 10**6) < Fraction(cost, debt), elapsed > end
    found = decide(_row(p), _row(cost), _row(debt), _row(elapsed), _row(end), np.array([free]))[0]
    assert (found == Decision.GIVE_UP) == (too_low and passed)
    assert (found == Decision.REMIND) == (not too_low and free)


@given(p=PROBABILITY, debt=MONEY)
def test_decide__probability_exactly_at_the_threshold__reminded(p: int, debt: int) -> None:
    debt = debt // 10**6 * 10**6 + 10**6
    if debt > MAX_MONEY:
        return
    cost = p * (debt // 10**6)
    free = np.array([True])
    assert decide(_row(p), _row(cost), _row(debt), _row(9), _row(3), free)[0] == Decision.REMIND
    if cost < MAX_MONEY:
        assert decide(_row(p), _row(cost + 1), _row(debt), _row(9), _row(3), free)[0] == Decision.GIVE_UP
        assert decide(_row(p), _row(cost + 1), _row(debt), _row(3), _row(3), free)[0] == Decision.WAIT


def test_decide__what_cannot_be__refused() -> None:
    free = np.array([True])
    with pytest.raises(OutOfBoundsError, match="probability is 1000001, outside"):
        decide(_row(1_000_001), _row(1), _row(1), _row(0), _row(0), free)
    with pytest.raises(InputError, match="1 scores for accounts without arrears, the first in row 1"):
        decide(_row(1), _row(1), _row(0), _row(0), _row(0), free)
    with pytest.raises(OutOfBoundsError, match="cost is -1"):
        decide(_row(1), _row(-1), _row(1), _row(0), _row(0), free)


def test_return_on_contacts__a_curve_that_falls__horizon_where_it_is_nearest_zero() -> None:
    times = np.array([7, 14, 21, 28])
    contacted, natural = np.array([300_000, 450_000, 500_000, 510_000]), np.array([200_000, 300_000, 400_000, 450_000])
    contacts = np.array([1_000_000, 2_000_000, 3_000_000, 4_000_000])
    roi = return_on_contacts(contacted, natural, 10_000, contacts, 300)
    assert (roi // 10**6).tolist() == [700, 900, 100, -600]
    assert horizon(times, roi) == 21
    assert horizon(times, np.array([5, -3, 3, 9])) == 14
    with pytest.raises(InputError, match="no times"):
        horizon(times[:0], roi[:0])


GAINS = st.lists(st.lists(st.integers(0, 20), min_size=3, max_size=3), min_size=1, max_size=6)


def _worth(gain: np.ndarray[tuple[int, int], np.dtype[np.float64]], contacts: object, cost: float) -> float:
    reached = np.minimum.accumulate(gain, axis=1) - cost
    return float((reached * (np.arange(gain.shape[1]) < np.asarray(contacts)[:, None])).sum())


@given(rows=GAINS, cost=st.integers(0, 10), budget=st.integers(0, 12), limit=st.integers(0, 3))
def test_plan__any_users__within_budget_and_no_other_is_better(
    rows: list[list[int]], cost: int, budget: int, limit: int
) -> None:
    gain = np.array(rows, dtype=np.float64)
    limits = np.full(len(rows), limit)
    made = plan(gain, cost, limits, budget)
    assert made.sum() <= budget
    assert (made <= limits).all()
    others = np.array(np.meshgrid(*[np.arange(limit + 1)] * len(rows))).reshape(len(rows), -1).T
    allowed = others[others.sum(axis=1) <= budget]
    assert _worth(gain, made, cost) == max(_worth(gain, other, cost) for other in allowed)


@given(seed=st.integers(0, 500))
def test_plan__as_many_contacts_as_the_patents_rule__never_below_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    natural = rng.random(50) * 0.5
    contacted = natural + rng.uniform(-0.1, 0.3, 50)
    debt, cost = 1000.0, 60.0
    rule = (contacted >= cost / debt).astype(np.int64)
    gain = ((contacted - natural) * debt)[:, None]
    made = plan(gain, cost, np.ones(50, dtype=np.int64), int(rule.sum()))
    assert _worth(gain, made, cost) >= _worth(gain, rule, cost)


def test_plan__a_negative_budget__refused() -> None:
    with pytest.raises(InputError, match="must be 0 or more"):
        plan(np.ones((1, 1)), 1.0, np.ones(1, dtype=np.int64), -1)


def _debts(count: int, before: float, after: float, day: int) -> tuple[Int64s, Bools]:
    """Days until paid or day 60, with a hazard that changes after `day`."""
    rng = np.random.default_rng(4)
    hazard = np.where(np.arange(1, 61) <= day, before, after)
    paying = rng.random((count, 60)) < hazard
    first = np.where(paying.any(axis=1), paying.argmax(axis=1) + 1, 60)
    return first, np.asarray(paying.any(axis=1))


def test_find_break__hazard_that_falls_after_day_14__found() -> None:
    found = find_break(*_debts(4000, 0.05, 0.01, 14))
    assert found.sure
    assert found.low <= 14 <= found.high
    assert found.high - found.low <= 3
    assert found.before == pytest.approx(0.05, abs=0.005)
    assert found.after == pytest.approx(0.01, abs=0.002)


def test_find_break__a_constant_hazard__none_claimed() -> None:
    assert not find_break(*_debts(4000, 0.03, 0.03, 14)).sure


def test_find_break__too_few_repayments__says_how_many() -> None:
    with pytest.raises(InputError, match="5 repayments: 40 on different days are needed"):
        find_break(np.arange(1, 11), np.arange(10) < 5)
    with pytest.raises(InputError, match="at least 1 is expected"):
        find_break(np.array([0]), np.array([True]))


def test_find_break__the_rates__those_of_lifelines() -> None:
    lifelines = pytest.importorskip("lifelines", reason="NOT TESTED: lifelines is not installed")
    days, paid = _debts(2000, 0.05, 0.01, 14)
    found = find_break(days, paid)
    table = lifelines.utils.survival_table_from_events(days, paid)
    table = table[table.index > 0]
    early = table[table.index <= found.day]
    assert found.before == pytest.approx(early["observed"].sum() / early["at_risk"].sum())
