from __future__ import annotations

import numpy as np
import pytest

from fairmeter.model import Usage
from fairmeter.verdict.calibrated.companions import COLUMNS, companions
from fairmeter.verdict.calibrated.features import features, log_use
from fairmeter.verdict.calibrated.history import Floats, Histories, Meters
from fairmeter.verdict.calibrated.movement import groups

METERS, DAYS, MONTH = 40, 240, 30
FIRST_HALF = np.arange(METERS) < METERS // 2


def _two_trades(step: float) -> tuple[Histories, Meters, Floats]:
    """Two trades with a course of their own each; the first then uses exp(step) times as much in the billed month."""
    rng = np.random.default_rng(0)
    course = rng.normal(0, 0.5, (2, DAYS))[np.where(FIRST_HALF, 0, 1)] + rng.normal(0, 0.1, (METERS, DAYS))
    quantity = np.rint(np.exp(10 + course)).astype(np.int64)
    customer, day = (index.ravel().astype(np.int32) for index in np.indices((METERS, DAYS)))
    names = tuple(f"customer {number:02}" for number in range(METERS))
    usage = Usage(customer, np.ones(METERS * DAYS, dtype=np.uint8), day, quantity.ravel(), names)
    rows = np.arange(METERS)
    full = np.full(METERS, MONTH, dtype=np.int64)
    meters = Meters(rows, np.ones(METERS, dtype=np.uint8), np.full(METERS, DAYS, dtype=np.int64), full)
    usual = quantity[:, -28:].mean(axis=1)
    return Histories.of(usage), meters, log_use(usual * MONTH * np.exp(step * FIRST_HALF), full.astype(np.float64))


def _of(histories: Histories, meters: Meters, billed: Floats) -> Floats:
    return companions(histories, meters, billed, features(histories, meters)[0], groups(meters))


def test_companions__one_trade_moves__its_meters_foresee_it_and_the_others_do_not() -> None:
    moved = _of(*_two_trades(0.4))[:, COLUMNS.index("companions_mean_28")]
    assert np.all(moved[FIRST_HALF] - moved[~FIRST_HALF].max() > 0.25)


def test_companions__bills_in_another_order__the_same_to_the_bit() -> None:
    histories, meters, billed = _two_trades(0.4)
    order = np.random.default_rng(1).permutation(METERS)
    assert np.array_equal(_of(histories, meters, billed)[order], _of(histories, meters.take(order), billed[order]))


def test_companions__own_bill_changed__does_not_foresee_itself() -> None:
    histories, meters, billed = _two_trades(0.4)
    other = billed.copy()
    other[0] += 0.9
    column = COLUMNS.index("companions_mean_28")
    assert _of(histories, meters, other)[0, column] == pytest.approx(
        _of(histories, meters, billed)[0, column], abs=0.02
    )


def test_companions__few_bills__nothing() -> None:
    histories, meters, billed = _two_trades(0.4)
    few = np.arange(METERS) < 10
    assert np.all(_of(histories, meters.take(few), billed[few]) == 0)
