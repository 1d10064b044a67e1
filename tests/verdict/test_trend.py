from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from fairmeter.model import Decision, Reference, Verdict, Verdicts
from fairmeter.verdict import floating, judge, judge_one
from fairmeter.verdict.trend import _CHUNK_ROWS

MAX_READING = 2**40 - 1
MAX_QUANTITY = 93 * 2**40


@dataclass(frozen=True)
class Bill:
    readings: Sequence[int | None]
    quantity: int
    days: int
    first_preset: int = 200_000
    second_preset: int = 0
    degree: int = 2

    def judged(self, literal: bool = False) -> Verdict:
        return judge_one(literal=literal, **self.__dict__)


def batch(bills: Sequence[Bill], literal: bool = False, width: int | None = None) -> Verdicts:
    """All bills in one call, their readings padded to the longest reference period or to `width`."""
    width = width or max(len(bill.readings) for bill in bills)
    padded = [[*bill.readings] + [None] * (width - len(bill.readings)) for bill in bills]
    reference = Reference(
        start=np.zeros(len(bills), dtype=np.int32),
        days=np.array([len(bill.readings) for bill in bills], dtype=np.int32),
        readings=np.array([[reading or 0 for reading in row] for row in padded], dtype=np.int64),
        present=np.array([[reading is not None for reading in row] for row in padded]),
    )
    return judge(
        reference,
        np.array([bill.quantity for bill in bills], dtype=np.int64),
        np.array([bill.days for bill in bills], dtype=np.int32),
        first_preset=np.array([bill.first_preset for bill in bills], dtype=np.int64),
        second_preset=np.array([bill.second_preset for bill in bills], dtype=np.int64),
        degree=np.array([bill.degree for bill in bills], dtype=np.uint8),
        literal=literal,
    )


def rows(verdicts: Verdicts) -> list[Verdict]:
    return [
        Verdict(
            Decision(int(verdicts.decision[i])),
            int(verdicts.actual_ppm[i]) if verdicts.has_actual[i] else None,
            int(verdicts.expected_ppm[i]) if verdicts.has_expected[i] else None,
        )
        for i in range(len(verdicts))
    ]


def series(days: int) -> st.SearchStrategy[list[int]]:
    """Meters of every kind: random of any size, constant, nearly constant, linear, symmetric, mostly idle, extreme."""
    some = st.integers(0, 40).flatmap(lambda bits: st.integers(0, 2**bits - 1))
    any_days = st.lists(some, min_size=days, max_size=days)
    constant = some.map(lambda reading: [reading] * days)
    nearly = st.tuples(some, st.lists(st.integers(0, 2), min_size=days, max_size=days)).map(
        lambda drawn: [min(drawn[0] + more, MAX_READING) for more in drawn[1]]
    )
    linear = st.tuples(st.integers(0, 2**39), st.integers(0, 2**32)).map(
        lambda drawn: [drawn[0] + drawn[1] * x for x in range(days)]
    )
    symmetric = any_days.map(lambda drawn: [drawn[min(x, days - 1 - x)] for x in range(days)])
    idle = st.tuples(st.integers(0, days - 1), some).map(
        lambda drawn: [drawn[1] * (x == drawn[0]) for x in range(days)]
    )
    extreme = st.lists(st.sampled_from([0, 1, MAX_READING]), min_size=days, max_size=days)
    return st.one_of(any_days, constant, nearly, linear, symmetric, idle, extreme)


