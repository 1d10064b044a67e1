from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fairmeter.risk.terms import Rules
from fairmeter.simulation.scenario import read_toml
from fairmeter.trade import TradeScenario

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke, JsonOf, Refused

SCENARIO = """
seed = 3
days = 40
[suppliers]
count = 2
offers = 3
[buyers]
count = 3
purchases = 5
[farmers]
pairs = 0
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenario") / "small.toml"
    path.write_text(SCENARIO)
    return path


def test_trade__a_scenario__runs_and_reports(
    invoke: Invoke, json_of: JsonOf, scenario: Path, tmp_path: Path, fastest: str
) -> None:
    out = tmp_path / "out"
    printed = json_of("trade", "--scenario", scenario, "--out", out, "--engine", fastest)
    assert printed["purchases"] == 5
    assert Path(printed["report"]).read_text(encoding="utf-8").startswith("<!doctype html>")

    told = json_of("report", out)
    assert {name: told[name] for name in ("purchases", "fees", "gas_used")} == {
        name: printed[name] for name in ("purchases", "fees", "gas_used")
    }
    shown = invoke("report", out)
    assert shown.exit_code == 0
    assert "Money by kind" in shown.stdout


def test_trade__bundle_beside_another__refused(
    refused: Refused, json_of: JsonOf, scenario: Path, tmp_path: Path, fastest: str
) -> None:
    json_of("trade", "--scenario", scenario, "--out", tmp_path / "out", "--engine", fastest)
    assert "no bills to compare" in refused(2, "report", tmp_path / "out", "--beside", tmp_path / "out")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("days = 5", "days"),
        ("[buyers]\nlate = 2_000_000", "buyers.late"),
        ("[terms]\nfirst = 100\nsplit_above = 99", "less than a part"),
        ("[sellers]\ncount = 1", "sellers"),
        ("seed = ", "is not TOML"),
    ],
)
def test_trade__wrong_scenario__one_line_that_names_it(refused: Refused, tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    assert named in refused(2, "trade", "--scenario", path, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_trade__scenarios_of_the_documentation__are_scenarios(root: Path) -> None:
    assert read_toml(root / "docs" / "trade" / "mixed.toml", TradeScenario).buyers.purchases >= 2_000
    assert read_toml(root / "docs" / "trade" / "stricter.toml", Rules).penalties == 2
