from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plain_verdict
from fairmeter.audit.recompute import recompute
from fairmeter.model import Decision, Reference, Verdict
from fairmeter.verdict import judge_one

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "verdict" / "vectors.json"
Bill = tuple[Sequence[int | None], int, int, int, int, int]
"""Readings, quantity, days, the two presets, degree."""


def _recomputed(bills: Sequence[Bill]) -> list[Verdict]:
    """One array of bills whose reference periods differ in length."""
    width = max(len(readings) for readings, *_ in bills)
    padded = [[*readings, *[None] * (width - len(readings))] for readings, *_ in bills]
    reference = Reference(
        start=np.zeros(len(bills), np.int32),
        days=np.array([len(readings) for readings, *_ in bills], np.int32),
        readings=np.array([[value or 0 for value in row] for row in padded], np.int64),
        present=np.array([[value is not None for value in row] for row in padded]),
    )
    _, *columns = zip(*bills, strict=True)
    quantity, days, first, second, degree = (np.array(column, np.int64) for column in columns)
    found = recompute(reference, quantity, days, first, second, degree.astype(np.uint8))
    return [
        Verdict(
            Decision(int(found.decision[row])),
            int(found.actual_ppm[row]) if found.has_actual[row] else None,
            int(found.expected_ppm[row]) if found.has_expected[row] else None,
        )
        for row in range(len(bills))
    ]


@st.composite
def bill(draw: st.DrawFn) -> Bill:
    bits = draw(st.integers(0, 40))
    readings: list[int | None] = list(draw(st.lists(st.integers(0, 2**bits - 1), min_size=1, max_size=94)))
    for x in draw(st.lists(st.integers(0, len(readings) - 1), max_size=len(readings) // 10 + 1)):
        readings[x] = None
    days = min(max(len(readings) + draw(st.sampled_from([-1, 0, 1])), 1), 93)
    preset = draw(st.integers(-(10**7), 10**7))
    second = draw(st.sampled_from([-(10**7), 0, preset]))
    return readings, draw(st.integers(0, 93 * 2**bits)), days, preset, second, draw(st.sampled_from([1, 2]))


def test_recompute__shared_vectors__equal() -> None:
    if not VECTORS.exists():
        pytest.skip("NOT TESTED: ../shared/verdict/vectors.json is absent")
    cases = [case for case in json.loads(VECTORS.read_text())["cases"] if not case["literal"]]
    assert cases
    names = ("readings", "quantity", "days", "first_preset", "second_preset", "degree")
    found = _recomputed([tuple(case[name] for name in names) for case in cases])
    for case, verdict in zip(cases, found, strict=True):
        result = case["result"]
        expected = Verdict(Decision[result["decision"]], result["actual_ppm"], result["expected_ppm"])
        assert verdict == expected, case["name"]


@settings(max_examples=100, deadline=None)
@given(bills=st.lists(bill(), min_size=1, max_size=6))
def test_recompute__any_bills__equal_the_code_that_judges_and_plain_rationals(bills: list[Bill]) -> None:
    judged = [
        judge_one(readings, quantity, days, first_preset=first, second_preset=second, degree=degree)
        for readings, quantity, days, first, second, degree in bills
    ]
    assert _recomputed(bills) == judged == [plain_verdict.recompute(*one) for one in bills]


def test_recompute__largest_of_everything__no_overflow() -> None:
    top = 2**40 - 1
    bills: list[Bill] = [
        ([top] * 94, 93 * 2**40, 93, 10**7, -(10**7), 2),
        ([0] * 93 + [top], 93 * 2**40, 93, -(10**7), -(10**7), 2),
        ([top if day % 2 else 0 for day in range(94)], 0, 93, 0, -(10**7), 1),
        ([1] + [0] * 93, 93 * 2**40, 93, 0, 0, 2),
    ]
    assert _recomputed(bills) == [plain_verdict.recompute(*one) for one in bills]


def test_recompute__its_source__imports_nothing_of_the_code_that_judges() -> None:
    tree = ast.parse(inspect.getsource(sys.modules[recompute.__module__]))
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert {name for name in imported if name and name.startswith("fairmeter")} == {
        "fairmeter.model",
        "fairmeter.units",
    }