@st.composite
def bills(draw: st.DrawFn) -> Bill:
    days = draw(st.integers(1, 93))
    referred = min(max(days + draw(st.sampled_from([-1, 0, 0, 0, 1])), 1), 94)
    readings: list[int | None] = list(draw(series(referred)))
    # up to one more than may be missing
    for x in draw(st.lists(st.integers(0, referred - 1), max_size=draw(st.sampled_from([0, referred // 10 + 1])))):
        readings[x] = None
    total = sum(reading or 0 for reading in readings)
    near = st.integers(0, 3 * 10**6).map(lambda ppm: min(total * ppm // 10**6, MAX_QUANTITY))
    preset = st.one_of(st.integers(-(10**6), 10**6), st.sampled_from([-(10**7), 0, 10**7]))
    return Bill(
        readings,
        draw(st.one_of(near, st.just(min(total, MAX_QUANTITY)), st.integers(0, MAX_QUANTITY))),
        days,
        draw(preset),
        draw(st.one_of(st.just(-(10**7)), preset)),
        draw(st.sampled_from([1, 2])),
    )


def expected_result(case: dict[str, Any]) -> Verdict:
    result = case["result"]
    return Verdict(Decision[result["decision"]], result["actual_ppm"], result["expected_ppm"])


def case_bill(case: dict[str, Any]) -> Bill:
    return Bill(**{field.name: case[field.name] for field in dataclasses.fields(Bill)})


@pytest.mark.parametrize("literal", [False, True])
def test_judge__shared_vectors_in_one_call__equal(vectors: list[dict[str, Any]], literal: bool) -> None:
    cases = [case for case in vectors if case["literal"] is literal]
    assert cases

    judged = rows(batch([case_bill(case) for case in cases], literal))

    assert {c["name"]: v for c, v in zip(cases, judged, strict=True)} == {c["name"]: expected_result(c) for c in cases}


def test_judge_one__shared_vectors__equal(vectors: list[dict[str, Any]]) -> None:
    assert len(vectors) == 281
    for case in vectors:
        assert case_bill(case).judged(case["literal"]) == expected_result(case), case["name"]


# the largest values of every field, and the figures saturated at both ends
@example(Bill([MAX_READING] * 94, MAX_QUANTITY, 93, 10**7, -(10**7)), False)
@example(Bill([0] * 93 + [MAX_READING], MAX_QUANTITY, 93, 10**7, -(10**7)), True)
@example(Bill([MAX_READING] + [0] * 93, 0, 93, -(10**7), -(10**7)), True)
@example(Bill([0] * 93 + [1], MAX_QUANTITY, 93, 10**7, 10**7), False)
@example(Bill([0, 0, 0, 1], MAX_QUANTITY, 3), False)
@example(Bill([10**8 + 10**7 * x for x in range(31)], 10**10, 31), True)
@example(Bill([10**8 - 10**6 * x for x in range(31)], 10**10, 31), True)
@settings(max_examples=400, deadline=None)
@given(bill=bills(), literal=st.booleans())
def test_judge_one__any_bill__equals_the_book(
    verdict_by_the_book: Callable[..., Verdict], bill: Bill, literal: bool
) -> None:
    assert bill.judged(literal) == verdict_by_the_book(literal=literal, **bill.__dict__)


@settings(max_examples=150, deadline=None)
@given(bill=bills(), literal=st.booleans())
def test_judge__bound_that_proves_nothing__integers_say_the_same(bill: Bill, literal: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(floating, "ERROR_FACTOR", 1e30)
        by_integers = batch([bill], literal)

    assert rows(by_integers) == [bill.judged(literal)]


@settings(max_examples=60, deadline=None)
@given(drawn=st.lists(bills(), min_size=1, max_size=20), literal=st.booleans(), data=st.data())
def test_judge__mixed_batch_in_any_order_and_width__each_as_alone(
    drawn: list[Bill], literal: bool, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(drawn))
    assert rows(batch(order, literal, width=94)) == [bill.judged(literal) for bill in order]


def test_judge__more_rows_than_a_chunk__each_as_alone() -> None:
    pattern = [
        Bill([100, 101, None, 103, 104, 105, 106, 107, 108, 109], 1300, 11),
        Bill([5] * 31, 300, 31, 0, 0, 1),
        Bill([9, 8, 7, 6], 10, 4),
        Bill([None, None, 1], 10, 3),
        Bill([8, 9, 10, 11, 12], 65, 5),
    ]
    repeats = 2 * _CHUNK_ROWS // len(pattern) + 1

    judged = batch(pattern * repeats)

    alone = batch(pattern)
    for field in dataclasses.fields(Verdicts):
        assert np.array_equal(getattr(judged, field.name), np.tile(getattr(alone, field.name), repeats)), field.name


def test_judge__no_bills__no_verdicts() -> None:
    nothing = Reference(
        np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros((0, 0), np.int64), np.zeros((0, 0), np.bool_)
    )
    no_days = np.zeros(0, np.int32)
    assert len(judge(nothing, np.zeros(0, np.int64), no_days, first_preset=0, second_preset=0, degree=2)) == 0


@settings(max_examples=150, deadline=None)
@given(
    readings=st.lists(st.integers(0, 9), min_size=4, max_size=12),
    missing=st.booleans(),
    preset=st.sampled_from([-250_000, 0, 100_000, 200_000, 500_000]),
    degree=st.sampled_from([1, 2]),
)
@example(readings=[8, 9, 10, 11, 12], missing=False, preset=200_000, degree=1)
def test_judge_one__difference_exactly_the_first_preset__appeals_and_one_unit_less_pays(
    growths_by_the_book: Callable[..., tuple[Fraction, Fraction] | None],
    readings: list[int],
    missing: bool,
    preset: int,
    degree: int,
) -> None:
    days: list[int | None] = list(readings)
    if missing and len(days) >= 10:
        days[3] = None
    growths = growths_by_the_book(days, 0, len(days), degree, False)
    assume(growths is not None)
    assert growths is not None
    present = [reading for reading in days if reading is not None]
    # e does not depend on the unit of the readings: choose the unit in which the quantity of the tie is whole
    tie = Fraction(sum(present) * len(days), len(present)) * (1 + growths[1] + Fraction(preset, 10**6))
    unit = tie.denominator
    assume(0 < tie * unit <= MAX_QUANTITY and max(present) * unit <= MAX_READING)
    scaled = [None if reading is None else reading * unit for reading in days]
    at = Bill(scaled, int(tie * unit), len(days), preset, -(10**7), degree)
    below = dataclasses.replace(at, quantity=at.quantity - 1)

    verdicts = batch([at, below])

    assert [Decision(int(decision)) for decision in verdicts.decision] == [Decision.APPEAL, Decision.PAY]
    # an e of zero is proven to be zero by the sums; every other tie is beyond floating point
    assert growths[1] == 0 or verdicts.exact[0]


@given(slope=st.integers(-3, 3), half=st.integers(2, 46), scale=st.sampled_from([1, 10, 1000]))
def test_judge_one__expected_growth_exactly_a_ppm__is_not_floored_below_it(slope: int, half: int, scale: int) -> None:
    # f is the series itself and e its slope over its mean, 1,000 of a unit
    readings: list[int | None] = [scale * (1000 + slope * x) for x in range(-half, half + 1)]
    verdict = Bill(readings, 10**6, len(readings), second_preset=-(10**7), degree=1).judged()
    assert verdict.expected_ppm == slope * 1000


@pytest.mark.parametrize(("quantity", "decision"), [(1119, Decision.PAY), (1120, Decision.APPEAL)])
def test_judge__constant_series_at_the_preset__decided_without_the_fallback(quantity: int, decision: Decision) -> None:
    verdicts = batch([Bill([100] * 10, quantity, 10, 120_000, 0, degree) for degree in (1, 2)])

    assert verdicts.decision.tolist() == [decision, decision]
    assert verdicts.expected_ppm.tolist() == [0, 0]
    assert verdicts.has_expected.all()
    assert not verdicts.exact.any()


def test_judge__constant_series_with_missing_days_and_unequal_periods__decided_without_the_fallback() -> None:
    meters = [Bill([MAX_READING] * 20 + [None] + [MAX_READING] * 10, MAX_QUANTITY, days) for days in (30, 31, 32)]

    verdicts = batch(meters)

    assert verdicts.expected_ppm.tolist() == [0, 0, 0]
    assert not verdicts.exact.any()


@pytest.mark.parametrize(("second_preset", "expected"), [(100_000, 0), (100_001, None)])
def test_judge_one__growth_at_the_second_preset__is_regressed(second_preset: int, expected: int | None) -> None:
    verdict = Bill([100] * 10, 1100, 10, second_preset=second_preset).judged()
    assert verdict == Verdict(Decision.PAY, 100_000, expected)


@pytest.mark.parametrize(
    ("readings", "degree", "decision"),
    [
        ([0] * 31, 2, Decision.INSUFFICIENT),
        ([1, 1, 1], 2, Decision.INSUFFICIENT),
        ([1, 1, 1], 1, Decision.PAY),
        ([1, 1, 1, 1], 2, Decision.PAY),
        ([1] * 9 + [None], 2, Decision.PAY),
        ([1] * 17 + [None] * 2, 2, Decision.INSUFFICIENT),
        ([1] * 18 + [None] * 2, 2, Decision.PAY),
        ([None] * 31, 2, Decision.INSUFFICIENT),
    ],
)
def test_judge_one__at_the_limit_of_sufficiency__decided_by_the_readings_present(
    readings: list[int | None], degree: int, decision: Decision
) -> None:
    verdict = Bill(readings, 0, len(readings), degree=degree).judged()
    assert verdict == Verdict(decision, None if decision is Decision.INSUFFICIENT else -(10**6), None)
