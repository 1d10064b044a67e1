"""The parameters that bills were judged by: rebuilt from the gate's events, and compared with what the gate itself says
and with what the scenario asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fairmeter.audit.findings import Check, Finding
from fairmeter.audit.record import ChainRecord, order_of
from fairmeter.contracts.clients import VerdictGate
from fairmeter.model import Bools, Int64s, Policy, Presets, UInt8s, Utility
from fairmeter.units import FIRST_BILLED_DAY, Ppm

if TYPE_CHECKING:
    from fairmeter.audit.batches import Posting

MAX_INT64: Final = 2**63 - 1
CALIBRATED: Final = "calibrated"
"""The scenario's policy by which a model judges."""
FIRST_VERSION: Final = 1
"""Of the gate's parameters, as it was deployed."""
VERIFIED_CLASS: Final = 1
"""Of whose accounts a run has the gate compute the verdicts."""
Key = tuple[int, int, int]
"""Version, utility, class."""
Changes = tuple[Int64s, Int64s, Int64s]
"""Account, transaction and value, sorted by account and then in order."""


class Parameters:
    """The gate's presets by version, utility and class, and the accounts' classes as they were at any transaction."""

    def __init__(self, record: ChainRecord) -> None:
        set_ = [arguments for _, arguments in record.decoded("VerdictGate", "PresetsSet")]
        self._revisions = [(one["version"], one["utility"], one["class"], one["presets"]) for one in set_]
        self._periods = [(one["version"], one["periods"]) for _, one in record.decoded("VerdictGate", "PeriodsSet")]
        self._used: dict[Key, Mapping[str, Any]] = {}
        self._classes = _changes(record, "ClassSet", "class")
        self._signed_only = _changes(record, "SignedOnlySet", "signedOnly")

    def of(self, version: int, utility: int, class_: int) -> Presets:
        """How the verdict is set: the class's own presets, the newest up to `version`, else class 0's."""
        presets = self._presets((version, utility, class_))
        return Presets(Ppm(presets["first"]), Ppm(presets["second"]), presets["degree"])

    def cap(self, version: int, utility: int, class_: int) -> int:
        """The largest amount of an INSUFFICIENT bill that is paid, minor units."""
        return int(self._presets((version, utility, class_))["insufficientCap"])

    def classes(self, accounts: Int64s, transaction: int) -> Int64s:
        """(n,) the class of each account just before a transaction."""
        return _at(self._classes, accounts, transaction)

    def signed_only(self, posting: Posting) -> Bools:
        """(n,) for which of a posting's bills only readings count that the meter operator signed."""
        asked = _at(self._signed_only, posting.accounts, posting.transaction) > 0
        return asked & (posting.bills.start >= FIRST_BILLED_DAY)

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
        return np.isin(classes, self._classes_of(posting, classes, Policy.VERIFIED))

    def modelled(self, posting: Posting) -> Bools:
        """(n,) which of a posting's bills operators judge by a model: none for which only signed readings count."""
        classes = self.classes(posting.accounts, posting.transaction)
        judged = np.isin(classes, self._classes_of(posting, classes, Policy.MODEL))
        return judged & ~self.signed_only(posting) & (posting.bills.start >= FIRST_BILLED_DAY)

    def model(self, posting: Posting, rows: Bools) -> set[bytes]:
        """The hashes of the models that judge the bills of `rows` (n,)."""
        classes = np.unique(self.classes(posting.accounts[rows], posting.transaction)).tolist()
        return {self._presets(_key(posting, one))["model"] for one in classes}

    def _classes_of(self, posting: Posting, classes: Int64s, policy: Policy) -> list[int]:
        """Those of `classes` whose bills are judged so."""
        return [one for one in np.unique(classes).tolist() if self._presets(_key(posting, one))["policy"] == policy]

    def caps(self, posting: Posting, transaction: int) -> Int64s:
        """(n,) the largest amounts up to which a posting's bills are paid where INSUFFICIENT, minor units, by the
        classes just before this transaction, which judges them."""
        classes, place = np.unique(self.classes(posting.accounts, transaction), return_inverse=True)
        caps = [self.cap(posting.parameter_version, posting.utility, one) for one in classes.tolist()]
        # a cap may be as large as a word
        whole: Int64s = np.array([min(cap, MAX_INT64) for cap in caps], np.int64)[place]
        return whole

    def check(self, scenario: Mapping[str, Any], gate: VerdictGate | None) -> Check:
        """The presets that were used are the gate's own answer, where there is a gate to ask, and what was set is what
        the scenario asked for, in its order."""
        findings: list[Finding] = []
        for key, presets in self._used.items():
            if gate is not None and (answer := gate.read("presetsOf", *key)) != presets:
                findings.append(Finding("parameters", f"presetsOf, {_named(key)}", str(dict(presets)), str(answer)))
        for utility, class_ in sorted({key[1:] for key in self._used}):
            told = [
                _told(one[3]) for one in self._revisions if one[1:3] == (utility, class_) and one[0] > FIRST_VERSION
            ]
            where = f"manifest.json, scenario, presets of {Utility(utility).label}, class {class_}"
            findings += _in_order(where, told, list(_presets_asked(scenario, class_)))
        periods = [one for version, one in self._periods if version > FIRST_VERSION]
        findings += _in_order("manifest.json, scenario, periods", periods, [scenario.get("periods")])
        return Check("parameters", "presets of the gate, with the scenario's", len(self._used), tuple(findings))

    def _presets(self, key: Key) -> Mapping[str, Any]:
        if key not in self._used:
            version, utility, class_ = key
            known = [one for one in self._revisions if one[0] <= version and one[1] == utility]
            own = [one for one in known if one[2] == class_] or [one for one in known if one[2] == 0]
            self._used[key] = own[-1][3]
        return self._used[key]


