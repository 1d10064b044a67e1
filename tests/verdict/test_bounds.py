from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fairmeter.errors import InputError, OutOfBoundsError
from fairmeter.model import Reference
from fairmeter.verdict import judge, judge_one

DEFAULTS: dict[str, Any] = {"readings": [10] * 31, "quantity": 300, "days": 31}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"readings": [10] * 30 + [2**40]}, "reading of day 30 is 1099511627776, outside 0..1099511627775"),
        ({"readings": [10] * 30 + [2**70]}, f"reading of day 30 is {2**70}, outside 0..1099511627775"),
        ({"readings": [-1] + [10] * 30}, "reading of day 0 is -1, outside 0..1099511627775"),
        ({"quantity": -1}, "quantity of row 0 is -1, outside 0..102254581383168"),
        ({"quantity": 93 * 2**40 + 1}, "quantity of row 0 is 102254581383169, outside 0..102254581383168"),
        ({"quantity": 2**64}, f"quantity of row 0 is {2**64}, outside 0..102254581383168"),
        ({"days": 0}, "days of row 0 is 0, outside 1..93"),
        ({"days": 94, "readings": [1] * 94}, "days of row 0 is 94, outside 1..93"),
        ({"days": 33}, "days of row 0 is 33, outside 30..32"),
        ({"days": 29}, "days of row 0 is 29, outside 30..32"),
        ({"readings": [], "days": 1}, "reference days of row 0 is 0, outside 1..94"),
        ({"readings": [1] * 95, "days": 93}, "the width of readings is 95, outside 0..94"),
        ({"first_preset": 10**7 + 1}, "first preset is 10000001, outside -10000000..10000000"),
        ({"second_preset": -(10**7) - 1}, "second preset is -10000001, outside -10000000..10000000"),
        ({"degree": 0}, "degree is 0, outside 1..2"),
        ({"degree": 3}, "degree is 3, outside 1..2"),
    ],
)
def test_judge_one__value_out_of_bounds__refused_with_value_and_bound(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(OutOfBoundsError) as refusal:
        judge_one(**(DEFAULTS | changed))
    assert str(refusal.value) == message


@pytest.mark.parametrize("changed", [{"quantity": 300.0}, {"readings": [10.5] * 31}, {"first_preset": 0.2}])
def test_judge_one__value_not_an_integer__refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="must be integers"):
        judge_one(**(DEFAULTS | changed))


def fleet(n: int) -> dict[str, Any]:
    return {
        "readings": np.full((n, 31), 10, dtype=np.int64),
        "present": np.ones((n, 31), dtype=np.bool_),
        "reference_days": np.full(n, 31, dtype=np.int32),
        "quantity": np.full(n, 300, dtype=np.int64),
        "days": np.full(n, 31, dtype=np.int32),
        "first_preset": np.full(n, 200_000, dtype=np.int64),
        "second_preset": np.zeros(n, dtype=np.int64),
        "degree": np.full(n, 2, dtype=np.uint8),
    }


def judge_fleet(columns: dict[str, Any]) -> None:
    n = len(columns["readings"])
    reference = Reference(np.zeros(n, np.int32), columns["reference_days"], columns["readings"], columns["present"])
    presets = {name: columns[name] for name in ("first_preset", "second_preset", "degree")}
    judge(reference, columns["quantity"], columns["days"], **presets)


@pytest.mark.parametrize(
    ("column", "at", "value", "message"),
    [
        ("readings", (10_000, 5), -7, "reading of row 10000, day 5, is -7, outside 0..1099511627775"),
        ("readings", (10_000, 5), 2**40, "reading of row 10000, day 5, is 1099511627776, outside 0..1099511627775"),
        ("quantity", 10_000, -1, "quantity of row 10000 is -1, outside 0..102254581383168"),
        ("days", 10_000, 29, "days of row 10000 is 29, outside 30..32"),
        ("reference_days", 10_000, 32, "reference days of row 10000 is 32, outside 1..31"),
        ("first_preset", 10_000, 10**8, "first preset of row 10000 is 100000000, outside -10000000..10000000"),
        ("second_preset", 10_000, 10**8, "second preset of row 10000 is 100000000, outside -10000000..10000000"),
        ("degree", 10_000, 9, "degree of row 10000 is 9, outside 1..2"),
        ("present", (10_000, 5), False, "reading of a missing day of row 10000, day 5, is 10, outside 0..0"),
        ("reference_days", 10_000, 30, "day of a reading of row 10000 is 30, outside 0..29"),
    ],
)
def test_judge__row_out_of_bounds__first_such_row_named(column: str, at: Any, value: int, message: str) -> None:
    columns = fleet(12_000)
    columns[column][at] = value
    with pytest.raises(OutOfBoundsError) as refusal:
        judge_fleet(columns)
    assert str(refusal.value) == message


@pytest.mark.parametrize("column", ["quantity", "days", "first_preset", "second_preset", "degree", "reference_days"])
def test_judge__column_of_another_length__refused(column: str) -> None:
    columns = fleet(3)
    columns[column] = columns[column][:2]
    with pytest.raises(OutOfBoundsError, match=r"the number of rows of .* is 2, outside 3\.\.3"):
        judge_fleet(columns)


def test_judge__present_of_another_shape__refused() -> None:
    columns = fleet(3)
    columns["present"] = columns["present"][:, :30]
    with pytest.raises(OutOfBoundsError, match=r"the number of entries of present is 90, outside 93\.\.93"):
        judge_fleet(columns)
