"""The scripts run where they should, and say what is missing where they cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = (
    "scripts/bench", "scripts/build", "scripts/check", "scripts/demo", "scripts/fmt", "scripts/search", "scripts/test",
    ".ci/run",
)  # fmt: skip
NEEDS_NODE = ("scripts/bench", "scripts/build", "scripts/check", "scripts/fmt", "scripts/test", ".ci/run")
UTILITIES = ("bash", "cat", "cksum", "dirname", "env", "find", "grep", "mktemp", "rm", "sed", "touch", "tr", "uname")


@pytest.fixture
def poor_machine(tmp_path: Path) -> Path:
    """A folder to be the whole PATH: the system's small utilities, and neither Python nor Node nor git."""
    for utility in UTILITIES:
        found = shutil.which(utility)
        assert found, utility
        (tmp_path / utility).symlink_to(found)
    return tmp_path


def _offer(machine: Path, *tools: str) -> None:
    for tool in tools:
        found = shutil.which(tool)
        assert found, tool
        (machine / tool).symlink_to(found)


def _run(script: Path, machine: Path) -> tuple[int, str]:
    """Exit code and error output."""
    environment = {**os.environ, "PATH": str(machine)}
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stderr


@pytest.fixture
def bare_checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts and what they read, without any environment: a fresh clone."""
    checkout = tmp_path_factory.mktemp("checkout")
    for folder in ("scripts", ".ci"):
        shutil.copytree(root / folder, checkout / folder)
    (checkout / "contracts").mkdir()
    shutil.copy(root / "pyproject.toml", checkout)
    shutil.copy(root / "contracts" / "package-lock.json", checkout / "contracts")
    return checkout


@pytest.mark.parametrize("script", SCRIPTS)
def test_script__as_committed__is_executable_bash(root: Path, script: str) -> None:
    assert os.access(root / script, os.X_OK)
    subprocess.run(["bash", "-n", script], cwd=root, check=True)


def test_demo__without_python__says_so(bare_checkout: Path, poor_machine: Path) -> None:
    code, errors = _run(bare_checkout / "scripts" / "demo", poor_machine)
    assert (code, errors.splitlines()) == (3, ["missing: Python 3.11 or later (python.org, or your system's packages)"])


@pytest.mark.parametrize("script", NEEDS_NODE)
def test_script__without_node__says_so(bare_checkout: Path, poor_machine: Path, script: str) -> None:
    _offer(poor_machine, "git", "python3")
    code, errors = _run(bare_checkout / script, poor_machine)
    assert (code, errors.splitlines()) == (3, ["missing: Node 20 or later (nodejs.org, or your system's packages)"])


def test_search__without_a_file__says_how_it_is_called(root: Path, poor_machine: Path) -> None:
    assert _run(root / "scripts" / "search", poor_machine) == (2, "usage: scripts/search PAYMENTS\n")


def test_test__without_git__says_so(bare_checkout: Path, poor_machine: Path) -> None:
    code, errors = _run(bare_checkout / "scripts" / "test", poor_machine)
    assert (code, errors.splitlines()) == (3, ["missing: git (git-scm.com, or your system's packages)"])
