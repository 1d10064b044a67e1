"""From raw figures to tables, and into README."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import figures, readme
from benchmarks.measure import Contestant, WrongOutcomeError, rounds

RUN = {"bills": 100, "set_up": 0.0, "peak_mb": 50, "versions": {"python": "3"}}
FOUND = {
    "machine": {"processor": "a", "cores": 2, "memory_gb": 8, "system": "Linux", "python": "3.11"},
    "repeat": 3,
    "end_to_end": {
        "web3 + eth-tester": [{**RUN, "seconds": seconds} for seconds in (2.0, 1.0, 4.0)],
        "fairmeter on revm": [{**RUN, "seconds": seconds} for seconds in (0.02, 0.01, 0.04)],
    },
    "gas": {"fairmeter": 9_000, "transferFrom": 36_000, "uma": {"assert": 200_000, "settle": 70_000}},
    "verdicts": {"fairmeter, 1 thread": [{**RUN, "seconds": 0.0001}], "numpy, 1 thread": [{**RUN, "seconds": 0.01}]},
    "fallback": {"fleet": {"bills": 400, "fallback": 3}},
    "growth": [{**RUN, "seconds": 1.5}],
}


def test_tables__end_to_end__medians_and_ratios_fastest_first() -> None:
    _, table, *_ = figures.tables(FOUND)
    assert [(row[0], *row[2:5]) for row in table.rows] == [
        ("fairmeter on revm", "5,000", "200.0 µs", "100.0"),
        ("web3 + eth-tester", "50", "20.0 ms", "1.0"),
    ]


def test_tables__settling__without_the_set_up() -> None:
    runs = {
        "web3 + eth-tester": [{**RUN, "seconds": 3.0, "set_up": 1.0}],
        "fairmeter on revm": [{**RUN, "seconds": 0.03, "set_up": 0.02}],
    }
    settling, whole, *_ = figures.tables({**FOUND, "end_to_end": runs})
    assert [(row[0], row[2], row[4]) for row in settling.rows] == [
        ("fairmeter on revm", "10,000", "200.0"),
        ("web3 + eth-tester", "50", "1.0"),
    ]
    assert [(row[2], row[4]) for row in whole.rows] == [("3,333", "100.0"), ("33", "1.0")]


def test_tables__gas_and_growth__a_bill() -> None:
    *_, verdicts, gas, growth = figures.tables(FOUND)
    assert "3 of 400 (fleet)" in verdicts.title
    assert [row[1:] for row in gas.rows] == [("9,000", "1.0"), ("36,000", "4.0"), ("270,000", "30.0")]
    assert growth.rows == [("100", "1.5 s", "15.0 ms", "50")]


def test_updated__readme_with_markers__keeps_what_is_around() -> None:
    text = f"before\n\n{readme.BEGIN}\nold\n{readme.END}\n\nafter\n"
    new = readme.updated(text, FOUND)
    assert new.startswith("before\n\n")
    assert new.endswith("\n\nafter\n")
    assert "old" not in new
    assert "| fairmeter on revm | 100 | 5,000 | 200.0 µs | 100.0 | 50 |" in new
    assert readme.updated(new, FOUND) == new


def test_updated__readme_without_markers__a_section_before_the_map() -> None:
    new = readme.updated(f"# Name\n\n{readme.NEXT}\nfolders\n", FOUND)
    assert new.index(readme.SECTION) < new.index(readme.BEGIN) < new.index(readme.END) < new.index(readme.NEXT)
    assert readme.updated(new, FOUND) == new


def test_rounds__two_contestants__interleaved(tmp_path: Path) -> None:
    said: list[str] = []
    script = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text('{\"seconds\": 1}')"
    both = [Contestant(name, [sys.executable, "-c", script], tmp_path / name) for name in ("first", "second")]
    runs = rounds(both, 2, said.append)
    assert [line.split(", ")[1].split(":")[0] for line in said] == ["first", "second"] * 2
    assert {name: len(each) for name, each in runs.items()} == {"first": 2, "second": 2}


def test_rounds__wrong_outcome__fails_the_bench(tmp_path: Path) -> None:
    script = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text('{\"seconds\": 1}')"
    one = Contestant("peer", [sys.executable, "-c", script], tmp_path / "peer", check=lambda: "balance: 1 wrong")
    with pytest.raises(WrongOutcomeError, match="peer: balance: 1 wrong"):
        rounds([one], 1, lambda _: None)


def test_rounds__contestant_that_fails__shows_what_it_said(tmp_path: Path) -> None:
    one = Contestant("peer", [sys.executable, "-c", "raise SystemExit('no money')"], tmp_path / "peer")
    with pytest.raises(WrongOutcomeError, match="no money"):
        rounds([one], 1, lambda _: None)
