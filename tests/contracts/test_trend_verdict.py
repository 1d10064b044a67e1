"""`TrendVerdict.sol` against the vectorised verdict and the auditor's rationals: not one verdict differs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import ceil, log2
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.errors import OutOfBoundsError, RevertError
from fairmeter.model import Decision, Reference, Verdict
from fairmeter.units import MAX_DAYS, MAX_PRESET, MAX_QUANTITY, MAX_READING, MAX_REFERENCE_DAYS, PPM
from fairmeter.verdict import exact
from fairmeter.verdict.trend import judge, judge_one
from plain_verdict import recompute

CASES_A_CALL = 100
READING_BYTES = 5


class Harness(Protocol):
    def call(self, function: str, *arguments: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Case:
    """What a verdict is computed from; presets in ppm, quantities in base units."""

    readings: tuple[int | None, ...]
    quantity: int
    days: int
    first: int = 200_000
    second: int = 0
    degree: int = 2
    before: bytes = b""
    behind: bytes = b""
    """What stands around the readings in the calldata."""

    @property
    def packed(self) -> bytes:
        return b"".join((reading or 0).to_bytes(READING_BYTES) for reading in self.readings)

    @property
    def missing(self) -> int:
        return sum(1 << x for x, reading in enumerate(self.readings) if reading is None)

    @property
    def presets(self) -> tuple[int, int, int, int, int, bytes]:
        return self.first, self.second, self.degree, 0, 0, bytes(32)

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Of the harness's `evaluate`."""
        return self.packed, len(self.readings), self.missing, self.quantity, self.days, self.presets

    @property
    def surrounded(self) -> tuple[Any, ...]:
        """Of the harness's `evaluateAll`."""
        packed, *rest = self.arguments
        return self.before + packed + self.behind, len(self.before), *rest


def on_chain(harness: Harness, cases: Sequence[Case]) -> list[Verdict]:
    calls = [cases[first : first + CASES_A_CALL] for first in range(0, len(cases), CASES_A_CALL)]
    found = (harness.call("evaluateAll", [case.surrounded for case in call]) for call in calls)
    return [
        Verdict(
            Decision(verdict["decision"]),
            verdict["actualPpm"] if verdict["hasActual"] else None,
            verdict["expectedPpm"] if verdict["hasExpected"] else None,
        )
        for verdict in chain.from_iterable(found)
    ]


def judged(cases: Sequence[Case]) -> list[Verdict]:
    """All in one batch of the vectorised code."""
    width = max(len(case.readings) for case in cases)
    padded = [[*case.readings, *[None] * (width - len(case.readings))] for case in cases]
    reference = Reference(
        start=np.zeros(len(cases), dtype=np.int32),
        days=np.array([len(case.readings) for case in cases], dtype=np.int32),
        readings=np.array([[reading or 0 for reading in row] for row in padded], dtype=np.int64),
        present=np.array([[reading is not None for reading in row] for row in padded]),
    )
    verdicts = judge(
        reference,
        np.array([case.quantity for case in cases]),
        np.array([case.days for case in cases], dtype=np.int32),
        first_preset=np.array([case.first for case in cases]),
        second_preset=np.array([case.second for case in cases]),
        degree=np.array([case.degree for case in cases], dtype=np.uint8),
    )
    return [
        Verdict(
            Decision(int(verdicts.decision[row])),
            int(verdicts.actual_ppm[row]) if verdicts.has_actual[row] else None,
            int(verdicts.expected_ppm[row]) if verdicts.has_expected[row] else None,
        )
        for row in range(len(cases))
    ]


def recomputed(cases: Sequence[Case]) -> list[Verdict]:
    return [recompute(c.readings, c.quantity, c.days, c.first, c.second, c.degree) for c in cases]


def differences(cases: Sequence[Case], found: Sequence[Verdict], expected: Sequence[Verdict]) -> list[Any]:
    return [triple for triple in zip(cases, found, expected, strict=True) if triple[1] != triple[2]]


# CASES


def adversarial(rng: np.random.Generator, count: int) -> list[Case]:
    """Cases at the bounds, at the thresholds and within a ppm of them, and between."""
    makers: list[Callable[[np.random.Generator], Case]] = [
        _anything,
        lambda rng: _at_first_preset(rng, _anything(rng)),
        lambda rng: _at_second_preset(rng, _anything(rng)),
        _exactly_at_preset,
    ]
    return [makers[index % len(makers)](rng) for index in range(count)]


