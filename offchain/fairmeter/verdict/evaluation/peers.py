"""Simpler scores that the policies are compared with, each from the same readings before the bill's first day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from sklearn.ensemble import IsolationForest

from fairmeter.model import Bills, Usage
from fairmeter.verdict.calibrated.features import REFERENCES, SHAPES, features, log_use
from fairmeter.verdict.calibrated.history import Floats, Histories

_RATIOS: Final = ("mean_7", "mean_28", "mean_91", "mean_364", "last_year", "seasonal_28", "block_max")
_FROM_DEVIATION: Final = 1.4826
"""Median of the absolute values to standard deviation, of a normal distribution."""
_LEAST_DEVIATION: Final = 0.02
"""Log; a past that never varies makes no deviation infinite."""
_SEED: Final = 0


def year_over_year(usage: Usage, bills: Bills) -> Floats:
    """(n,) log of the bill over the same dates of last year."""
    return _ratios(usage, bills)[:, REFERENCES.index("last_year_same_dates")]


def last_28_days(usage: Usage, bills: Bills) -> Floats:
    """(n,) log of the bill over the last 28 days."""
    return _ratios(usage, bills)[:, REFERENCES.index("mean_28")]


def robust_z(usage: Usage, bills: Bills) -> Floats:
    """(n,) log of the bill over the median of thirteen times 28 days, in units of the median step between them."""
    histories = Histories.of(usage)
    references, shapes = features(histories, histories.meters_of(bills))
    step = shapes[:, SHAPES.index("block_change_median")] * _FROM_DEVIATION
    above = _billed(bills) - references[:, REFERENCES.index("block_median")]
    return np.asarray(above / np.maximum(step, _LEAST_DEVIATION))


def isolation_forest(usage: Usage, bills: Bills) -> Floats:
    """(n,) how easily a bill's ratios to its past are isolated (Liu, Ting and Zhou, 2008); negative for a bill below
    its last 28 days, for only what bills too much is appealed."""
    ratios = _ratios(usage, bills)
    seen = np.nan_to_num(ratios[:, [REFERENCES.index(name) for name in _RATIOS]])
    forest = IsolationForest(n_estimators=200, random_state=_SEED).fit(seen)
    above = ratios[:, REFERENCES.index("mean_28")] >= 0
    return np.where(above, -forest.score_samples(seen), -1.0)


PEERS: Final[dict[str, Callable[[Usage, Bills], Floats]]] = {
    "year-over-year": year_over_year,
    "last-28-days": last_28_days,
    "robust-z": robust_z,
    "isolation-forest": isolation_forest,
}
"""Those that need nothing but readings and bills."""


def _ratios(usage: Usage, bills: Bills) -> Floats:
    """(n, len(REFERENCES)) log of the daily use billed over each reference."""
    histories = Histories.of(usage)
    return np.asarray(_billed(bills)[:, None] - features(histories, histories.meters_of(bills))[0])


def _billed(bills: Bills) -> Floats:
    return log_use(bills.quantity.astype(np.float64), bills.days.astype(np.float64))
