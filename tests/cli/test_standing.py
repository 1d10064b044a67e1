from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fairmeter.trade import TradeScenario, run
from fairmeter.trade.scenario import Buyers, Farmers, Suppliers

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke, JsonOf, Refused

ROWS = "party,conduct,at,fee\n" + "".join(
    f"customer {who},{conduct},{at},100\n"
    for who in range(10)
    for at in range(1, 5)
    for conduct in ["paid late" if who < 2 else "paid in time"]
)


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory, fastest: str) -> Path:
    folder = tmp_path_factory.mktemp("standing") / "run"
    scenario = TradeScenario(
        seed=2,
        days=60,
        suppliers=Suppliers(count=2, offers=3, undelivering=500_000),
        buyers=Buyers(count=3, purchases=15),
        farmers=Farmers(pairs=0),
    )
    run(scenario, folder, engine=fastest)
    return folder


def test_simulate__a_table__says_whom_rules_suspend(json_of: JsonOf, invoke: Invoke, tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    history.write_text(ROWS)
    first = json_of("standing", "simulate", "--history", history)
    assert first["outcome"]["accounts"] == 10
    assert first["outcome"]["suspended"] == 2
    assert first["present"] is None
    mild = json_of("standing", "simulate", "--history", history, "--share", 0.1)
    assert mild["rules"]["penalties"] == 5
    assert mild["outcome"]["suspended"] == 0
    rules = tmp_path / "rules.toml"
    rules.write_text("penalties = 1\nsuspensions = 4\n")
    assert json_of("standing", "simulate", "--history", history, "--rules", rules)["outcome"]["banned"] == 2
    assert "suspended" in invoke("standing", "simulate", "--history", history).stdout


def test_simulate__a_run__beside_the_rules_in_force(json_of: JsonOf, traded: Path) -> None:
    told = json_of("standing", "simulate", "--history", traded)
    assert told["outcome"] == told["present"]
    assert told["outcome"]["accounts"] > 0


def test_history__a_supplier__its_events_and_a_plot(
    json_of: JsonOf, invoke: Invoke, traded: Path, tmp_path: Path
) -> None:
    plot = tmp_path / "standing.html"
    told = json_of("standing", "history", "supplier 0", "--bundle", traded, "--plot", plot)
    value = 600
    for entry in told["entries"]:
        value += entry["points"]
        assert entry["value"] in {None, value}
    assert told["entries"][0]["cause"].startswith("seller ")
    assert plot.read_text(encoding="utf-8")
    assert "Standing of supplier 0" in invoke("standing", "history", "supplier 0", "--bundle", traded).stdout


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("party,conduct,at\na,paid late,1\n", "fee"),
        ("party,conduct,at,fee\na,forgot,1,0\n", "forgot"),
        ("party,conduct,at,fee\na,paid late,0,0\n", "times from 1"),
        ("party,conduct,at,fee\na,paid late,,0\n", "every row"),
    ],
)
def test_simulate__wrong_table__one_line_that_says_why(refused: Refused, tmp_path: Path, text: str, named: str) -> None:
    history = tmp_path / "history.csv"
    history.write_text(text)
    assert named in refused(2, "standing", "simulate", "--history", history)


def test_history__nobody_there__one_line_that_says_so(refused: Refused, traded: Path) -> None:
    assert "neither an address nor a supplier" in refused(2, "standing", "history", "nobody", "--bundle", traded)
    assert "nothing counted" in refused(2, "standing", "history", "0x" + "00" * 20, "--bundle", traded)


def test_terms__a_table_and_a_run__thresholds_and_what_they_do(
    json_of: JsonOf, invoke: Invoke, refused: Refused, traded: Path, tmp_path: Path
) -> None:
    history = tmp_path / "purchases.csv"
    history.write_text(
        "total,lost\n" + "".join(f"{100 * one},{100 * one if one > 90 else 0}\n" for one in range(1, 101))
    )
    told = json_of("standing", "terms", "--history", history, "--split", 0.1, "--risk", 0.0)
    assert told["terms"]["split_above"] == 9_000
    assert told["terms"]["first"] == 6_000
    assert told["terms"]["second"] == 9_001
    assert told["split"] == 10
    assert json_of("standing", "terms", "--history", traded)["purchases"] > 0
    assert "lost of that" in invoke("standing", "terms", "--history", history).stdout
    history.write_text("total,lost\n5,6\n")
    assert "between nothing and all" in refused(2, "standing", "terms", "--history", history)
