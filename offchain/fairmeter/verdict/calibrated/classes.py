"""Classes of meters by how they behave, from the readings before the bill: what a false-appeal rate is met within, and
what quality is reported by."""

from __future__ import annotations

from typing import Final

import numpy as np

from fairmeter.model import Int64s
from fairmeter.verdict.calibrated.features import SHAPES, YEAR
from fairmeter.verdict.calibrated.history import Floats

CLASSES: Final = ("new", "idle", "steady", "varying", "erratic")
"""Known for less than eleven months · idle on most of the last 28 days, or the same on each · from one four weeks to
the next, use changes by less than a fifth · by less than half · by more (natural logarithm, root mean square)."""
_STEADY: Final = 0.2
_VARYING: Final = 0.5
_YEAR_SLACK: Final = 28
_MOSTLY: Final = 0.5


def classes(shapes: Floats) -> Int64s:
    """(n,) index into CLASSES; `shapes` as `features` gives them."""
    of = {name: shapes[:, column] for column, name in enumerate(SHAPES)}
    unknown = np.isnan(of["block_change"])
    return np.asarray(
        np.select(
            [
                (of["age"] < YEAR - _YEAR_SLACK) | unknown,
                (of["idle_28"] > _MOSTLY) | (of["flat"] == 1.0),
                of["block_change"] < _STEADY,
                of["block_change"] < _VARYING,
            ],
            [0, 1, 2, 3],
            4,
        ),
        dtype=np.int64,
    )
