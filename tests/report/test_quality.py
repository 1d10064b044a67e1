from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from fairmeter.report import quality
from fairmeter.verdict.evaluation import CURVE_RATES, Compared, Evaluation, Part, Quality, Rate


@pytest.fixture
def compared() -> list[Compared]:
    reached = Quality(1000, 80, (0.3, 0.644, 0.8), 0.964, 0.968)
    low, high = (dataclasses.replace(reached, recall=(0.1, recall, 0.9), area=0.95) for recall in (0.6, 0.69))
    found = Evaluation(reached, low, high, {"digit": 0.44})
    part = {"electricity": Part(1000, 80, 0.644, 0.0098)}
    curve = tuple(np.linspace(0, 1, len(CURVE_RATES)).tolist())
    rates = (Rate(0.01, 0.0107, {"idle": 0.0169}),)
    return [
        Compared("calibrated", "other customers", found, part, {"new": Part(4, 0, None, 0.0)}, curve, rates),
        Compared("trend", "other customers", found, part, part, curve, ()),
    ]


def test_tables__two_policies__figures_with_their_interval(compared: list[Compared]) -> None:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(quality.tables(compared))
    lines = captured.get().splitlines()
    assert sum("64.4% [60, 69]" in line and "96.8%" in line for line in lines) == 2
    assert any("digit" in line and "44.0%" in line for line in lines)
    assert any("1.07%" in line and "1.69%" in line for line in lines)


def test_to_json__figures_unknown__still_json(compared: list[Compared]) -> None:
    read = json.loads(json.dumps(quality.to_json(compared), allow_nan=False))
    assert read["compared"][0]["by_class"]["new"]["recall"] is None
    assert read["compared"][1]["evaluation"]["quality"]["recall"] == [0.3, 0.644, 0.8]


@pytest.mark.parametrize(("name", "begin"), [("recall.png", b"\x89PNG"), ("recall.html", b"<!DOCTYPE html>")])
def test_write_plot__either_ending__its_format(
    compared: list[Compared], tmp_path: Path, name: str, begin: bytes
) -> None:
    quality.write_plot(compared, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begin)
