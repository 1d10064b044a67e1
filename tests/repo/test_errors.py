"""One tree of exceptions, drawn in the docstring of errors.py."""

from __future__ import annotations

import importlib
import pkgutil
import re

import fairmeter
from fairmeter import errors
from fairmeter.errors import FairmeterError

DRAWN = re.compile(r"^[\s│├└─]*(?P<name>\w+Error) +exit code (?P<code>\d+)", re.MULTILINE)


def _exceptions() -> set[type[BaseException]]:
    names = ["fairmeter", *(module.name for module in pkgutil.walk_packages(fairmeter.__path__, "fairmeter."))]
    found = {
        value
        for name in names
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, type) and issubclass(value, BaseException) and value.__module__.startswith("fairmeter")
    }
    assert FairmeterError in found
    return found


def test_exceptions__of_every_module__have_one_root() -> None:
    assert {error for error in _exceptions() if not issubclass(error, FairmeterError)} == set()


def test_exceptions__of_errors__drawn_with_their_exit_codes() -> None:
    assert errors.__doc__ is not None
    drawn = {match["name"]: int(match["code"]) for match in DRAWN.finditer(errors.__doc__)}
    defined = {error for error in _exceptions() if issubclass(error, FairmeterError)}
    codes = {error.__name__: error.exit_code for error in defined if error.__module__ == "fairmeter.errors"}
    assert drawn == codes
