"""One tree of exceptions, drawn in the docstring of errors.py."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import re

import fairmeter
from fairmeter import errors
from fairmeter.errors import BadRow, FairmeterError, InputError, OutOfBoundsError, RevertError

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


def test_pickle__errors_with_more_than_a_text__the_same() -> None:
    for error in (InputError("bills.csv", [BadRow(3, "amount", "none")], 9), OutOfBoundsError("days", 97, 1, 96)):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
    refused = pickle.loads(pickle.dumps(RevertError("PaymentLedger_NoBatch", {"batch": 7}, "a call", b"\1")))
    assert (refused.arguments, refused.data) == ({"batch": 7}, b"\1")
