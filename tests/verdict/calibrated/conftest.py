from __future__ import annotations

import pytest

from fairmeter.model import Bills, Usage
from fairmeter.usage import fleet
from fairmeter.verdict.calibrated import CalibratedModel, fit

CUSTOMERS, MONTHS, SEED = 48, 16, 7


@pytest.fixture(scope="session")
def synthetic() -> tuple[Usage, Bills]:
    """Readings and bills of a small fleet; some bills carry a fault."""
    return fleet(CUSTOMERS, MONTHS, SEED)


@pytest.fixture(scope="session")
def model(synthetic: tuple[Usage, Bills]) -> CalibratedModel:
    """Fitted to the small fleet."""
    return fit(synthetic[0], seed=1)
