from __future__ import annotations

import dataclasses
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.errors import InputError
from fairmeter.risk.prices import price_range
from fairmeter.risk.standing import Fact
from fairmeter.risk.terms import Conduct, Rules
from fairmeter.risk.whatif import conduct_of, fitted, simulate

HABITS = (Conduct.PAID_IN_TIME, Conduct.PAID_IN_TIME, Conduct.PAID_LATE, Conduct.ABANDONED)
histories = st.lists(
    st.builds(
        Fact,
        st.sampled_from([b"first", b"second", b"third", b"fourth", b"fifth"]),
        st.sampled_from(HABITS),
        st.just(100),
        st.integers(1, 10**8),
    ),
    min_size=1,
    max_size=60,
)


@given(histories, st.sampled_from([0.0, 0.2, 0.5]))
def test_fitted__any_history__at_most_the_share_is_suspended_and_flagged(history: list[Fact], share: float) -> None:
    # bonuses may bring a value above the highest normal one, which is not what is fitted
    rules = dataclasses.replace(fitted(history, Rules(), share), high=2**15 - 1)
    outcome = simulate(history, rules)
    assert max(outcome.suspended, outcome.flagged) <= share * outcome.accounts


@given(histories)
def test_simulate__fewer_penalties_that_suspend__no_fewer_suspended(history: list[Fact]) -> None:
    counts = [simulate(history, dataclasses.replace(Rules(), penalties=one)).suspended for one in (1, 2, 3, 10)]
    assert counts == sorted(counts, reverse=True)


def test_fitted__more_penalties_than_rules_hold__refused() -> None:
    history = [Fact(b"payer", Conduct.PAID_LATE, 0, at) for at in range(1, 300)]
    with pytest.raises(InputError, match="no rules suspend"):
        fitted(history, Rules(), 0.0)


def test_conduct_of__an_unknown_name__refused_with_those_that_there_are() -> None:
    assert conduct_of("paid late") is Conduct.PAID_LATE
    with pytest.raises(InputError, match="paid in time"):
        conduct_of("forgot")


def test_simulate__real_invoices__fitted_to_half_of_the_customers_holds_for_the_rest(shared: Path) -> None:
    """Fitted to suspend a tenth, of customers whom it has not seen it suspends less than a fifth."""
    invoices = pl.read_parquet(shared / "data" / "payments" / "ibm_accounts_receivable.open.parquet")
    rows = invoices.select("customerID", pl.col("DueDate").dt.epoch("s"), "DaysLate").iter_rows()
    facts = [
        Fact(who.encode(), Conduct.PAID_LATE if late > 7 else Conduct.PAID_IN_TIME, 100, at) for who, at, late in rows
    ]
    customers = sorted({one.party for one in facts})
    known = set(customers[::2])
    rules = fitted([one for one in facts if one.party in known], Rules(), 0.1)
    outcome = simulate([one for one in facts if one.party not in known], rules)
    assert 0 <= outcome.suspended < 0.2 * outcome.accounts


@given(st.lists(st.integers(900, 1_100), min_size=20, max_size=60), st.integers(0, 10**9), st.integers(1, 4))
def test_price_range__a_quarter_of_wrong_prices__moves_it_no_further_than_the_right_ones(
    prices: list[int], wrong: int, every: int
) -> None:
    import numpy as np  # noqa: PLC0415

    mixed = prices + [wrong] * ((len(prices) // 4) // every)
    low, high = price_range(np.array(mixed, np.int64))
    assert low >= 900 - 3 * 200 // 2
    assert high <= 1_100 + 3 * 200 // 2
    assert 1 <= low <= high
