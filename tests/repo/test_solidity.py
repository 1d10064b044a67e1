"""The shape of the Solidity sources: sizes, documentation, errors, the order of effects, and the names of tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_90TH_PERCENTILE = 20
COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
HEADER = re.compile(r"\b(?:function\s+(\w+)|constructor|modifier\s+\w+|receive|fallback)\b[^;{}]*\{")
EXTERNAL = re.compile(r"^\s*function\s+\w+\([^;{]*\b(?:external|public)\b", re.MULTILINE)
ERROR = re.compile(r"^(?P<before>[^\n]*)\n\s*error\s+(?P<name>\w+)\(", re.MULTILINE)
ERRORS = tuple(
    f"libraries/{name}Errors.sol" for name in ("", "Trade", "Arrears", "Credit", "Refund", "Vault", "Papers")
)
STRING_REVERT = re.compile(r'\brevert\s*\(\s*"|\brequire\s*\([^;]*,\s*"[^;]*\)\s*;')
TEST_NAME = re.compile(r"(?:test|testFuzz|invariant|check)_\w+")


@pytest.fixture(scope="module")
def sources(root: Path, tracked: list[Path]) -> dict[str, str]:
    """The contracts' own sources, by path from contracts/src."""
    src = root / "contracts" / "src"
    found = {str(path.relative_to(src)): path.read_text("utf-8") for path in tracked if path.is_relative_to(src)}
    assert {"PaymentLedger.sol", "VerdictGate.sol", "AppealRegistry.sol", "DigitalCurrency.sol"} <= set(found)
    return found


@pytest.fixture(scope="module")
def tests(root: Path, tracked: list[Path]) -> dict[str, str]:
    """The Solidity tests, by path from contracts/test."""
    test = root / "contracts" / "test"
    found = {
        str(path.relative_to(test)): path.read_text("utf-8")
        for path in tracked
        if path.is_relative_to(test) and path.suffix == ".sol"
    }
    assert any(name.startswith("unit/") for name in found)
    assert any(name.startswith("invariant/") for name in found)
    return found


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _functions(text: str) -> Iterator[tuple[str, str]]:
    """Name and source of each function, constructor and modifier that has a body, comments and strings included."""
    code = COMMENT.sub(_blank, text)
    for header in HEADER.finditer(code):
        depth, end = 1, header.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        yield header[1] or header[0].split("(")[0].strip(), text[header.start() : end]


def _without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def test_functions__braces_in_comments_and_strings__not_counted() -> None:
    f = 'function f() external { // {\n  g("}"); /* } */ if (x) { y(); }\n }'
    text = f"contract C {{\n {f}\n function g() private {{}}\n}}"
    assert [(name, body.count("\n")) for name, body in _functions(text)] == [("f", 2), ("g", 0)]


def test_solidity_files__length__within_bounds(sources: dict[str, str], tests: dict[str, str]) -> None:
    lengths = {name: text.count("\n") for name, text in {**sources, **tests}.items()}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_solidity_functions__length__within_a_screen(sources: dict[str, str], tests: dict[str, str]) -> None:
    lengths = {
        f"{file}: {name}": body.count("\n") + 1
        for file, text in {**sources, **tests}.items()
        for name, body in _functions(text)
    }
    assert {where: length for where, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


def test_solidity_functions__length__nine_of_ten_are_short(sources: dict[str, str]) -> None:
    lengths = [body.count("\n") + 1 for text in sources.values() for _, body in _functions(text)]
    assert np.percentile(lengths, 90) <= MAX_90TH_PERCENTILE


def test_external_functions__natspec__present(sources: dict[str, str]) -> None:
    undocumented = {
        f"{file}: {match[0].strip()}"
        for file, text in sources.items()
        for match in EXTERNAL.finditer(text)
        if not _ends_in_natspec(text[: match.start() + 1])
    }
    assert undocumented == set()


def _ends_in_natspec(text: str) -> bool:
    last = text.rstrip().rsplit("\n", 1)[-1].strip()
    return last.startswith("///") or last.endswith("*/")


def test_errors__of_all_contracts__in_the_files_of_errors_with_one_line_each(sources: dict[str, str]) -> None:
    errors = _errors(sources)
    assert [error["name"] for error in errors if not re.fullmatch(r"[A-Z]\w+_[A-Z]\w+", error["name"])] == []
    assert [error["name"] for error in errors if "///" not in error["before"]] == []
    assert {file for file, text in sources.items() if file not in ERRORS and ERROR.search(text)} == set()


def test_errors__each__thrown_by_a_contract(sources: dict[str, str]) -> None:
    code = "\n".join(_without_comments(text) for file, text in sources.items() if file not in ERRORS)
    assert {error["name"] for error in _errors(sources) if f"Errors.{error['name']}" not in code} == set()


def test_errors__each__expected_by_a_test(sources: dict[str, str], tests: dict[str, str]) -> None:
    code = "\n".join(_without_comments(text) for text in tests.values())
    assert {error["name"] for error in _errors(sources) if f"Errors.{error['name']}.selector" not in code} == set()


def _errors(sources: dict[str, str]) -> list[re.Match[str]]:
    found = [list(ERROR.finditer(sources[file])) for file in ERRORS]
    assert all(found)
    return [error for some in found for error in some]


def test_reverts__with_a_string__none(sources: dict[str, str]) -> None:
    assert [file for file, text in sources.items() if STRING_REVERT.search(text)] == []


def test_functions__effects__before_interactions(sources: dict[str, str]) -> None:
    late = {
        f"{file}: {name}"
        for file, text in sources.items()
        for name, body in _functions(text)
        if "// Effect:" in body.partition("// Interaction:")[2]
    }
    assert late == set()


def test_tests__name__says_what_it_is(tests: dict[str, str]) -> None:
    names = {
        f"{file}: {name}": name
        for file, text in tests.items()
        for name, _ in _functions(text)
        if re.match(r"test|invariant|check_", name)
    }
    assert names
    assert {where for where, name in names.items() if not TEST_NAME.fullmatch(name)} == set()
