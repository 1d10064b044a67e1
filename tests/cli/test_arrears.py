"""`fairmeter arrears`: tables, JSON and plots, and refusals in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

JsonOf = Callable[..., dict[str, Any]]
Refused = Callable[..., str]


def test_simulate__two_seeds__each_rule_and_a_plot(json_of: JsonOf, tmp_path: Path) -> None:
    plot = tmp_path / "recovery.png"
    told = json_of("arrears", "simulate", "--seeds", 2, "--customers", 1000, "--contact", 0.02, "--plot", plot)
    nets = {rule["rule"]: rule["net"] for rule in told["rules"]}
    assert nets["the value rule"] > nets["everybody"]
    assert [len(rule["net_by_seed"]) for rule in told["rules"]] == [2] * 6
    assert told["assumed"] == {"contact": 0.02, "fatigue": 0.5, "never": 0.5}
    assert len(told["segments"]) == 3
    assert [one["contact"] for one in told["value_rule_ahead_by_cost"]] == [0.01, 0.02, 0.03, 0.04, 0.05, 0.1]
    ways = {one["way"]: one["by_fortnight"] for one in told["strategies"]["regret"]}
    assert [len(regret) for regret in ways.values()] == [52] * 4
    assert ways["Thompson sampling"][-1]["value"] < ways["at random"][-1]["value"]
    assert told["strategies"]["read_after_days"] == 84
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_simulate__what_cannot_be__refused(refused: Refused, tmp_path: Path) -> None:
    assert "at least 1 of 1,000" in refused(2, "arrears", "simulate", "--customers", 5)
    assert "fortnights up to 182" in refused(2, "arrears", "simulate", "--delay", 13)
    assert "uci_credit_default" in refused(2, "arrears", "simulate", "--data", tmp_path)
    assert "ends in .png or .html" in refused(2, "arrears", "simulate", "--plot", tmp_path / "a.svg")
