from __future__ import annotations

import ast
import inspect
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.audit.recompute import recompute
from fairmeter.model import Decision, Verdict
from fairmeter.verdict import judge_one

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "verdict" / "vectors.json"


def test_recompute__shared_vectors__equal() -> None:
    if not VECTORS.exists():
        pytest.skip("NOT TESTED: ../shared/verdict/vectors.json is absent")
    cases = [case for case in json.loads(VECTORS.read_text())["cases"] if not case["literal"]]
    assert cases
    for case in cases:
        names = ("readings", "quantity", "days", "first_preset", "second_preset", "degree")
        result = case["result"]
        expected = Verdict(Decision[result["decision"]], result["actual_ppm"], result["expected_ppm"])
        assert recompute(**{name: case[name] for name in names}) == expected, case["name"]


@settings(max_examples=200, deadline=None)
@given(data=st.data(), degree=st.sampled_from([1, 2]), preset=st.integers(-(10**7), 10**7))
def test_recompute__any_bill__equals_the_verdict_of_the_code_that_judges(
    data: st.DataObject, degree: int, preset: int
) -> None:
    bits = data.draw(st.integers(0, 40))
    reading = st.integers(0, 2**bits - 1)
    readings: list[int | None] = list(data.draw(st.lists(reading, min_size=1, max_size=93)))
    for x in data.draw(st.lists(st.integers(0, len(readings) - 1), max_size=len(readings) // 10 + 1)):
        readings[x] = None
    quantity = data.draw(st.integers(0, 93 * 2**bits))
    days = min(max(len(readings) + data.draw(st.sampled_from([-1, 0, 1])), 1), 93)
    second = data.draw(st.sampled_from([-(10**7), 0, preset]))

    judged = judge_one(readings, quantity, days, first_preset=preset, second_preset=second, degree=degree)

    assert recompute(readings, quantity, days, preset, second, degree) == judged


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
