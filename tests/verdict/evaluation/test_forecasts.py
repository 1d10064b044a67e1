"""Forecasts of monthly use as scores of bills; those of packages where they are installed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from fairmeter.errors import ToolMissingError
from fairmeter.model import Bills, Usage, Utility
from fairmeter.verdict.calibrated.history import Floats
from fairmeter.verdict.evaluation.forecasts import FORECASTS, forecast_score

EPOCH = dt.date(1970, 1, 1)


def day(year: int, month: int, number: int = 1) -> int:
    return (dt.date(year, month, number) - EPOCH).days


def usage_of(days: np.ndarray[tuple[int], np.dtype[np.int64]], quantity: list[int]) -> Usage:
    count = len(days)
    return Usage(
        customer=np.zeros(count, np.int32),
        utility=np.full(count, Utility.WATER, np.uint8),
        day=days.astype(np.int32),
        quantity=np.array(quantity, np.int64),
        customers=("customer",),
    )


def bill_of(start: int, days: int, quantity: int) -> Bills:
    return Bills(
        bill_id=np.zeros(1, np.int64),
        customer=np.zeros(1, np.int32),
        customers=("customer",),
        utility=np.full(1, Utility.WATER, np.uint8),
        supplier=np.zeros(1, np.int32),
        suppliers=("supplier",),
        start=np.array([start], np.int32),
        end=np.array([start + days - 1], np.int32),
        quantity=np.array([quantity], np.int64),
        amount=np.ones(1, np.int64),
    )


def last_value(series: list[Floats], _: list[int]) -> tuple[Floats, Floats]:
    return np.array([one[-1] for one in series]), np.ones(len(series))


def test_forecast_score__whole_months_before_the_bill__their_daily_means() -> None:
    """The days of the bill's own month, and what comes later, are not looked at; a month of which less than half is
    known repeats the one before."""
    days = np.arange(day(2015, 1), day(2015, 8))
    month = np.array([(EPOCH + dt.timedelta(int(one))).month for one in days])
    known = (month != 4) | (np.arange(len(days)) % 3 == 0)
    seen: list[Floats] = []

    def noted(series: list[Floats], last: list[int]) -> tuple[Floats, Floats]:
        seen.extend(series)
        assert last == [(2015 - 1970) * 12 + 4]
        return last_value(series, last)

    usage = usage_of(days[known], (100 * month[known]).tolist())
    told: list[float] = []
    score = forecast_score(usage, bill_of(day(2015, 6, 10), 20, 20 * 1_000), noted, told.append)
    np.testing.assert_allclose(np.exp(seen[0]), [100, 200, 300, 300, 500])
    np.testing.assert_allclose(score, np.log(1_000 / 500))
    assert told == [1.0]


def test_forecast_score__three_months__nothing_is_known() -> None:
    days = np.arange(day(2015, 3), day(2015, 6))
    score = forecast_score(usage_of(days, [5] * len(days)), bill_of(day(2015, 6), 30, 150), last_value, lambda _: None)
    assert np.isnan(score).all()


@pytest.mark.parametrize("name", sorted(FORECASTS))
def test_forecasts__steady_use__a_bill_twice_as_high_stands_out(name: str) -> None:
    days = np.arange(day(2013, 1), day(2015, 6))
    noisy = 1_000 + np.random.default_rng(1).integers(-50, 50, len(days))
    usage = usage_of(days, noisy.tolist())
    try:
        high, usual = (
            forecast_score(usage, bill_of(day(2015, 6), 30, quantity), FORECASTS[name], lambda _: None)
            for quantity in (60_000, 30_000)
        )
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    assert high > 10
    assert abs(usual) < 5
