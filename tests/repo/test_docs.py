"""README.md and contracts/README.md speak of commands, options, scripts and files that are there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from benchmarks import readme as benchmarks
from fairmeter import cli

FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?<![\w./-])fairmeter ((?:(?:arrears|privacy|standing|vault) )?[a-z][a-z-]*)([^\n|]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
SCRIPT = re.compile(r"(?<![\w/])(?:scripts|\.ci)/[a-z]+\b")
GAS = re.compile(r"^\| [^|]+ \| ([\d,]+) \|", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")


@pytest.fixture(scope="module")
def commands() -> dict[str, TyperCommand]:
    """The command line's commands by name."""
    group = typer.main.get_command(cli.app)
    assert isinstance(group, TyperGroup)
    found: dict[str, TyperCommand] = {}
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            found |= {
                f"{name} {one}": inner for one, inner in command.commands.items() if isinstance(inner, TyperCommand)
            }
        else:
            assert isinstance(command, TyperCommand)
            found[name] = command
    return found


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def _options(command: TyperCommand) -> set[str]:
    names = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return {name for name in names if name.startswith("--")} | {"--help"}


def _calls(text: str) -> list[tuple[str, str]]:
    """Command and the rest of its line, of each call in a fenced block; a line's continuation belongs to it."""
    return [call for block in FENCE.findall(text) for call in COMMAND.findall(block.replace("\\\n", " "))]


def test_pages__commands_and_options__exist(root: Path, readme: str, commands: dict[str, TyperCommand]) -> None:
    assert _calls(readme)
    calls = [call for page in [root / "README.md", *root.glob("docs/**/*.md")] for call in _calls(page.read_text())]
    assert {name for name, _ in calls} <= set(commands)
    unknown = {(name, option) for name, rest in calls for option in OPTION.findall(rest)}
    assert {(name, option) for name, option in unknown if option not in _options(commands[name])} == set()


def test_commands__each__on_a_page_and_with_help(root: Path, readme: str, commands: dict[str, TyperCommand]) -> None:
    """Groups in the README, their commands there or on one of its pages."""
    pages = "\n".join([readme, *(page.read_text() for page in root.glob("docs/**/*.md"))])
    assert {name for name in commands if not re.search(rf"fairmeter {name}\b", pages)} == set()
    assert {name for name in commands if not re.search(rf"fairmeter {name.split()[0]}\b", readme)} == set()
    assert {name for name, command in commands.items() if not command.help} == set()
    undescribed = {
        f"{name} {parameter.name}"
        for name, command in commands.items()
        for parameter in command.params
        if isinstance(parameter, TyperOption) and not parameter.help
    }
    assert undescribed == set()


def test_readme__python__runs_as_it_stands(readme: str, tmp_path: Path) -> None:
    programs = PYTHON.findall(readme)
    assert programs
    for number, program in enumerate(programs):
        file = tmp_path / f"test_program_{number}.py"
        file.write_text(program, encoding="utf-8")
        runner = ["-m", "pytest", "-q"] if "def test_" in program else []
        done = subprocess.run(
            [sys.executable, *runner, file], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", ["README.md", "contracts/README.md"])
def test_page__scripts_and_links__exist(root: Path, page: str) -> None:
    path = root / page
    text = path.read_text(encoding="utf-8")
    names = {root / name for name in SCRIPT.findall(text)} | {path.parent / link for link in LINK.findall(text)}
    assert {name for name in names if not name.exists()} == set()


def test_readme__tables_of_the_benchmarks__those_of_benchmarks_json(root: Path, readme: str) -> None:
    figures = root / "docs" / "benchmarks.json"
    if not figures.is_file():
        pytest.skip("NOT TESTED: docs/benchmarks.json is absent: run scripts/bench")
    assert benchmarks.updated(readme, json.loads(figures.read_text(encoding="utf-8"))) == readme


def test_readme__map_of_the_folders__names_every_room(root: Path, readme: str) -> None:
    package = root / "offchain" / "fairmeter"
    rooms = {path.parent.name for path in package.glob("*/__init__.py")}
    assert {room for room in rooms if not re.search(rf"\b{room}/", readme)} == set()


def test_gas_figures__both_readmes__as_the_snapshots_have_them(root: Path) -> None:
    snapshots = (root / "contracts" / "snapshots").glob("*.json")
    measured = {int(gas) for path in snapshots for gas in json.loads(path.read_bytes()).values()}
    told = [
        int(row.group(1).replace(",", ""))
        for name, heading in (("contracts/README.md", "## Gas"), ("README.md", "| gas, whole transactions"))
        for row in GAS.finditer((root / name).read_text(encoding="utf-8").split(heading)[1].split("\n## ")[0])
    ]
    assert len(told) > 20
    assert set(told) - measured == set()
