"""Chooses the EVM that executes a bundle's transactions again: another than the run's, where one is installed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fairmeter.audit.findings import family
from fairmeter.chain.anvil import AnvilEngine
from fairmeter.chain.engine import Engine
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.revm import RevmEngine
from fairmeter.errors import BundleError, ToolMissingError

RUN: Final = "run.json"
REFEREES: Final[Sequence[tuple[str, type[RevmEngine] | type[AnvilEngine] | type[EthTesterEngine]]]] = (
    ("revm", RevmEngine),
    ("revm", AnvilEngine),
    ("py-evm", EthTesterEngine),
)
"""With their EVM, the fastest first; the last needs nothing but the package."""
LITTLE_GAS: Final = 2_000_000_000
"""What py-evm executes in five minutes. Of a longer run on a fast EVM it executes a sample (`audit.sample`)."""


def recorded_implementation(bundle_folder: Path) -> str | None:
    """The EVM that run.json, beside the bundle and not a part of it, says the run used; None where it says nothing.

    Raises BundleError if there is such a file, but it cannot be read.
    """
    path = bundle_folder.parent / RUN
    if not path.is_file():
        return None
    try:
        recorded = json.loads(path.read_bytes())
        return str(recorded["implementation"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{path} does not name the implementation of the run: {error!r}") from error


def open_referee(recorded: str | None, genesis: Genesis, gas: int) -> Engine:
    """A fresh chain on the first installed EVM that is not `recorded`'s, else on the recorded one; for a run that used
    more than LITTLE_GAS on the fastest that is installed, whichever the run was on."""
    used = None if recorded is None or gas > LITTLE_GAS else family(recorded)
    for name, start in REFEREES:
        if name != used:
            try:
                return start(genesis)
            except ToolMissingError:
                continue
    return EthTesterEngine(genesis)
