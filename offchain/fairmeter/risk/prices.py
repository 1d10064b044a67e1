"""Normal price ranges from reference prices."""

from __future__ import annotations

import numpy as np

from fairmeter.model import Int64s
from fairmeter.units import MAX_AMOUNT


def price_range(prices: Int64s) -> tuple[int, int]:
    """The lowest and the highest normal price, minor units a piece, of (n,) reference prices, n at least 1: Tukey's
    fences, 1.5 interquartile ranges beyond the quartiles (Exploratory Data Analysis, 1977), which a quarter of wrong
    prices on either side does not move far. Quartiles are prices of the list, by nearest rank; halves are rounded
    outwards."""
    ranked = np.sort(prices)
    low, high = (int(ranked[-(-len(ranked) * quarter // 4) - 1]) for quarter in (1, 3))
    beyond = -(-3 * (high - low) // 2)
    return max(low - beyond, 1), min(high + beyond, MAX_AMOUNT)
