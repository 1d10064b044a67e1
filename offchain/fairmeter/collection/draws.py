"""The seeds of tests of strategies: on the disk before they are committed to on chain, and secret until the end."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fairmeter.contracts.collecting import ArrearsRegister, commitment_of
from fairmeter.errors import InputError
from fairmeter.outputs import replacing

SEED: Final = 64
"""Bits."""


@dataclass(frozen=True, slots=True)
class Draw:
    """Of one test of a class."""

    test: int
    """Its number on chain, from 1."""
    arms: int
    """Strategies, the control included."""
    seed: int
    salt: bytes


class Draws:
    """A file that its owner alone may read; of one register."""

    def __init__(self, path: Path, register: ArrearsRegister) -> None:
        """Raises InputError for a file of something else, or of another register."""
        self._path, self._register = path, register
        home = {"chain_id": register.engine.chain_id, "register": "0x" + register.address.hex()}
        try:
            self._content: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {**home, "tests": {}}
            self._content["tests"].items()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path}: is no file of seeds: {error}") from error
        if {name: self._content.get(name) for name in home} != home:
            raise InputError(f"{path}: has the seeds of another register: take another file")

    def begin(self, class_: int, arms: int) -> bytes | None:
        """What to commit to for the class's next test; None where one runs. Twice gives the same. Raises InputError
        where the one that runs has another number of arms, or is not in the file."""
        known = self._register.read("classOf", class_)
        if known["arms"]:
            if self.last(class_).arms != arms:
                raise InputError(f"class {class_}: test {known['test']} runs with {known['arms']} arms, not {arms}")
            return None
        number = int(known["test"]) + 1
        found = self._find(class_, number)
        if found is None or found.arms != arms:
            found = Draw(number, arms, secrets.randbits(SEED), secrets.token_bytes(32))
            self._keep(class_, found)
        return commitment_of(class_, number, arms, found.seed, found.salt)

    def last(self, class_: int) -> Draw:
        """Of the class's last test on chain. Raises InputError where it has none, or the file has not."""
        number = self._register.test_of(class_)
        if not number:
            raise InputError(f"class {class_} has committed to no test: `fairmeter arrears begin` does")
        found = self._find(class_, number)
        if found is None:
            raise InputError(f"{self._path}: has no seed of test {number} of class {class_}")
        return found

    def _find(self, class_: int, number: int) -> Draw | None:
        try:
            fields = self._content["tests"].get(f"{class_}/{number}")
            return fields and Draw(number, int(fields["arms"]), int(fields["seed"]), bytes.fromhex(fields["salt"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{self._path}: is no file of seeds: {error}") from error

    def _keep(self, class_: int, draw: Draw) -> None:
        fields = {"arms": draw.arms, "seed": draw.seed, "salt": draw.salt.hex()}
        self._content["tests"][f"{class_}/{draw.test}"] = fields
        with replacing(self._path) as part:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(self._content, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
