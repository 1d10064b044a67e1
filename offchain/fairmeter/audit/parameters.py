"""The parameters that bills were judged by: rebuilt from the gate's events, and compared with what the gate itself says
and with what the scenario asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fairmeter.audit.findings import Check, Finding
from fairmeter.audit.record import ChainRecord
from fairmeter.contracts.clients import VerdictGate
from fairmeter.model import Int64s, Presets, Utility
from fairmeter.units import Ppm

Key = tuple[int, int, int]
"""Version, utility, class."""


class Parameters:
    """The gate's presets by version, utility and class, and the accounts' classes as they were at any transaction."""

    def __init__(self, record: ChainRecord) -> None:
        set_ = [arguments for _, arguments in record.decoded("VerdictGate", "PresetsSet")]
        self._revisions = [(one["version"], one["utility"], one["class"], one["presets"]) for one in set_]
        self._periods = [(one["version"], one["periods"]) for _, one in record.decoded("VerdictGate", "PeriodsSet")]
        self._used: dict[Key, Mapping[str, int]] = {}
        self._classes: dict[int, int] = {}
        changes = record.ledger("ClassSet")
        columns = (changes[name].tolist() for name in ("transaction", "account", "class"))
        self._changes = list(zip(*columns, strict=True))
        self._changed = 0

    def of(self, version: int, utility: int, class_: int) -> Presets:
        """How the verdict is set: the class's own presets, the newest up to `version`, else class 0's."""
        presets = self._presets((version, utility, class_))
        return Presets(Ppm(presets["first"]), Ppm(presets["second"]), presets["degree"])

    def cap(self, version: int, utility: int, class_: int) -> int:
        """The largest amount of an INSUFFICIENT bill that is paid, minor units."""
        return self._presets((version, utility, class_))["insufficientCap"]

    def classes(self, accounts: Int64s, transaction: int) -> list[int]:
        """The class of each account just before a transaction; quick if asked in the order of transactions."""
        if self._changed and self._changes[self._changed - 1][0] >= transaction:
            self._changed = 0
            self._classes.clear()
        while self._changed < len(self._changes) and self._changes[self._changed][0] < transaction:
            _, account, class_ = self._changes[self._changed]
            self._classes[account] = class_
            self._changed += 1
        return [self._classes.get(account, 0) for account in accounts.tolist()]

    def check(self, scenario: Mapping[str, Any], gate: VerdictGate | None) -> Check:
        """The presets that were used are the gate's own answer, where there is a gate to ask, and the scenario's."""
        findings: list[Finding] = []
        wanted = {name: scenario.get(name) for name in ("presets", "insufficient_cap", "periods")}
        for key, presets in self._used.items():
            periods = [one for version, one in self._periods if version <= key[0]][-1]
            used = {"presets": asdict(self.of(*key)), "insufficient_cap": self.cap(*key), "periods": periods}
            if gate is not None and (answer := gate.read("presetsOf", *key)) != presets:
                findings.append(Finding("parameters", f"presetsOf, {_named(key)}", str(dict(presets)), str(answer)))
            if used != wanted:
                where = f"manifest.json, scenario, {_named(key)}"
                findings.append(Finding("parameters", where, str(used), str(wanted)))
        return Check("parameters", "presets of the gate, with the scenario's", len(self._used), tuple(findings))

    def _presets(self, key: Key) -> Mapping[str, int]:
        if key not in self._used:
            version, utility, class_ = key
            known = [one for one in self._revisions if one[0] <= version and one[1] == utility]
            own = [one for one in known if one[2] == class_] or [one for one in known if one[2] == 0]
            self._used[key] = own[-1][3]
        return self._used[key]


def _named(key: Key) -> str:
    version, utility, class_ = key
    return f"version {version}, {Utility(utility).label}, class {class_}"
