from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from fairmeter.bundle import TRADE_TABLES, Bundle
from fairmeter.chain.revm import RevmEngine
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns
from fairmeter.errors import InputError, ToolMissingError
from fairmeter.risk.terms import Terms
from fairmeter.simulation import Progress
from fairmeter.trade import TradeResult, TradeScenario, run
from fairmeter.trade.plan import CATEGORIES, endowments, plan
from fairmeter.trade.scenario import Buyers, Farmers, Suppliers

PAIRS = 2
FARMED = TradeScenario(
    seed=4,
    suppliers=Suppliers(count=1, offers=1),
    buyers=Buyers(count=1, purchases=1),
    farmers=Farmers(pairs=PAIRS, trades=60),
)
TINY = TradeScenario(
    seed=5,
    days=40,
    suppliers=Suppliers(count=2, offers=2),
    buyers=Buyers(count=3, purchases=4),
    farmers=Farmers(pairs=0),
)


@pytest.fixture(scope="module")
def farmed(tmp_path_factory: pytest.TempPathFactory, fastest: str) -> TradeResult:
    return run(FARMED, tmp_path_factory.mktemp("farmed") / "run", engine=fastest)


def test_run__pairs_that_farm_points__pay_more_in_fees_than_they_are_let_off(farmed: TradeResult) -> None:
    """Each gets its reward, and has paid for the points more than that."""
    bundle = Bundle(farmed.bundle)
    contracts = {name: bytes.fromhex(text[2:]) for name, text in bundle.manifest["contracts"].items()}
    logs = bundle.table("logs")
    rewarded = event_columns(logs, contracts["CreditStanding"], interface("CreditStanding"), "StandingRewarded")
    closed = event_columns(logs, contracts["TradeDesk"], interface("TradeDesk"), "PartClosed")
    assert len(rewarded["party"]) == 2 * PAIRS
    for party, reward, at in zip(rewarded["party"], rewarded["reward"], rewarded["transaction"], strict=True):
        before = closed["transaction"] < at
        paid = sum(
            int(closed[fee][before & (closed[side] == party).all(axis=1)].sum())
            for side, fee in (("buyer", "buyerFee"), ("supplier", "supplierFee"))
        )
        assert paid >= 5_000 > int(reward) == 3_000


def test_run__a_listener__told_of_every_day(tmp_path: Path, fastest: str) -> None:
    told: list[Progress] = []
    result = run(TINY, tmp_path / "run", engine=fastest, listener=told.append)
    assert [one.done for one in told] == list(range(1, TINY.days + 1))
    kept = json.loads((tmp_path / "run" / "run.json").read_bytes())
    assert kept == result.to_json()
    assert sum(kept["phases"].values()) == pytest.approx(kept["seconds"], abs=0.02)
    assert not Bundle(result.bundle).check_files()
    assert Bundle(result.bundle).tables == TRADE_TABLES


def test_run__two_engines__the_same_bundle(tmp_path: Path) -> None:
    try:
        RevmEngine().close()
    except ToolMissingError:
        pytest.skip("NOT TESTED: eth-wake is not installed")
    manifests = [
        (run(TINY, tmp_path / engine, engine=engine).bundle / "manifest.json").read_bytes()
        for engine in ("eth-tester", "revm")
    ]
    assert manifests[0] == manifests[1]


def test_run__where_time_does_not_move_or_something_lies_there__refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="time does not move"):
        run(TINY, tmp_path / "out", engine="rpc")
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        run(TINY, tmp_path)
    assert (tmp_path / "kept").read_text() == "mine"


def test_plan__same_seed__the_same_and_another_differs() -> None:
    drawn = [plan(dataclasses.replace(TradeScenario(), seed=seed)) for seed in (1, 1, 2)]
    assert np.array_equal(drawn[0].purchases.offer, drawn[1].purchases.offer)
    assert not np.array_equal(drawn[0].purchases.offer, drawn[2].purchases.offer)


def test_endowments__everybody__enough_for_what_it_means_to_pay() -> None:
    scenario = TradeScenario(terms=Terms(fee_ppm=100_000))
    drawn = plan(scenario)
    bought = drawn.offers.price[drawn.purchases.offer] * drawn.purchases.quantity
    spent = np.bincount(drawn.purchases.buyer, bought * 1.1, drawn.parties.buyers)
    assert (endowments(drawn, scenario)[drawn.parties.suppliers :] >= spent).all()
    assert drawn.prices.shape[0] == len(CATEGORIES)
