"""A vault on a chain in the process, with three proxies."""

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
def place(_vault: DataVault) -> Iterator[Place]:
    """As freshly deployed; the chain returns to this after the test."""
    before = _vault.engine.snapshot()
    yield Place(_vault)
    _vault.engine.revert(before)
