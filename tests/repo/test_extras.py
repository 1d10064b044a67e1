"""An installation without extras runs: all that the base does not bring is hidden from a new interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

RUN = """
import json, sys
for name in json.loads(sys.argv.pop(1)):
    sys.modules[name] = None
from fairmeter.cli import main
main()
"""


def _base(root: Path) -> set[str]:
    """The distributions that the project's own dependencies bring, extras asked for by them included."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = [Requirement(text) for text in project["dependencies"]]
    found = {"fairmeter"}
    waiting = [(canonicalize_name(one.name), frozenset(one.extras)) for one in own]
    while waiting:
        name, extras = waiting.pop()
        found.add(name)
        try:
            needed = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            continue
        for one in needed:
            other = canonicalize_name(one.name)
            asked = one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras))
            if asked and other not in found:
                waiting.append((other, frozenset(one.extras)))
    return found


@pytest.fixture(scope="module")
def hidden(root: Path) -> str:
    """Top-level names of all that is installed beside the base."""
    base = _base(root)
    tops = packages_distributions()
    names = {top for top, owners in tops.items() if not {canonicalize_name(owner) for owner in owners} & base}
    assert {"sklearn", "scipy", "pymoo", "pytest"} <= names
    assert not {"numpy", "polars", "web3", "rich", "altair"} & names
    return json.dumps(sorted(names))


def _call(hidden: str, *arguments: object) -> None:
    command = [sys.executable, "-c", RUN, hidden, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_base_install__fleet_verdict_run_and_report__need_no_extra(hidden: str, tmp_path: Path) -> None:
    fleet, out = tmp_path / "fleet", tmp_path / "out"
    files = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet")
    _call(hidden, "fleet", "--customers", 6, "--months", 13, "--out", fleet)
    _call(hidden, "verdict", *files, "--out", tmp_path / "verdicts.parquet")
    _call(hidden, "run", *files, "--out", out)
    _call(hidden, "report", out)


def test_base_install__audit__imports_without_an_extra(hidden: str) -> None:
    code = f"import json, sys; sys.modules.update(dict.fromkeys(json.loads({hidden!r}))); import fairmeter.audit.run"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
