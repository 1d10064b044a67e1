from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from fairmeter import __version__

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke, Refused

COMMANDS = ("run", "verdict", "fleet", "audit", "report", "deploy", "compile")


@pytest.mark.parametrize("command", COMMANDS)
def test_help__each_command__names_its_options(invoke: Invoke, command: str) -> None:
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_help__no_command__lists_them_all(invoke: Invoke) -> None:
    result = invoke()
    assert result.exit_code == 2
    assert all(command in result.stdout for command in COMMANDS)


def test_version__asked_for__the_packages(invoke: Invoke) -> None:
    assert invoke("--version").stdout == f"fairmeter {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["no-such-command"], "no-such-command"),
        (["verdict", "--usage", "u.csv"], "--bills"),
        (["report"], "DIR"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--degree", "3"], "--degree"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--degree", "0"], "--degree"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--preset", "10000001"], "--preset"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--preset", "-10000001"], "--preset"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--seed", "-1"], "--seed"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--engine", "hardhat"], "--engine"),
        (["verdict", "--usage", "u", "--bills", "b", "--out", "o", "--preset", "0.2"], "--preset"),
    ],
)
def test_options__wrong__one_line_that_names_it(refused: Refused, arguments: Sequence[str], named: str) -> None:
    assert named in refused(2, *arguments)
