"""`import fairmeter` gives what its stubs promise, and loads no room before it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fairmeter


def _promised() -> set[str]:
    """The names that a type checker sees."""
    assert fairmeter.__file__ is not None
    tree = ast.parse(Path(fairmeter.__file__).read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    names = {alias.asname or alias.name for node in imports for alias in node.names}
    return {name for name in names if not name.startswith("_")} | {"__version__"}


def test_package__names__are_those_that_a_type_checker_sees() -> None:
    assert set(fairmeter.__all__) == _promised()


@pytest.mark.parametrize("name", fairmeter.__all__)
def test_package__every_name__is_there(name: str) -> None:
    assert getattr(fairmeter, name) is not None
    assert name in dir(fairmeter)


def test_package__another_name__refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'settle'"):
        _ = fairmeter.settle  # type: ignore[attr-defined]


def test_package__imported__loads_no_room() -> None:
    code = "import sys, fairmeter; print(sorted(name for name in sys.modules if name.startswith('fairmeter')))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "['fairmeter']\n"
