"""Scenario files: what is said stands, what is not keeps its default, and nonsense is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairmeter.errors import InputError
from fairmeter.simulation.scenario import Conduct, Contesting, OperatorGroup, Scenario, load_scenario

FILE = """
seed = 7
[presets]
first = 100_000
[operators]
count = 5
quorum = 3
[[operators.groups]]
members = 3
conduct = "flip"
share = 100_000
[suppliers]
contest = "everything"
[watchers]
count = 1
"""


def test_load_scenario__some_fields__the_rest_are_defaults(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(FILE)
    scenario, plain = load_scenario(path), Scenario()
    assert (scenario.seed, scenario.presets.first, scenario.presets.degree) == (7, 100_000, plain.presets.degree)
    conducts = scenario.operators.conducts()
    assert conducts == [OperatorGroup(1, Conduct.FLIP, 100_000)] * 3 + [OperatorGroup(1, Conduct.HONEST)] * 2
    assert scenario.suppliers.contest is Contesting.EVERYTHING
    assert (scenario.periods, scenario.customers) == (plain.periods, plain.customers)


def test_load_scenario__empty_file__defaults(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text("")
    assert load_scenario(path) == Scenario()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("seed = ", "is not TOML"),
        ('seed = "x"', "seed: "),
        ("seeds = 1", "seeds: Unexpected"),
        ("seed = -1", "seed: .*greater than or equal to 0"),
        ("[operators]\nquorum = 3", "operators: a quorum of 3 among 1 operators"),
        ("[operators]\nquorum = 0", "operators.quorum: "),
        ('[operators]\n[[operators.groups]]\nmembers = 2\nconduct = "flip"', "groups of 2 members among 1 operators"),
        (
            '[operators]\n[[operators.groups]]\nmembers = 1\nconduct = "lies"',
            "operators.groups.0.conduct: .*'always-pay'",
        ),
        ("[arrears]\nbehind = 1_000_001", "arrears.behind: .*less than or equal to 1000000"),
        ("[arrears]\nrule = 1", "arrears.rule: Unexpected"),
        ("[arrears.credit]\nthreshold = 0", "arrears.credit.threshold: .*greater than or equal to 1"),
        ("[arrears.credit]\nlimit = 1", "arrears.credit.limit: Unexpected"),
        (
            '[arrears]\n[operators]\ncount = 2\nquorum = 2\n[[operators.groups]]\nmembers = 1\nconduct = "flip"',
            "arrears: 1 operators say true scores, 2 are a quorum",
        ),
        ("[presets]\nthird = 1", "presets.third: Unexpected"),
        ("[customers]\npenniless = 1_000_001", "customers.penniless: .*less than or equal to 1000000"),
    ],
)
def test_load_scenario__nonsense__names_file_and_field(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"^{path}: .*{problem}"):
        load_scenario(path)


def test_load_scenario__no_file__named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_scenario(tmp_path / "absent.toml")
