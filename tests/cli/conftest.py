"""The command line as fixtures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairmeter import cli

Invoke = Callable[..., Result]
Refused = Callable[..., str]
JsonOf = Callable[..., dict[str, Any]]
Finished = tuple[Path, dict[str, Any]]


@pytest.fixture
def invoke() -> Invoke:
    """The command line in this process; a bug shows itself."""

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(cli.app, [str(argument) for argument in arguments], catch_exceptions=False)

    return call


@pytest.fixture
def refused(invoke: Invoke) -> Refused:
    """The one line by which a call is refused with the expected exit code."""

    def call(exit_code: int, *arguments: object) -> str:
        result = invoke(*arguments)
        assert result.exit_code == exit_code, result.output
        assert result.stdout == ""
        assert re.fullmatch(r"fairmeter: [^\n]+\n", result.stderr), result.stderr
        return result.stderr

    return call


@pytest.fixture
def fleet(invoke: Invoke, tmp_path: Path) -> Path:
    """usage.parquet and bills.parquet of a few customers."""
    assert invoke("fleet", "--customers", 5, "--months", 14, "--seed", 2, "--out", tmp_path / "fleet").exit_code == 0
    return tmp_path / "fleet"


@pytest.fixture(scope="session")
def large_fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """usage.parquet and bills.parquet of customers enough to learn rules from and to divide."""
    folder = tmp_path_factory.mktemp("fit")
    _json_of("fleet", "--customers", 48, "--months", 16, "--seed", 7, "--out", folder)
    return folder


@pytest.fixture(scope="session")
def modest_fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """usage.parquet and bills.parquet of customers to whom a policy can be fitted in a moment."""
    folder = tmp_path_factory.mktemp("modest")
    _json_of("fleet", "--customers", 16, "--months", 14, "--seed", 7, "--out", folder)
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run's folder, and what `run --json` printed."""
    folder = tmp_path_factory.mktemp("cli")
    _json_of("fleet", "--customers", 5, "--months", 14, "--seed", 2, "--out", folder / "fleet")
    inputs = ("--usage", folder / "fleet" / "usage.parquet", "--bills", folder / "fleet" / "bills.parquet")
    return folder / "run", _json_of(
        "run", *inputs, "--out", folder / "run", "--seed", 3, "--preset", 150_000, "--degree", 1
    )


@pytest.fixture
def json_of() -> JsonOf:
    """What a call with --json prints: one object, nothing else on standard output."""
    return _json_of


def _json_of(*arguments: object) -> dict[str, Any]:
    result = CliRunner().invoke(cli.app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert isinstance(printed, dict)
    return printed
