"""The matrices that the trees see: of a period before its bill is looked at, and of the bill against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.model import Bools
from fairmeter.verdict.calibrated.companions import companions
from fairmeter.verdict.calibrated.faults import register_unit
from fairmeter.verdict.calibrated.features import REFERENCES, SHAPES, features, log_use
from fairmeter.verdict.calibrated.history import Floats, Histories, Meters
from fairmeter.verdict.calibrated.likelihood import Likelihood, Prediction, exact_faults
from fairmeter.verdict.calibrated.movement import ALIKE, COLUMNS, OVERALL, RESPECTS, groups, movement, others_median

_ANCHORS: Final = ("mean_28", "mean_14", "mean_7", "mean_91", "mean_364", "last_year")
"""The first of these that is known is what all else is measured against."""
_AGE: Final = SHAPES.index("age")
_FLAT: Final = SHAPES.index("flat")


def context(histories: Histories, meters: Meters, billed: Floats, usual: Floats) -> Context:
    """Of n bills of `billed` (n,) log base units a day, from the readings before each and the bills of the same days.

    usual: (u,) log base units a day by `Utility`, as `Context.usual`."""
    references, shapes = features(histories, meters)
    group = groups(meters)
    return Context(
        meters, references, shapes, movement(billed, references, shapes, group), others_median(billed, group)[0],
        companions(histories, meters, billed, references, group), usual[meters.utility],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of n periods without their own bills; the matrices of `features` and `movement`."""

    meters: Meters
    references: Floats
    shapes: Floats
    movement: Floats
    peers: Floats
    """(n,) log base units a day: the middle of the other bills of the group; NaN where there are none."""
    companions: Floats
    """(n, len(companions.COLUMNS)) log: how the bills of meters moved that move with the bill's own."""
    usual: Floats
    """(n,) log base units a day: the middle of the utility, where neither the meter nor other bills say anything."""

    def take(self, rows: slice | Bools) -> Context:
        """The chosen rows."""
        return Context(
            self.meters.take(rows), self.references[rows], self.shapes[rows], self.movement[rows], self.peers[rows],
            self.companions[rows], self.usual[rows],
        )  # fmt: skip

    @property
    def anchor(self) -> Floats:
        """(n,) log base units a day: what the other figures are measured against; recent use, moved as others move."""
        anchor = self.reference(_ANCHORS[0]) + self._moved(_ANCHORS[0])
        for name in _ANCHORS[1:]:
            anchor = np.where(np.isnan(anchor), self.reference(name), anchor)
        anchor = np.where(np.isnan(anchor), self.peers, anchor)
        return np.where(np.isnan(anchor), self.usual, anchor)

    @property
    def age(self) -> Floats:
        """(n,) days since the meter's first reading, at most two years."""
        return self.shapes[:, _AGE]

    @property
    def days(self) -> Floats:
        """(n,) of the period."""
        return self.meters.days.astype(np.float64)

    def reference(self, name: str) -> Floats:
        """(n,) one column of the references."""
        return self.references[:, REFERENCES.index(name)]

    def matrix(self) -> Floats:
        """(n, c) for the prediction of the correct use.

        The movement enters through the anchor alone. It is nearly the same figure for all bills of a month: trees that
        saw it would know each month of the past by it, and what came after, and be at a loss in the next.
        """
        recent = self.reference(_ANCHORS[0])
        return np.column_stack([self.shapes, recent, self.references - recent[:, None]])

    def against(self, quantity: Floats, prediction: Prediction, density: Floats) -> tuple[Floats, Floats]:
        """(n, d) for the log odds of a fault in bills of `quantity` (n,) base units; and (n, h) the log likelihood
        ratios of `HYPOTHESES`, which are among them."""
        billed, anchor = log_use(quantity, self.days), self.anchor
        unit = register_unit(self.meters.utility)
        daily = np.exp(self.reference("mean_28"))
        ratios = Likelihood(prediction, density, self.days, daily, unit).ratios(quantity)
        above = billed - prediction.location
        seen = [
            self.shapes,
            exact_faults(quantity, self._flat(), unit),
            above / prediction.scale,
            above,
            prediction.location - anchor,
            np.log(prediction.scale),
            ratios,
            np.logaddexp.reduce(ratios, axis=1),
            billed[:, None] - self.references,
            self._above_movement(billed),
            self.companions,
            (billed - self.reference("mean_28"))[:, None] - self.companions[:, :1],
        ]
        return np.column_stack(seen), ratios

    def _flat(self) -> Floats:
        """(n,) base units of the period if every day is as those before; NaN where these are not all equal."""
        constant = self.shapes[:, _FLAT] == 1.0
        return np.where(constant, np.rint(np.exp(self.reference("day_max"))) * self.days, np.nan)

    def _moved(self, name: str) -> Floats:
        """(n,) log: how the bills of those alike move against a reference of ALIKE, over all respects."""
        columns = [COLUMNS.index(f"movement_{name}_{respect}") for respect in RESPECTS]
        return np.asarray(self.movement[:, columns].mean(axis=1))

    def _above_movement(self, billed: Floats) -> Floats:
        """How far a bill lies above what its references become if it moves as others do."""
        moved = [self.reference(name) + self.movement[:, COLUMNS.index(f"movement_{name}")] for name in OVERALL]
        moved.extend(self.reference(name) + self._moved(name) for name in ALIKE)
        return billed[:, None] - np.stack(moved, axis=1)
