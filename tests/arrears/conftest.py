"""Customers whose risk is known, drawn once and the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from fairmeter.arrears.features import Features, Floats
from fairmeter.model import Bools


@dataclass(frozen=True)
class Drawn:
    """Borrowers, the risk that each has, and who defaulted."""

    frame: pl.DataFrame
    risk: Floats
    default: Bools

    @property
    def features(self) -> Features:
        return Features.of(self.frame)


@pytest.fixture(scope="session")
def borrowers() -> Drawn:
    """Risk rises with months late and falls with income; `noise` says nothing; income is not known of some."""
    rng = np.random.default_rng(5)
    late, income, noise = rng.integers(0, 5, 3000), rng.lognormal(8, 0.5, 3000), rng.normal(size=3000)
    housing = rng.choice(["own", "rent"], 3000)
    logit = -2.0 + 0.7 * late - 0.8 * (np.log(income) - 8) + 0.5 * (housing == "rent")
    risk = 1 / (1 + np.exp(-logit))
    frame = pl.DataFrame(
        {"months late": late, "income": np.where(rng.random(3000) < 0.1, np.nan, income), "housing": housing}
    ).with_columns(pl.col("income").fill_nan(None), pl.Series("noise", noise))
    return Drawn(frame, risk, rng.random(3000) < risk)
