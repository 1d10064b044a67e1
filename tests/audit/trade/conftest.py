"""One small run at the trade desk, replayed once, and its logs to be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.audit.conftest import Row, logs_of, record_of, with_word, word_of

from fairmeter.audit.findings import Finding
from fairmeter.audit.manifest import read_manifest
from fairmeter.audit.replay import Replay
from fairmeter.audit.trade.check import TradeLooks, Trading
from fairmeter.bundle import Bundle
from fairmeter.chain.engine import Engine
from fairmeter.chain.opening import open_engine
from fairmeter.contracts.artifacts import interface
from fairmeter.trade import TradeScenario, run
from fairmeter.trade.scenario import Buyers, Farmers, Suppliers

# with every event of desk and standing but one: nobody takes an offer back
SMALL = TradeScenario(
    seed=11,
    suppliers=Suppliers(count=4, offers=3, overpricing=250_000, undelivering=250_000),
    buyers=Buyers(
        count=8,
        purchases=60,
        failing=375_000,
        late=250_000,
        frozen=130_000,
        disputing=250_000,
        appealing=700_000,
    ),
    farmers=Farmers(pairs=1, trades=51),
)


@pytest.fixture(scope="session")
def traded(tmp_path_factory: pytest.TempPathFactory, fastest: str) -> Path:
    folder = tmp_path_factory.mktemp("trade") / "run"
    run(SMALL, folder, engine=fastest)
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, fastest: str) -> Path:
    folder = tmp_path_factory.mktemp("tiny") / "run"
    scenario = TradeScenario(
        seed=5,
        days=40,
        suppliers=Suppliers(count=2, offers=2),
        buyers=Buyers(count=2, purchases=3),
        farmers=Farmers(pairs=0),
    )
    run(scenario, folder, engine=fastest)
    return folder


@dataclass(frozen=True)
class Replayed:
    """The run at its end, with what was seen on the way."""

    bundle: Bundle
    engine: Engine
    looks: TradeLooks
    rows: Sequence[Row]

    def trading(self, rows: Sequence[Row]) -> Trading:
        """The run followed as if these had been its logs."""
        return Trading(record_of(self.bundle, rows), self.bundle, self.looks, self.engine)

    def found(self, rows: Sequence[Row]) -> Finding | None:
        """The first finding where these had been the logs."""
        return next((finding for check in self.trading(rows).checks() for finding in check.findings), None)

    def places(self, event: str, contract: str = "TradeDesk") -> list[int]:
        """Of a contract's events among the rows."""
        address = read_manifest(self.bundle).contracts[contract]
        topic = interface(contract).topic(event)
        return [
            place for place, row in enumerate(self.rows) if row["address"] == address and row["topics"][:32] == topic
        ]

    def without(self, place: int) -> list[Row]:
        return [row for number, row in enumerate(self.rows) if number != place]

    def with_word(self, place: int, event: str, name: str, change: Callable[[int], int], contract: str) -> list[Row]:
        """The rows with one value of one event changed."""
        return with_word(self.rows, place, word_of(contract, event, name), change)


@pytest.fixture(scope="session")
def replayed(traded: Path, fastest: str) -> Iterator[Replayed]:
    bundle = Bundle(traded)
    manifest = read_manifest(bundle)
    assert manifest.genesis is not None
    with open_engine(fastest, genesis=manifest.genesis) as engine:
        looks = TradeLooks(engine, manifest.contracts)
        assert Replay(bundle, manifest, engine, looks.look, lambda *_: None).run().passed
        yield Replayed(bundle, engine, looks, logs_of(bundle))
