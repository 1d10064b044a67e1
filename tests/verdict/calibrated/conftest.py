from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from tests.conftest import once

from fairmeter.model import Bills, Usage
from fairmeter.usage import fleet
from fairmeter.verdict.calibrated import CalibratedModel, fit

CUSTOMERS, MONTHS, SEED = 48, 16, 7


@pytest.fixture(scope="session")
def synthetic() -> tuple[Usage, Bills]:
    """Readings and bills of a small fleet; some bills carry a fault."""
    return fleet(CUSTOMERS, MONTHS, SEED)


@pytest.fixture(scope="session")
def model(synthetic: tuple[Usage, Bills], tmp_path_factory: pytest.TempPathFactory) -> CalibratedModel:
    """Fitted to the small fleet."""

    def make(folder: Path) -> None:
        (folder / "fitted").write_bytes(pickle.dumps(fit(synthetic[0], seed=1)))

    found: CalibratedModel = pickle.loads((once(tmp_path_factory, "fitted", make) / "fitted").read_bytes())
    return found
