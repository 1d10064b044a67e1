from __future__ import annotations

import numpy as np

from fairmeter.verdict.calibrated.classes import CLASSES, classes
from fairmeter.verdict.calibrated.features import SHAPES


def _named(**figures: float) -> str:
    shapes = np.zeros((1, len(SHAPES)))
    for name, value in {"age": 500.0, "block_change": 0.1, **figures}.items():
        shapes[0, SHAPES.index(name)] = value
    return CLASSES[classes(shapes)[0]]


def test_classes__each_behaviour__its_name() -> None:
    assert _named() == "steady"
    assert _named(block_change=0.3) == "varying"
    assert _named(block_change=2.0) == "erratic"
    assert _named(idle_28=0.9, block_change=2.0) == "idle"
    assert _named(flat=1.0) == "idle"
    assert _named(age=100.0, flat=1.0) == "new"
    assert _named(block_change=np.nan) == "new"
