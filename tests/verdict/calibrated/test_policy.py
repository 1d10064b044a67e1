from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from fairmeter.errors import InputError
from fairmeter.model import Bills, Decision, Usage
from fairmeter.verdict.calibrated import (
    CalibratedModel,
    decide,
    digest,
    figures,
    fit,
    recalibrate,
    score,
    words,
)

Synthetic = tuple[Usage, Bills]


def _bills(bills: Bills, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Bills:
    columns = ("bill_id", "customer", "supplier", "utility", "start", "end", "quantity", "amount")
    taken = {column: getattr(bills, column)[rows] for column in columns}
    return Bills(**taken, customers=bills.customers, suppliers=bills.suppliers)


def test_score__the_future_shuffled__the_same_to_the_bit(model: CalibratedModel, synthetic: Synthetic) -> None:
    usage, bills = synthetic
    start = int(np.unique(bills.start)[1])
    asked = _bills(bills, bills.start == start)
    unknown = usage.day >= start
    future = usage.quantity.copy()
    future[unknown] = np.random.default_rng(0).permutation(future[unknown]) * 3 + 1
    known = score(model, usage, asked)
    for other in (
        score(model, dataclasses.replace(usage, quantity=future), asked),
        score(model, dataclasses.replace(usage, customer=usage.customer[~unknown], utility=usage.utility[~unknown],
                                         day=usage.day[~unknown], quantity=usage.quantity[~unknown]), asked),
    ):  # fmt: skip
        assert np.array_equal(known.score, other.score)
        assert np.array_equal(known.false_rate, other.false_rate)
        assert np.array_equal(known.expected, other.expected)


def test_score__bills_of_other_days_left_out__the_same_to_the_bit(model: CalibratedModel, synthetic: Synthetic) -> None:
    usage, bills = synthetic
    of_a_month = bills.start == int(bills.start.min())
    everything = score(model, usage, bills)
    assert np.array_equal(everything.score[of_a_month], score(model, usage, _bills(bills, of_a_month)).score)


def test_score__labelled_faults__rank_above_correct_bills(model: CalibratedModel, synthetic: Synthetic) -> None:
    usage, bills = synthetic
    assert bills.fault is not None
    faulty = np.array([fault is not None for fault in bills.fault])
    scores = score(model, usage, bills)
    assert np.median(scores.score[faulty]) > np.quantile(scores.score[~faulty], 0.9)


def test_score__customer_never_read__a_verdict_with_a_wider_interval(
    model: CalibratedModel, synthetic: Synthetic
) -> None:
    usage, bills = synthetic
    stranger = dataclasses.replace(bills, customers=tuple(f"new {name}" for name in bills.customers))
    known, unknown = score(model, usage, bills), score(model, usage, stranger)
    assert np.all(np.isfinite(unknown.score))
    width = [np.median(np.log((s.high + 1) / (s.low + 1))) for s in (known, unknown)]
    assert width[1] > 2 * width[0]


def test_decide__higher_rate__only_more_appeals(model: CalibratedModel, synthetic: Synthetic) -> None:
    scores = score(model, *synthetic)
    appealed = [decide(scores, rate) == Decision.APPEAL for rate in (0.0, 0.01, 0.05, 1.0)]
    assert not appealed[0].any()
    assert appealed[-1].all()
    assert all(np.all(lower <= higher) for lower, higher in pairwise(appealed))


def test_fit__same_readings_and_seed__same_bytes(model: CalibratedModel, synthetic: Synthetic) -> None:
    assert digest(fit(synthetic[0], seed=1)) == digest(model)


def test_fit__no_reading_before_the_day__refused(synthetic: Synthetic) -> None:
    with pytest.raises(InputError, match="there is no reading"):
        fit(synthetic[0], seed=1, before=0)


def test_recalibrate__later_readings__changes_rates_and_no_score(model: CalibratedModel, synthetic: Synthetic) -> None:
    usage, bills = synthetic
    again = recalibrate(model, usage, 1, int(bills.start.max()), 180)
    before, after = score(model, usage, bills), score(again, usage, bills)
    assert np.array_equal(before.score, after.score)
    assert not np.array_equal(before.false_rate, after.false_rate)


def test_words__faulty_bills__say_what_was_expected_and_the_likely_fault(
    model: CalibratedModel, synthetic: Synthetic
) -> None:
    usage, bills = synthetic
    assert bills.fault is not None
    scores = score(model, usage, bills)
    faulty = np.array([fault == "multiplier" for fault in bills.fault])
    lines = words(scores, bills, faulty)
    assert len(lines) == faulty.sum() > 0
    assert all("was expected" in line and "likely fault" in line for line in lines)
    assert np.all(figures(scores, bills).to_recent[faulty] > 0)
