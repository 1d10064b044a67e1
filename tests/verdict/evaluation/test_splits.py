from __future__ import annotations

import dataclasses

import numpy as np

from fairmeter.model import Bills, Usage
from fairmeter.usage import fleet
from fairmeter.verdict.evaluation import SET_RATES, by_time


def _judged(usage: Usage, bills: Bills, before: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    correct = np.ones(len(bills), dtype=np.bool_)
    judged = by_time(usage, bills, correct, 0, before, lambda _: None)
    assert judged.appealed.shape == (len(SET_RATES), len(bills))
    return judged.score


def test_by_time__what_comes_after_a_month_shuffled__its_bills_judged_the_same() -> None:
    usage, bills = fleet(12, 16, 11)
    first, month, *_ = np.unique(bills.start).tolist()
    later = usage.day >= month
    future = usage.quantity.copy()
    future[later] = np.random.default_rng(0).permutation(future[later])
    known = _judged(usage, bills, month)
    other = _judged(dataclasses.replace(usage, quantity=future), bills, month)
    assert np.isnan(known[bills.start == first]).all()
    assert np.isfinite(known[bills.start >= month]).all()
    assert np.array_equal(known[bills.start == month], other[bills.start == month])
    assert not np.array_equal(known[bills.start > month], other[bills.start > month])