def _anything(rng: np.random.Generator) -> Case:
    n2 = int(_one_of(rng, rng.integers(28, 32), rng.integers(88, 95), rng.integers(1, MAX_REFERENCE_DAYS + 1)))
    values: list[int | None] = list(_series(rng, n2))
    gaps = min(n2, int(_one_of(rng, 0, 0, 1, n2 // 10, n2 // 10, n2 // 10 + 1, n2)))
    for x in rng.choice(n2, gaps, replace=False):
        values[x] = None
    total = sum(value or 0 for value in values)
    multiple = _one_of(rng, 0.0, 1.0, rng.uniform(0.5, 1.5), rng.uniform(0, 12), 1e6)
    return Case(
        readings=tuple(values),
        quantity=min(MAX_QUANTITY, int(total * multiple)),
        days=min(MAX_DAYS, max(1, n2 + int(rng.integers(-1, 2)))),
        first=int(_one_of(rng, 200_000, 0, MAX_PRESET, -MAX_PRESET, rng.integers(-MAX_PRESET, MAX_PRESET + 1))),
        second=int(_one_of(rng, 0, -PPM, MAX_PRESET, -MAX_PRESET, rng.integers(-PPM, PPM))),
        degree=int(rng.integers(1, 3)),
        before=rng.bytes(int(rng.integers(0, 70))),
        behind=rng.bytes(int(rng.integers(0, 70))),
    )


def _one_of(rng: np.random.Generator, *values: float | np.integer[Any]) -> float:
    return float(values[int(rng.integers(0, len(values)))])


def _series(rng: np.random.Generator, n2: int) -> list[int]:
    x = np.arange(n2, dtype=np.int64)
    top = int(2 ** rng.uniform(0, 40))
    largest = np.full(n2, MAX_READING)
    shape: np.ndarray[tuple[int], np.dtype[np.int64]] = [
        rng.integers(0, top, n2),
        np.full(n2, top),
        np.minimum(top + x * int(rng.integers(0, top + 1)), MAX_READING),
        np.minimum(x * x * (top // 94**2 + 1), MAX_READING)[:: int(rng.choice([-1, 1]))],
        largest * (x == rng.integers(0, n2)),
        largest * (x > n2 // 2) ^ int(rng.integers(0, 2)),
        largest * (x % 2),
        largest,
        rng.integers(0, 2, n2),
    ][int(rng.integers(0, 9))]
    return [int(value) for value in shape]


def _growths(case: Case) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """a and e, each as numerator and positive denominator; None where too little is known."""
    days = [x for x, reading in enumerate(case.readings) if reading is not None]
    values = [reading for reading in case.readings if reading is not None]
    count, referred, total = len(days), len(case.readings), sum(values)
    if total == 0 or 10 * count < 9 * referred or count < case.degree + 2:
        return None
    expected = exact.expected_growth(days, values, case.days, referred, case.degree, literal=False)
    return (case.quantity * count - total * referred, total * referred), expected


def _at_first_preset(rng: np.random.Generator, case: Case) -> Case:
    """The case with a first preset within a ppm of a - e."""
    growths = _growths(case)
    if growths is None:
        return case
    (a, a_den), (e, e_den) = growths
    lead = (a * e_den - e * a_den) * PPM // (a_den * e_den) + int(rng.integers(-1, 2))
    return replace(case, first=max(-MAX_PRESET, min(MAX_PRESET, lead)), second=-PPM)


def _at_second_preset(rng: np.random.Generator, case: Case) -> Case:
    """The case with a second preset within a ppm of a."""
    growths = _growths(case)
    if growths is None:
        return case
    (a, a_den), _ = growths
    return replace(case, second=max(-MAX_PRESET, min(MAX_PRESET, a * PPM // a_den + int(rng.integers(-1, 2)))))


def _exactly_at_preset(rng: np.random.Generator) -> Case:
    """Readings on a line whose expected growth is a whole number of ppm, and a bill at the preset or a unit off.

    Of a mean of 10^6 and a slope s, e = s/10^6: with Q1 = n·(10^6 + s + first) a - e is the preset.
    """
    n = int(rng.integers(4, MAX_DAYS + 1))
    half_slope = int(rng.integers(-PPM // n, PPM // n + 1))
    readings = tuple(PPM + half_slope * (2 * x - (n - 1)) for x in range(n))
    first = int(rng.integers(-PPM // 2, 2 * PPM))
    quantity = n * (PPM + 2 * half_slope + first) + int(rng.choice([0, 0, -1, 1]))
    return Case(readings, max(0, quantity), n, first, -PPM, int(rng.integers(1, 3)))


@st.composite
def series(draw: st.DrawFn) -> Case:
    n2 = draw(st.integers(1, MAX_REFERENCE_DAYS))
    reading = draw(st.sampled_from([st.integers(0, 3), st.integers(0, 10**6), st.integers(0, MAX_READING)]))
    values: list[int | None] = draw(st.lists(reading, min_size=n2, max_size=n2))
    for x in draw(st.sets(st.integers(0, n2 - 1), max_size=n2 // 10 + 1)):
        values[x] = None
    return Case(
        readings=tuple(values),
        quantity=draw(st.integers(0, MAX_QUANTITY) | st.integers(0, 3 * sum(v or 0 for v in values))) % MAX_QUANTITY,
        days=draw(st.integers(max(1, n2 - 1), min(MAX_DAYS, n2 + 1))),
        first=draw(st.integers(-MAX_PRESET, MAX_PRESET)),
        second=draw(st.integers(-MAX_PRESET, 0)),
        degree=draw(st.integers(1, 2)),
        before=draw(st.binary(max_size=40)),
        behind=draw(st.binary(max_size=40)),
    )


# TESTS


def test_evaluate__shared_vectors__as_stated(shared: Path, harness: Harness) -> None:
    stated = json.loads((shared / "verdict" / "vectors.json").read_text("utf-8"))["cases"]
    plain = [vector for vector in stated if not vector["literal"]]
    assert len(plain) >= 200
    cases = [
        Case(
            tuple(vector["readings"]),
            vector["quantity"],
            vector["days"],
            vector["first_preset"],
            vector["second_preset"],
            vector["degree"],
        )
        for vector in plain
    ]
    expected = [
        Verdict(Decision[result["decision"]], result["actual_ppm"], result["expected_ppm"])
        for result in (vector["result"] for vector in plain)
    ]
    assert differences(cases, on_chain(harness, cases), expected) == []


def test_evaluate__adversarial_cases__as_judged_and_recomputed(harness: Harness) -> None:
    cases = adversarial(np.random.default_rng(1), 2_000)
    found = on_chain(harness, cases)
    assert {(verdict.decision, verdict.expected_ppm is None) for verdict in found} == {
        (Decision.PAY, True),
        (Decision.PAY, False),
        (Decision.APPEAL, False),
        (Decision.INSUFFICIENT, True),
    }
    assert differences(cases, found, judged(cases)) == []
    assert differences(cases, found, recomputed(cases)) == []


def test_evaluate__exactly_at_the_preset__appeals(harness: Harness) -> None:
    rng = np.random.default_rng(2)
    cases = [_exactly_at_preset(rng) for _ in range(300)]
    hits = [case for case in cases if _leads_by_preset(case)]
    assert len(hits) >= 100
    assert {verdict.decision for verdict in on_chain(harness, hits)} == {Decision.APPEAL}
    past = [replace(case, first=case.first + 1) for case in hits]
    assert {verdict.decision for verdict in on_chain(harness, past)} == {Decision.PAY}


def _leads_by_preset(case: Case) -> bool:
    """Whether a - e is the first preset to the last digit."""
    growths = _growths(case)
    assert growths is not None
    (a, a_den), (e, e_den) = growths
    return (a * e_den - e * a_den) * PPM == case.first * a_den * e_den


@given(cases=st.lists(series(), min_size=1, max_size=5))
@settings(max_examples=100)
def test_evaluate__any_case__as_judged_and_recomputed(harness: Harness, cases: list[Case]) -> None:
    found = on_chain(harness, cases)
    assert differences(cases, found, judged(cases)) == []
    assert differences(cases, found, recomputed(cases)) == []


@pytest.mark.parametrize(
    ("error", "changed"),
    [
        ("TrendVerdict_PeriodDaysOutOfBounds", {"days": 0, "readings": (5,)}),
        ("TrendVerdict_PeriodDaysOutOfBounds", {"days": 94, "readings": (5,) * 94}),
        ("TrendVerdict_ReferenceDaysOutOfBounds", {"days": 93, "readings": (5,) * 95}),
        ("TrendVerdict_PeriodsApart", {"days": 29}),
        ("TrendVerdict_PeriodsApart", {"days": 33}),
        ("TrendVerdict_QuantityTooLarge", {"quantity": MAX_QUANTITY + 1}),
        ("TrendVerdict_PresetOutOfBounds", {"first": MAX_PRESET + 1}),
        ("TrendVerdict_PresetOutOfBounds", {"first": -MAX_PRESET - 1}),
        ("TrendVerdict_PresetOutOfBounds", {"second": MAX_PRESET + 1}),
        ("TrendVerdict_PresetOutOfBounds", {"second": -MAX_PRESET - 1}),
        ("TrendVerdict_DegreeOutOfBounds", {"degree": 0}),
        ("TrendVerdict_DegreeOutOfBounds", {"degree": 3}),
    ],
)
def test_evaluate__out_of_bounds__refused_by_both(harness: Harness, error: str, changed: dict[str, Any]) -> None:
    case = replace(Case((5,) * 31, 155, 31), **changed)
    with pytest.raises(RevertError) as refused:
        harness.call("evaluate", *case.arguments)
    assert refused.value.error == error
    with pytest.raises(OutOfBoundsError):
        judge_one(
            case.readings,
            case.quantity,
            case.days,
            first_preset=case.first,
            second_preset=case.second,
            degree=case.degree,
        )


def test_evaluate__each_day_missing__its_reading_is_refused(harness: Harness) -> None:
    readings = b"".join((x + 1).to_bytes(READING_BYTES) for x in range(94))
    for day in range(94):
        with pytest.raises(RevertError) as refused:
            harness.call("evaluate", readings, 94, 1 << day, 500, 93, (0, 0, 2, 0, 0, bytes(32)))
        assert refused.value.error == "TrendVerdict_ReadingOfMissingDay"
        assert refused.value.arguments == {"day": day, "reading": day + 1}


def test_bounds__by_the_triangle_inequality__as_the_library_states(root: Path) -> None:
    worst: dict[str, int] = {}
    for n2 in range(3, MAX_REFERENCE_DAYS + 1):
        for n1 in {n2 - 1, n2, n2 + 1} & set(range(1, MAX_DAYS + 1)):
            for name, value in _largest_terms(n2, n1).items():
                worst[name] = max(worst.get(name, 0), value)
    library = (root / "contracts" / "src" / "libraries" / "TrendVerdict.sol").read_text("utf-8")
    bounds = [f"{name} < 2^{ceil(10 * log2(value)) / 10}" for name, value in worst.items()]
    assert [bound for bound in bounds if bound not in library] == []
    assert max(worst.values()) < 2**238


def _largest_terms(n2: int, n1: int) -> dict[str, int]:
    """The library's formulas with sums for differences and absolute values for powers, no day missing."""
    m0, m1, m2, m3, m4 = (sum(abs(2 * x - n2 + 1) ** k for x in range(n2)) for k in range(5))
    z0, z1, z2 = (MAX_READING * m for m in (m0, m1, m2))
    c00, c01, c02 = m2 * m4 + m3 * m3, m2 * m3 + m1 * m4, m1 * m3 + m2 * m2
    c11, c12, c22 = m0 * m4 + m2 * m2, m1 * m2 + m0 * m3, m0 * m2 + m1 * m1
    a = c00 * z0 + c01 * z1 + c02 * z2
    b = c01 * z0 + c11 * z1 + c12 * z2
    c = c02 * z0 + c12 * z1 + c22 * z2
    d = m0 * c00 + m1 * c01 + m2 * c02
    growth = b * (a * n2 + 3 * c * m2)
    if n1 != n2:
        t = n2 + 1 if n1 > n2 else n2 - 1
        growth += (a + t * (b + t * c)) * (b + 2 * t * c)
    scale, unit = z0 * n2, d * d * z0
    bracket = PPM * m0 * MAX_QUANTITY + (PPM + MAX_PRESET) * scale
    return {
        "M1": m1,
        "M2": m2,
        "M3": m3,
        "M4": m4,
        "S": z0,
        "Z1": z1,
        "Z2": z2,
        "cofactors": max(c00, c01, c02, c11, c12, c22),
        "D": d,
        "A": a,
        "B": b,
        "C": c,
        "H": growth,
        "2·10^6·m^2·H": 2 * PPM * m0 * m0 * growth,
        "S·n2": scale,
        "D^2·S": unit,
        "the bracket": bracket,
        "the right-hand side": bracket * unit,
        "D^2·S·S·n2": unit * scale,
    }
