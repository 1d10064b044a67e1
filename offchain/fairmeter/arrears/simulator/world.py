"""How customers in arrears behave: figures fitted to public sets (`fitting.fit`), and beside them what no set says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.arrears.features import Floats

MONTH: Final = 30
"""Days."""
WINDOW: Final = 14
"""Days for which a contact works: the trial of e-mails counted visits of two weeks."""
WINDOWS: Final = 13
DAYS: Final = WINDOW * WINDOWS
"""How long a debt is followed: half a year, as long as the set of late payments."""
LEAST: Final = 1_000
"""Customers, so that shares of them mean anything."""


@dataclass(frozen=True, slots=True)
class World:
    """Customers of g standings (how much of a credit limit they used before) and s segments (what they bought before),
    and c channels."""

    standings: tuple[float, ...]
    """(g,) share of the customers."""
    monthly: tuple[tuple[float, ...], ...]
    """(g, 4) share of those still in arrears that pays in the first to fourth month, and in each after it as in the
    fourth, if nobody contacts them."""
    first_month: tuple[float, ...]
    """(30,) share of the first month's payments made until the end of each day."""
    segments: tuple[float, ...]
    """(s,) share of the customers, whatever their standing."""
    ratio: tuple[tuple[float, ...], ...]
    """(s, c) times the hazard of paying in the window after a first contact."""
    debt: tuple[float, float]
    """Mean and deviation of the logarithm of a debt in minor units."""
    contact: float
    """What a contact costs, against the mean debt."""
    fatigue: float = 0.5
    """What is left of the logarithm of the ratio from one contact to the next; no set has several contacts."""
    never: float = 0.5
    """Of those who would not have paid after half a year, the share that no contact would have moved. The sets cannot
    tell them from customers who pay ever more slowly."""

    @property
    def mean_debt(self) -> float:
        """Minor units."""
        mean, deviation = self.debt
        return float(np.exp(mean + deviation**2 / 2))

    @property
    def unit_cost(self) -> int:
        """Of a contact, minor units."""
        return round(self.contact * self.mean_debt)

    def survival(self) -> Floats:
        """(g, DAYS + 1) share of each standing that has not paid at the end of each day without a contact."""
        shares = np.array(self.monthly)
        months = -(-DAYS // MONTH)
        later = np.repeat(shares[:, -1:], months - shares.shape[1], axis=1)
        hazard = -np.log1p(-np.concatenate((shares, later), axis=1))
        # Of the first month's payments day by day, in hazard; the later months' are even.
        paid = np.array([0.0, *self.first_month]) * shares[:, :1]
        even = np.repeat(hazard[:, 1:] / MONTH, MONTH, axis=1).cumsum(axis=1) + hazard[:, :1]
        return np.asarray(np.exp(-np.concatenate((-np.log1p(-paid), even), axis=1)[:, : DAYS + 1]))

    def unmoved(self) -> Floats:
        """(g,) share that never pays, contacted or not."""
        return np.asarray(self.never * self.survival()[:, -1])

    def hazard(self) -> Floats:
        """(g, DAYS + 1) cumulated hazard, without a contact, of those who may pay: with those who never do the shares
        of `survival` come out."""
        never = self.unmoved()[:, None]
        return np.asarray(-np.log((self.survival() - never) / (1 - never)))


FITTED: Final = World(
    standings=(0.3335, 0.3331, 0.3335),
    monthly=(
        (0.5137, 0.5136, 0.1132, 0.0423),
        (0.3806, 0.1349, 0.1132, 0.0423),
        (0.2511, 0.1397, 0.1132, 0.0423),
    ),
    first_month=(
        0.0615, 0.1329, 0.1865, 0.256, 0.3333, 0.4028, 0.4643, 0.5119, 0.5615, 0.6052,
        0.6726, 0.7143, 0.756, 0.7996, 0.8194, 0.8492, 0.877, 0.8968, 0.9147, 0.9226,
        0.9385, 0.9504, 0.9583, 0.9742, 0.9821, 0.9861, 0.9901, 0.9921, 0.994, 1.0,
    ),
    segments=(0.4466, 0.4512, 0.1022),
    ratio=((2.0688, 1.8149), (1.1238, 1.8244), (1.3403, 1.7245)),
    debt=(9.25, 0.332),
    contact=0.05,
)  # fmt: skip
"""What `fitting.fit` gives for the public sets."""
