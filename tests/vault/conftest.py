"""A system on a chain in the process, beside which each test has a vault of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployed_vault import Place
from fairmeter.chain.opening import open_engine
from fairmeter.chain.wallet import FUNDER_KEY, Wallet
from fairmeter.contracts.deploy import System, deploy
from fairmeter.contracts.session import Session
from vault_parties import Parties


@pytest.fixture(scope="session")
def _system(fastest: str) -> Iterator[System]:
    with open_engine(fastest) as engine:
        yield deploy(Session(engine), Wallet.on(engine, FUNDER_KEY))


@pytest.fixture
def place(_system: System) -> Place:
    """A new vault; nobody has done anything yet."""
    return Place(_system)


@pytest.fixture
def parties(place: Place) -> Parties:
    """With published keys; nothing is put away yet."""
    return Parties(place)
