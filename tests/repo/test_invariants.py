"""Each invariant has one number: in contracts/README.md, in the Solidity invariant tests and in the audit."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

IDENTIFIER = re.compile(r"(?:INV|TRADE|REFUND|CREDIT|PAPER)-\d\d")
STATED = re.compile(r"^\W*((?:INV|TRADE|REFUND|CREDIT|PAPER)-\d\d)\b", re.MULTILINE)
"""At the beginning of a line, of a list's entry or of a table's row."""


def _used(files: list[Path]) -> set[str]:
    return {name for path in files for name in IDENTIFIER.findall(path.read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def stated(root: Path) -> set[str]:
    text = (root / "contracts" / "README.md").read_text(encoding="utf-8")
    counts = Counter(STATED.findall(text))
    assert {name for name, count in counts.items() if count > 1} == set(), "stated more than once"
    assert set(IDENTIFIER.findall(text)) == set(counts), "mentioned, not stated"
    return set(counts)


def test_invariants__stated__numbered_without_a_gap(stated: set[str]) -> None:
    assert {"INV-01", "INV-02"} <= stated
    for family in ("INV", "TRADE", "REFUND", "CREDIT", "PAPER"):
        numbers = sorted(name for name in stated if name.startswith(family))
        assert numbers == [f"{family}-{number:02}" for number in range(1, len(numbers) + 1)]


def test_invariants__solidity_tests__the_same_numbers(root: Path, stated: set[str]) -> None:
    assert _used(sorted((root / "contracts" / "test" / "invariant").rglob("*.sol"))) == stated


def test_invariants__audit__the_same_numbers(root: Path, stated: set[str]) -> None:
    assert _used(sorted((root / "offchain" / "fairmeter" / "audit").rglob("*.py"))) == stated
