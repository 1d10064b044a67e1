"""A vault on a chain in the process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployed_vault import Place, deployed
from fairmeter.chain.opening import open_engine
from fairmeter.contracts.vaulting import DataVault


@pytest.fixture(scope="session")
def _vault(fastest: str) -> Iterator[DataVault]:
    with open_engine(fastest) as engine:
        yield deployed(engine)


@pytest.fixture
def place(_vault: DataVault) -> Place:
    """With new actors for each test."""
    return Place(_vault)
