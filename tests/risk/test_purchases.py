from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.errors import InputError
from fairmeter.risk.purchases import Purchases, fit_terms
from fairmeter.risk.terms import Terms
from fairmeter.units import MAX_AMOUNT

payments = st.lists(
    st.integers(1, 10_000).flatmap(lambda amount: st.tuples(st.just(amount), st.integers(0, amount))), min_size=1
)
shares = st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0])


def _of(rows: list[tuple[int, int]]) -> Purchases:
    amounts, lost = np.array(rows, np.int64).T
    return Purchases(amounts, amounts, lost)


@given(payments, shares, shares)
def test_fit_terms__any_purchases__no_more_is_split_and_lost_than_asked(
    rows: list[tuple[int, int]], split: float, risk: float
) -> None:
    told = fit_terms(_of(rows), Terms(), split, risk)
    terms = told.terms
    assert told.split == sum(amount > terms.split_above for amount, _ in rows) <= split * len(rows)
    below = [(amount, lost) for amount, lost in rows if amount < terms.second]
    assert (told.free, told.lost_free) == (sum(a for a, _ in below), sum(lost for _, lost in below))
    assert told.lost_free <= risk * told.free


@given(payments, shares, shares)
def test_fit_terms__any_higher_threshold__loses_too_much(
    rows: list[tuple[int, int]], split: float, risk: float
) -> None:
    """And any lower condition splits too many."""
    terms = fit_terms(_of(rows), Terms(), split, risk).terms
    for amount in {amount for amount, _ in rows if amount >= terms.second}:
        below = [(a, lost) for a, lost in rows if a <= amount]
        assert sum(lost for _, lost in below) > risk * sum(a for a, _ in below)
    lower = max((amount for amount, _ in rows if amount < terms.split_above), default=0)
    assert lower == 0 or sum(amount > lower for amount, _ in rows) > split * len(rows)


@given(st.integers(1, MAX_AMOUNT), st.integers(1, 10**6))
def test_fit_terms__parts__none_below_a_third_of_the_condition(above: int, beyond: int) -> None:
    terms = fit_terms(Purchases(*(np.array([one], np.int64) for one in (above, above, 0))), Terms(), 0.0, 0.0).terms
    assert terms.split_above == above >= terms.first
    rest = above + beyond
    while rest > above:
        rest -= terms.first
    assert 3 * rest >= above


@pytest.mark.parametrize("rows", [[(0, 0)], [(5, 6)], [(5, -1)]])
def test_fit_terms__what_cannot_be__refused(rows: list[tuple[int, int]]) -> None:
    with pytest.raises(InputError):
        fit_terms(_of(rows), Terms(), 0.1, 0.1)


def test_fit_terms__nothing_bought__refused() -> None:
    none = np.zeros(0, np.int64)
    with pytest.raises(InputError):
        fit_terms(Purchases(none, none, none), Terms(), 0.1, 0.1)
