"""The size of Python files and functions, who may print, and how tests are named."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_90TH_PERCENTILE = 30
TEST_NAME = re.compile(r"test_[a-z0-9]+(_[a-z0-9]+)*(__[a-z0-9]+(_[a-z0-9]+)*){2}")
NOBODY = re.compile(r"\b(?:alice|bob|carol)\b|\bw3\.eth\.accounts\[", re.IGNORECASE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def _lines(function: Function) -> int:
    """From `def` to the end, less the docstring, which nobody has to hold in the head."""
    assert function.end_lineno is not None
    total = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is None or first.end_lineno is None:
        return total
    return total - (first.end_lineno - first.lineno + 1)


def test_python_files__length__within_a_screenful_of_screens(python_files: list[Path]) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files}
    assert {path: length for path, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_python_functions__length__within_a_screen(python_files: list[Path]) -> None:
    lengths = {f"{path}:{node.lineno} {node.name}": _lines(node) for path in python_files for node in _functions(path)}
    assert {where: length for where, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


def test_package_functions__length__nine_of_ten_are_short(package_files: list[Path]) -> None:
    lengths = [_lines(node) for path in package_files for node in _functions(path)]
    assert np.percentile(lengths, 90) <= MAX_90TH_PERCENTILE


def _writes_to_the_terminal(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="print" | "input")):
            return True
        case ast.Call(func=ast.Attribute(attr="print" | "echo" | "secho")):
            return True
        case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr" | "stdin" | "exit"):
            return True
    return False


def test_package__writing_to_the_terminal__only_in_cli_and_terminal(package_files: list[Path]) -> None:
    writers = {
        f"{path}:{node.lineno}"
        for path in package_files
        if path.name not in {"cli.py", "terminal.py"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call | ast.Attribute) and _writes_to_the_terminal(node)
    }
    assert writers == set()


@pytest.mark.parametrize(
    "text", ["print(1)", "console.print(1)", "typer.echo(1)", "sys.stderr.write('')", "sys.exit(2)"]
)
def test_writes_to_the_terminal__a_writer__found(text: str) -> None:
    assert any(map(_writes_to_the_terminal, ast.walk(ast.parse(text))))


def test_tests__name__function_case_result(root: Path, python_files: list[Path]) -> None:
    tests = [path for path in python_files if path.is_relative_to(root / "tests") and path.name.startswith("test_")]
    names = {f"{path}: {node.name}": node.name for path in tests for node in _functions(path)}
    wrong = {where for where, name in names.items() if name.startswith("test_") and not TEST_NAME.fullmatch(name)}
    assert wrong == set()


def test_tests__actors__named_by_role(root: Path, tracked: list[Path]) -> None:
    places = [root / "tests", root / "contracts" / "test"]
    sources = [path for path in tracked if path.suffix in {".py", ".sol"} and path != Path(__file__).resolve()]
    tests = [path for path in sources if any(map(path.is_relative_to, places))]
    assert [path for path in tests if NOBODY.search(path.read_text(encoding="utf-8"))] == []
