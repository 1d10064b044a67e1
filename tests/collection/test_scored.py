"""From grades to the register's words: any scores, any debts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.arrears.strategy import assign
from fairmeter.collection import ArrearsSettings, ClassSettings, Draw, Terms, check_scores, scored
from fairmeter.contracts.collecting import pack_scores
from fairmeter.errors import InputError
from fairmeter.simulation.scenario import read_toml
from fairmeter.units import PPM

TERMS = Terms(60_000, (ClassSettings(("A", "B"), (1_300_000, 900_000)), ClassSettings(("E",), (2_000_000,))))
DRAWS = {1: Draw(1, 3, 42, bytes(32)), 2: Draw(1, 2, 7, bytes(32))}
UNEVEN = "day = [1, 2]\ncontacted = [1]\nnatural = [1]\ncontacts = [1]"
SCORE = st.tuples(st.integers(1, 40), st.floats(0, 1), st.sampled_from("ABCE"))


@given(
    st.lists(SCORE, min_size=1, max_size=20, unique_by=lambda one: one[0]), st.lists(st.integers(1, 50), max_size=20)
)
def test_scored__any_scores_and_debts__each_by_its_class_and_test(
    scores: list[tuple[int, float, str]], debtors: list[int]
) -> None:
    frame = pl.DataFrame(scores, schema=["account", "probability", "grade"], orient="row")
    bill, account = np.arange(len(debtors))[::-1] + 65_536, np.array(debtors, np.int64)
    found = scored(frame, bill, account, TERMS, DRAWS.__getitem__)
    known = {one: (probability, grade) for one, probability, grade in scores if grade != "C"}
    expected = sorted((one, owner) for one, owner in zip(bill.tolist(), debtors, strict=True) if owner in known)
    assert found.bill.tolist() == [one for one, _ in expected]
    assert pack_scores(found).shape == (len(expected), 32)
    for place, (_, owner) in enumerate(expected):
        default, grade = known[owner]
        number = 2 if grade == "E" else 1
        arm = int(assign(np.array([owner]), DRAWS[number].arms, DRAWS[number].seed)[0])
        ratios = TERMS.classes[number - 1].response
        ratio = (ratios[arm - 1] if arm else max(ratios)) / PPM
        assert (found.class_[place], found.strategy[place]) == (number, arm)
        assert found.natural[place] == round((1 - default) * PPM)
        assert abs(int(found.probability[place]) - (1 - default**ratio) * PPM) <= 1


@pytest.mark.parametrize(
    ("column", "values", "problem"),
    [
        ("probability", [0.5, 1.5], "1 outside 0..1"),
        ("probability", [0.5, None], "outside 0..1"),
        ("account", [1, 1], "every account stands once"),
        ("account", ["a", "b"], "is not what `fairmeter score` writes"),
        (None, [], "the columns grade are missing"),
    ],
)
def test_check_scores__what_is_wrong__one_line(column: str | None, values: list[object], problem: str) -> None:
    frame = pl.DataFrame({"account": [1, 2], "probability": [0.1, 0.2], "grade": ["A", "B"]})
    frame = frame.drop("grade") if column is None else frame.with_columns(pl.Series(column, values, strict=False))
    with pytest.raises(InputError, match=problem) as caught:
        check_scores(frame, "scores.parquet")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        ('grades = ["A", "A"]\nresponse = [1]', "in one class at most"),
        ('grades = ["F"]\nresponse = [1]', "in one class at most"),
        ('grades = ["A"]\nresponse = [1]\nbehind = 3', "behind"),
        ('grades = ["A"]\nresponse = []', "response"),
        (f'grades = ["A"]\nresponse = [1]\n[arrears.classes.curve]\n{UNEVEN}', "columns have one length"),
    ],
)
def test_settings__what_is_wrong__one_line(tmp_path: Path, rest: str, problem: str) -> None:
    (tmp_path / "arrears.toml").write_text(f"[arrears]\nmean_bill = 1\n[[arrears.classes]]\n{rest}\n")
    with pytest.raises(InputError, match=problem) as caught:
        read_toml(tmp_path / "arrears.toml", ArrearsSettings)
    assert "\n" not in str(caught.value)
