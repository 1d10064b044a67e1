from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import polars as pl
import pytest

from fairmeter.bundle import BILL_TABLES, MANIFEST, Bundle, files_of
from fairmeter.chain.anvil import AnvilEngine, find_anvil
from fairmeter.chain.engine import Receipts
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.wallet import FUNDER_KEY
from fairmeter.errors import ChainError, InputError, ToolMissingError
from fairmeter.simulation import Progress, RunResult, Scenario, run
from fairmeter.simulation.result import Sums

STATES = ("unjudged", "settled", "pending", "waiting", "held", "arrears", "void")


@dataclasses.dataclass(frozen=True)
class Fleet:
    usage: Path
    bills: Path


def contents(bundle: Path) -> dict[str, bytes]:
    return {name: (bundle / name).read_bytes() for name in (MANIFEST, *files_of(BILL_TABLES))}


def assert_adds_up(sums: Sums) -> None:
    assert sums.bills == sums.settled + sums.appealed + sums.insufficient + sums.arrears
    assert sums.amount_billed == sum(getattr(sums, f"amount_{state}") for state in STATES), "INV-02"


def test_run__labelled_fleet__ends_with_nothing_pending_or_held(small_fleet: Fleet, finished: RunResult) -> None:
    sums = finished.sums
    assert_adds_up(sums)
    assert sums.bills == len(pl.read_parquet(small_fleet.bills))
    assert sums.amount_billed == pl.read_parquet(small_fleet.bills)["amount"].sum()
    assert (sums.amount_pending, sums.amount_held, sums.amount_unjudged) == (0, 0, 0)
    assert sums.appealed > 0
    kept = json.loads((finished.bundle.parent / "run.json").read_text())
    assert {name: kept[name] for name in sums.to_json()} == sums.to_json()


def test_run__same_inputs_twice__gives_the_same_bytes(small_fleet: Fleet, finished: RunResult, tmp_path: Path) -> None:
    again = run(small_fleet.usage, small_fleet.bills, tmp_path / "again")
    assert contents(again.bundle) == contents(finished.bundle)


def test_run__on_anvil__gives_the_same_bytes(small_fleet: Fleet, finished: RunResult, tmp_path: Path) -> None:
    try:
        find_anvil()
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    on_anvil = run(small_fleet.usage, small_fleet.bills, tmp_path / "anvil", engine="anvil")
    assert "revm" in on_anvil.implementation
    assert contents(on_anvil.bundle) == contents(finished.bundle)


def test_run__another_seed__has_other_people_and_the_same_sums(
    small_fleet: Fleet, finished: RunResult, tmp_path: Path
) -> None:
    other = run(small_fleet.usage, small_fleet.bills, tmp_path / "other", scenario=Scenario(seed=1))
    assert Bundle(other.bundle).manifest["operators"] != Bundle(finished.bundle).manifest["operators"]
    # an address with a zero byte costs less calldata, so gas may differ
    assert dataclasses.replace(other.sums, gas_used=0) == dataclasses.replace(finished.sums, gas_used=0)


def test_run__without_labels__lets_appeals_expire_in_the_customers_favour(small_fleet: Fleet, tmp_path: Path) -> None:
    bills = tmp_path / "bills.parquet"
    pl.read_parquet(small_fleet.bills).drop("true_quantity", "fault").write_parquet(bills)
    sums = run(small_fleet.usage, bills, tmp_path / "out").sums
    assert_adds_up(sums)
    appealed = pl.read_parquet(tmp_path / "out/bundle/verdicts.parquet").filter(pl.col("decision") == 2)
    voided = pl.read_parquet(tmp_path / "out/bundle/bills.parquet").join(appealed, on=["batch", "index"])
    assert sums.amount_void == voided["amount"].sum() > 0
    assert sums.amount_held == 0


def test_run__small_batches__settle_the_same_money(small_fleet: Fleet, finished: RunResult, tmp_path: Path) -> None:
    sums = run(small_fleet.usage, small_fleet.bills, tmp_path / "out", scenario=Scenario(batch_bills=2)).sums
    assert sums.transactions > finished.sums.transactions
    fixed = ("transactions", "gas_used")
    whole = {name: value for name, value in finished.sums.to_json().items() if name not in fixed}
    assert {name: value for name, value in sums.to_json().items() if name not in fixed} == whole


def test_run__folder_in_use__is_refused_and_left_alone(small_fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        run(small_fleet.usage, small_fleet.bills, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


def test_run__chain_dies_in_the_middle__leaves_nothing(
    small_fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, sent = EthTesterEngine.send, [0]

    def dies(self: EthTesterEngine, raw: list[bytes], timestamp: int | None = None) -> Receipts:
        sent[0] += 1
        if sent[0] > 20:
            raise ChainError("the node died")
        return send(self, raw, timestamp)

    monkeypatch.setattr(EthTesterEngine, "send", dies)
    with pytest.raises(ChainError, match="the node died"):
        run(small_fleet.usage, small_fleet.bills, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_run__long_work__tells_how_far_it_is(small_fleet: Fleet, tmp_path: Path) -> None:
    told: list[Progress] = []
    result = run(small_fleet.usage, small_fleet.bills, tmp_path / "out", listener=told.append)
    bills = [one.done for one in told if one.phase == "bills"]
    assert bills == sorted(bills)
    assert bills[-1] == result.sums.bills


def test_run__node_whose_time_does_not_move__leaves_windows_open(
    small_fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        node = AnvilEngine()
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    with node:
        # a node that mines by itself, by today's clock: bills of the past can be posted, no deadline can be reached
        node._rpc.call("anvil_setBlockTimestampInterval", 1)
        node._rpc.call("evm_setAutomine", True)
        node.mine(1_760_000_000)
        monkeypatch.setenv("FAIRMETER_PRIVATE_KEY", FUNDER_KEY.hex())
        result = run(small_fleet.usage, small_fleet.bills, tmp_path / "out", engine="rpc", rpc_url=node._rpc.shown)
    assert_adds_up(result.sums)
    assert result.engine == "rpc"
    assert result.sums.amount_pending > 0
    assert result.sums.amount_held > 0
    assert Bundle(result.bundle).manifest["chain"]["genesis"] is None
    accounts = pl.read_parquet(tmp_path / "out/bundle/bills.parquet")["account"].unique()
    assert set(accounts) <= set(pl.read_parquet(tmp_path / "out/meters.parquet")["account"])