def _changes(record: ChainRecord, event: str, value: str) -> Changes:
    """Of an event of accounts, by account and then in order."""
    found = record.ledger(event)
    order = np.lexsort((order_of(found), found["account"]))
    account, transaction, values = (found[name][order] for name in ("account", "transaction", value))
    return account, transaction, values.astype(np.int64)


def _at(changes: Changes, accounts: Int64s, transaction: int) -> Int64s:
    """(n,) the value of each account just before a transaction; 0 before its first."""
    before = changes[1] < transaction
    account, value = changes[0][before], changes[2][before]
    place = np.searchsorted(account, accounts, side="right") - 1
    known = (place >= 0) & (account[place] == accounts) if len(account) else np.zeros(len(accounts), np.bool_)
    found: Int64s = np.zeros(len(accounts), np.int64)
    found[known] = value[place[known]]
    return found


def _in_order(where: str, told: Sequence[Any], asked: Sequence[Any]) -> Iterator[Finding]:
    """What was set, with what was to be set; a run may end before all of it is."""
    if list(told) != list(asked[: max(len(told), 1)]):
        yield Finding("parameters", where, str(list(told)), str(list(asked)))


def _presets_asked(scenario: Mapping[str, Any], class_: int) -> Iterator[Mapping[str, Any]]:
    """The presets that a scenario has set for a class, one after another, as the gate has them but for the model."""
    verified = class_ == VERIFIED_CLASS and scenario.get("meters", {}).get("verified", 0) > 0
    if class_ and not verified:
        return  # classes of screening rules are judged as class 0 is
    modelled = scenario.get("policy") == CALIBRATED and not verified
    first = asdict(Presets(scenario.get("rate", Ppm(0)))) if modelled else scenario.get("presets")
    policy = Policy.MODEL if modelled else Policy.VERIFIED if verified else Policy.TREND
    changes = scenario.get("governance", {}).get("changes", ())
    for presets in (first, *(one["presets"] for one in changes)):
        if presets is not None:
            yield {**presets, "insufficientCap": scenario.get("insufficient_cap"), "policy": int(policy)}


def _told(presets: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the model, which no scenario names: its bytes are in the bundle."""
    return {name: value for name, value in presets.items() if name != "model"}


def _key(posting: Posting, class_: int) -> Key:
    return posting.parameter_version, posting.utility, class_


def _named(key: Key) -> str:
    version, utility, class_ = key
    return f"version {version}, {Utility(utility).label}, class {class_}"
