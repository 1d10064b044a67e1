"""The model on a batch at a time: in whole numbers, from figures that can be kept and judged again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fairmeter.model import Bills, Decision, Int64s, Usage
from fairmeter.units import PPM
from fairmeter.verdict.calibrated import CalibratedModel, decide, score
from fairmeter.verdict.calibrated.batch import (
    FEATURE_BYTES,
    FEATURES,
    BatchBills,
    BatchJudge,
    Opinions,
    agrees,
    decode,
    encode,
    opinions,
    same_features,
)

Synthetic = tuple[Usage, Bills]


def posted(bills: Bills, rows: Int64s) -> BatchBills:
    customer, days = bills.customer[rows].astype(np.int64), bills.days[rows]
    return BatchBills(customer, bills.utility[rows], bills.start[rows], days, bills.quantity[rows])


def part(bills: Bills, rows: Int64s) -> Bills:
    names = ("bill_id", "customer", "supplier", "utility", "start", "end", "quantity", "amount")
    chosen = {name: getattr(bills, name)[rows] for name in names}
    return replace(bills, **chosen, true_quantity=None, fault=None)


def some(bills: Bills) -> Int64s:
    return np.flatnonzero(bills.start == bills.start.min())


@pytest.fixture
def judge(model: CalibratedModel, synthetic: Synthetic) -> BatchJudge:
    return BatchJudge(model, synthetic[0], synthetic[1].customers)


def assert_same(one: Opinions, other: Opinions) -> None:
    for name in ("score", "expected", "highest"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("rate", [5_000, 10_000, 200_000])
def test_judge__batch__decides_as_the_policy_on_those_bills_alone(
    judge: BatchJudge, model: CalibratedModel, synthetic: Synthetic, rate: int
) -> None:
    usage, bills = synthetic
    rows = some(bills)
    said = judge.judge(posted(bills, rows))[1]
    alone = score(model, usage, part(bills, rows))
    appealed = decide(alone, rate / PPM) == Decision.APPEAL
    np.testing.assert_array_equal(said.score <= rate, appealed)
    np.testing.assert_array_equal(said.expected, alone.expected)


def test_opinions__of_the_features_written_and_read__the_same_to_the_bit(
    judge: BatchJudge, model: CalibratedModel, synthetic: Synthetic
) -> None:
    bills = synthetic[1]
    batch = posted(bills, some(bills))
    features, said = judge.judge(batch)
    written = encode(features)
    assert written.shape == (len(features), FEATURE_BYTES)
    assert_same(opinions(model, decode(written), batch, bills.customers), said)
    assert agrees(model, decode(written), batch, bills.customers, said).all()


def test_features__later_readings_shuffled__the_same(
    judge: BatchJudge, model: CalibratedModel, synthetic: Synthetic
) -> None:
    usage, bills = synthetic
    rows = some(bills)
    later = usage.day >= int(bills.start[rows].min())
    quantity = usage.quantity.copy()
    quantity[later] = np.random.default_rng(3).permutation(quantity[later])
    other = BatchJudge(model, replace(usage, quantity=quantity), bills.customers)
    batch = posted(bills, rows)
    np.testing.assert_array_equal(encode(other.features(batch)), encode(judge.features(batch)))


def test_judge__customer_without_a_reading__has_an_opinion(model: CalibratedModel, synthetic: Synthetic) -> None:
    usage, bills = synthetic
    judge = BatchJudge(model, usage, (*bills.customers, "a newcomer"))
    known = posted(bills, some(bills))
    customer = known.customer.copy()
    customer[0] = len(bills.customers)
    said = judge.judge(replace(known, customer=customer))[1]
    width = (said.highest / np.maximum(said.expected, 1))[0]
    assert 1 <= said.score[0] <= PPM
    assert width > 1


@pytest.mark.parametrize("changed", ["score", "expected", "highest"])
def test_agrees__another_opinion__not(
    judge: BatchJudge, model: CalibratedModel, synthetic: Synthetic, changed: str
) -> None:
    bills = synthetic[1]
    batch = posted(bills, some(bills))
    features, said = judge.judge(batch)
    figures = getattr(said, changed).copy()
    figures[1] += 50_000
    same = agrees(model, features, batch, bills.customers, replace(said, **{changed: figures}))
    assert np.flatnonzero(~same).tolist() == [1]


def test_agrees__last_bits_of_another_machine__the_same(
    judge: BatchJudge, model: CalibratedModel, synthetic: Synthetic
) -> None:
    bills = synthetic[1]
    batch = posted(bills, some(bills))
    features, said = judge.judge(batch)
    elsewhere = replace(said, expected=said.expected + 1, highest=said.highest - 1)
    assert agrees(model, features, batch, bills.customers, elsewhere).all()
    assert same_features(features, features * (1 + 1e-12)).all()


def test_same_features__one_figure_differs__not(judge: BatchJudge, synthetic: Synthetic) -> None:
    bills = synthetic[1]
    features = judge.features(posted(bills, some(bills)))
    other = features.copy()
    other[2, FEATURES.index("age")] += 1
    assert np.flatnonzero(~same_features(features, other)).tolist() == [2]


def test_encode__zeros_and_unknowns_of_any_sign__one_form() -> None:
    rows = np.array([[0.0, -0.0, np.nan, -np.nan]])
    packed = encode(np.pad(rows, ((0, 0), (0, len(FEATURES) - 4))))
    assert packed[0, :8].tobytes() == packed[0, 8:16].tobytes()
    assert packed[0, 16:24].tobytes() == packed[0, 24:32].tobytes()
