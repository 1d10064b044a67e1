"""The file of screening rules that `fairmeter rules` writes: bounds by utility and class, and each account's class."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from fairmeter.errors import InputError
from fairmeter.model import Bills, Int64s, Utility
from fairmeter.simulation.scenario import PolicyName, Scenario, Screening


@dataclass(frozen=True, slots=True)
class RulesFile:
    """What such a file says."""

    classes: tuple[str, ...]
    """Names of the classes 1, 2, 3 …"""
    accounts: Mapping[str, Mapping[str, int]]
    """By label of the utility and by customer: the class; all others are of class 0, which has no rules."""
    rules: tuple[Screening, ...]
    inputs: Mapping[str, str]
    """SHA-256 of the files that they were computed from."""
    seed: int
    rate: float

    def of(self, bills: Bills) -> Int64s:
        """(n,) the class of each bill's account."""
        found = np.zeros(len(bills), np.int64)
        for utility in np.unique(bills.utility).tolist():
            own = self.accounts.get(Utility(utility).label, {})
            class_ = np.array([own.get(name, 0) for name in bills.customers], np.int64)
            rows = bills.utility == utility
            found[rows] = class_[bills.customer[rows]]
        return found

    def to_json(self) -> dict[str, Any]:
        """As the file has it."""
        return dataclasses.asdict(self)


def with_rules(scenario: Scenario, rules: RulesFile | None) -> Scenario:
    """The scenario with its own rules, or where it has none with the file's: alone if its policy is screening, else
    beside it. Raises InputError for that policy without a rule."""
    alone = scenario.policy is PolicyName.SCREENING
    if rules is not None and not scenario.screening:
        own = tuple(dataclasses.replace(one, alone=alone) for one in rules.rules)
        scenario = dataclasses.replace(scenario, screening=own)
    if alone and not scenario.screening:
        raise InputError("the policy is screening, and there are no rules: `fairmeter rules` writes some, for --rules")
    return scenario


def load_rules(path: Path) -> RulesFile:
    """The file at `path`, whose SHA-256 is the rules' source; raises InputError, naming the field, for any other."""
    try:
        content = path.read_bytes()
        fields = json.loads(content)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: is not JSON: {error}") from error
    try:
        found = TypeAdapter(RulesFile).validate_python(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(f"{path}: {place}: {first['msg'].removeprefix('Value error, ')}") from error
    source = hashlib.sha256(content).hexdigest()
    return dataclasses.replace(found, rules=tuple(dataclasses.replace(one, source=source) for one in found.rules))
