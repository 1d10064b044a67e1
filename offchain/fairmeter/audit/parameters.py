"""The parameters that bills were judged by: rebuilt from the gate's events, and compared with what the gate itself says
and with what the scenario asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fairmeter.audit.findings import Check, Finding
from fairmeter.audit.record import ChainRecord, order_of
from fairmeter.contracts.clients import VerdictGate
from fairmeter.model import Bools, Int64s, Presets, UInt8s, Utility
from fairmeter.units import Ppm

if TYPE_CHECKING:
    from fairmeter.audit.batches import Posting

MAX_INT64: Final = 2**63 - 1
Key = tuple[int, int, int]
"""Version, utility, class."""


class Parameters:
    """The gate's presets by version, utility and class, and the accounts' classes as they were at any transaction."""

    def __init__(self, record: ChainRecord) -> None:
        set_ = [arguments for _, arguments in record.decoded("VerdictGate", "PresetsSet")]
        self._revisions = [(one["version"], one["utility"], one["class"], one["presets"]) for one in set_]
        self._periods = [(one["version"], one["periods"]) for _, one in record.decoded("VerdictGate", "PeriodsSet")]
        self._used: dict[Key, Mapping[str, int]] = {}
        changes = record.ledger("ClassSet")
        order = np.lexsort((order_of(changes), changes["account"]))
        names = ("account", "transaction", "class")
        self._account, self._changed, self._class = (changes[name][order] for name in names)

    def of(self, version: int, utility: int, class_: int) -> Presets:
        """How the verdict is set: the class's own presets, the newest up to `version`, else class 0's."""
        presets = self._presets((version, utility, class_))
        return Presets(Ppm(presets["first"]), Ppm(presets["second"]), presets["degree"])

    def cap(self, version: int, utility: int, class_: int) -> int:
        """The largest amount of an INSUFFICIENT bill that is paid, minor units."""
        return self._presets((version, utility, class_))["insufficientCap"]

    def classes(self, accounts: Int64s, transaction: int) -> Int64s:
        """(n,) the class of each account just before a transaction."""
        before = self._changed < transaction
        account, class_ = self._account[before], self._class[before]
        place = np.searchsorted(account, accounts, side="right") - 1
        known = (place >= 0) & (account[place] == accounts) if len(account) else np.zeros(len(accounts), np.bool_)
        found: Int64s = np.zeros(len(accounts), np.int64)
        found[known] = class_[place[known]]
        return found

    def presets(self, posting: Posting) -> tuple[Int64s, Int64s, UInt8s]:
        """(n,) first preset, second preset and degree of a posting's bills, by the classes of its accounts then."""
        classes, place = np.unique(self.classes(posting.accounts, posting.transaction), return_inverse=True)
        known = [self.of(posting.parameter_version, posting.utility, one) for one in classes.tolist()]
        first, second, degree = (
            np.array([getattr(one, name) for one in known]) for name in ("first", "second", "degree")
        )
        return first[place].astype(np.int64), second[place].astype(np.int64), degree[place].astype(np.uint8)

    def verified(self, posting: Posting) -> Bools:
        """(n,) of which of a posting's bills the gate computes the verdict."""
        classes = self.classes(posting.accounts, posting.transaction)
        asking = [one for one in np.unique(classes).tolist() if self._presets(_key(posting, one))["verified"]]
        return np.isin(classes, asking)

    def caps(self, posting: Posting, transaction: int) -> Int64s:
        """(n,) the largest amounts up to which a posting's bills are paid where INSUFFICIENT, minor units, by the
        classes just before this transaction, which judges them."""
        classes, place = np.unique(self.classes(posting.accounts, transaction), return_inverse=True)
        caps = [self.cap(posting.parameter_version, posting.utility, one) for one in classes.tolist()]
        # a cap may be as large as a word
        whole: Int64s = np.array([min(cap, MAX_INT64) for cap in caps], np.int64)[place]
        return whole

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


def _key(posting: Posting, class_: int) -> Key:
    return posting.parameter_version, posting.utility, class_


def _named(key: Key) -> str:
    version, utility, class_ = key
    return f"version {version}, {Utility(utility).label}, class {class_}"
