from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.model import Bools, Payments
from fairmeter.verdict.payments import COVERAGE, Expected, expect, fit_payments, thresholds, with_next


def _habitual(seed: int, customers: int = 60, each: int = 20) -> Payments:
    """Everyone pays much the same each time, in much the same intervals, but everyone something else."""
    rng = np.random.default_rng(seed)
    amount = np.exp(rng.normal(9, 0.8, (customers, 1)) + rng.normal(0, 0.1, (customers, each)))
    gap = np.exp(rng.normal(3.4, 0.3, (customers, 1)) + rng.normal(0, 0.1, (customers, each)))
    day = 15_000 + np.rint(np.cumsum(gap, axis=1)).astype(np.int32)
    customer = np.repeat(np.arange(customers, dtype=np.int32), each)
    names = tuple(f"payer {number:03}" for number in range(customers))
    return Payments(customer, day.ravel(), np.rint(amount).astype(np.int64).ravel(), names)


def _later(payments: Payments) -> Bools:
    """Rows of customers who have paid five times before."""
    return np.asarray(np.arange(len(payments)) % 20 >= 5)


def _taken(expected: Expected, rows: Bools) -> Expected:
    return Expected(*(getattr(expected, field.name)[rows] for field in dataclasses.fields(Expected)))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999))
def test_expect__ordinary_payments__as_many_between_the_bounds_as_said(seed: int) -> None:
    payments = _habitual(seed)
    expected = expect(fit_payments(payments), payments)
    rows = _later(payments)
    amount = (payments.amount >= expected.amount_low) & (payments.amount <= expected.amount_high)
    day = (payments.day >= expected.earliest) & (payments.day <= expected.latest)
    assert abs(amount[rows].mean() - COVERAGE) < 0.05
    assert abs(day[rows].mean() - COVERAGE) < 0.05
    assert np.array_equal(np.isnan(expected.day), np.arange(len(payments)) % 20 == 0)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999), row=st.integers(0, 1199))
def test_expect__a_later_payment_changed__nothing_before_it_does(seed: int, row: int) -> None:
    payments = _habitual(seed)
    model = fit_payments(payments)
    amount = payments.amount.copy()
    amount[row] *= 9
    here, there = expect(model, payments), expect(model, dataclasses.replace(payments, amount=amount))
    before = (payments.customer == payments.customer[row]) & (np.arange(len(payments)) <= row)
    assert np.allclose(here.amount[before], there.amount[before], rtol=1e-9)
    assert there.amount_abnormal[row] > here.amount_abnormal[row]


def test_expect__ten_times_the_amount_or_three_times_the_interval__stands_out() -> None:
    payments = _habitual(4)
    odd = np.arange(19, len(payments), 40)
    late = np.arange(39, len(payments), 40)
    amount, day = payments.amount.copy(), payments.day.copy()
    amount[odd] *= 10
    day[late] += 60
    changed = dataclasses.replace(payments, amount=amount, day=day)
    expected = expect(fit_payments(changed), changed)
    assert np.all(expected.amount_abnormal[odd] > 0.9)
    assert np.all(expected.interval_abnormal[late] > 0.9)
    assert np.nanmean(expected.amount_abnormal[late] > 0.5) < 0.1


def test_expect__due_dates__early_is_never_abnormal() -> None:
    payments = _habitual(5)
    early, late = np.arange(19, len(payments), 40), np.arange(39, len(payments), 40)
    due = payments.day + np.random.default_rng(0).integers(0, 4, len(payments)).astype(np.int32)
    due[early] += 40
    due[late] -= 40
    owed = dataclasses.replace(payments, due=due)
    expected = expect(fit_payments(owed), owed)
    assert np.all(expected.interval_abnormal[early] == expected.interval_abnormal.min())
    assert np.all(expected.interval_abnormal[late] > 0.9)


def test_with_next__a_row_more_each__what_comes_after_the_last() -> None:
    payments = _habitual(6)
    model = fit_payments(payments)
    more, places = with_next(payments)
    expected = expect(model, more)
    assert len(more) == len(payments) + 60
    assert np.array_equal(more.customer[places], np.arange(60))
    assert np.all(expected.day[places] > payments.day[19::20])
    own = np.exp(np.log(payments.amount.reshape(60, 20)).mean(axis=1))
    assert np.allclose(expected.amount[places], own, rtol=0.15)
    kept = np.delete(np.arange(len(more)), places)
    assert np.allclose(expected.amount[kept], expect(model, payments).amount, rtol=1e-9)


def test_thresholds__known_abnormal_payments__found_later_by_the_class_that_knows_them() -> None:
    payments = _habitual(7, customers=200)
    abnormal = np.random.default_rng(0).random(len(payments)) < 0.05
    raised = dataclasses.replace(payments, amount=np.where(abnormal, payments.amount * 4, payments.amount))
    expected = expect(fit_payments(raised), raised)
    of: npt.NDArray[np.int64] = (raised.customer % 2).astype(np.int64)
    labels = abnormal & (of == 0)
    learnt = _later(payments) & (np.arange(len(payments)) % 20 < 13)
    found = thresholds(_taken(expected, learnt), labels[learnt], of[learnt], 2)
    assert found[0] is not None
    assert found[1] is None
    rest = _later(payments) & ~learnt & (of == 0)
    fires = found[0].fires(_taken(expected, rest))
    assert fires[labels[rest]].mean() > 0.9
    assert fires[~labels[rest]].mean() < 0.15


def test_expect__real_payments__calibrated_and_closer_than_the_last_one(shared: Path) -> None:
    paid = pl.read_parquet(shared / "data/payments/cn_electricity_payments.open.parquet").sort(
        "customer_id", "pay_date"
    )
    names = paid["customer_id"].unique().sort().cast(pl.String)
    customer = paid["customer_id"].cast(pl.String).cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int32)
    day = paid["pay_date"].cast(pl.Date).to_physical().to_numpy().astype(np.int32)
    payments = Payments(customer, day, paid["amount_cny"].to_numpy() * 100, tuple(names))
    expected = expect(fit_payments(payments), payments)
    again = np.flatnonzero(customer[1:] == customer[:-1]) + 1
    within = (payments.amount >= expected.amount_low) & (payments.amount <= expected.amount_high)
    assert within[again].mean() == pytest.approx(COVERAGE, abs=0.05)
    in_time = (day >= expected.earliest) & (day <= expected.latest)
    assert in_time[again].mean() == pytest.approx(COVERAGE, abs=0.06)
    error = np.abs(np.log(payments.amount / expected.amount))[again].mean()
    assert error < 0.9 * np.abs(np.log(payments.amount[again] / payments.amount[again - 1])).mean()
