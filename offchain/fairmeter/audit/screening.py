"""Screening rules: which of them each bill of a run broke, from the rules set on chain, the classes at posting, and the
days that were billed before; against what the contract said when it judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from fairmeter.audit.batches import Batches, Judging, Posting
from fairmeter.audit.findings import Check, Finding
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.record import ChainRecord
from fairmeter.contracts.packing import unpack_verdicts
from fairmeter.model import ANY_AMOUNT, ANY_INTERVAL, Decision, Int64s, Reason, Rule, UInt8s, Utility

FIELDS: Final = ("bill", "class", "rule", "version", "value", "threshold")
"""Of what the contract says of a rule that fires."""
REFUSED: Final = (Reason.OVERLAP, Reason.WRONG_UTILITY, Reason.BAD_REPLACEMENT)
"""Of bills that judging found void: they never had their days."""
NONE: Final = (ANY_AMOUNT, 0, ANY_INTERVAL, 0)
"""Largest amount, shortest and longest interval, alone: where no rules were set."""


class Screened:
    """Every judged bill of a run against the rules of its class at its posting."""

    def __init__(self, record: ChainRecord, batches: Batches, parameters: Parameters) -> None:
        self._set = [one for _, one in record.decoded("ScreeningRules", "RulesSet")]
        told = record.columns("ScreeningRules", "RuleFired")
        self._told = np.stack([told[name] for name in FIELDS], axis=1)
        self._parameters = parameters
        self._decided: dict[int, UInt8s] = {}
        self._fired: list[Int64s] = [np.zeros((0, len(FIELDS)), np.int64)]
        self._alone: list[Int64s] = [np.zeros(0, np.int64)]
        self._bills = 0
        if self._set:
            self._days = _Days(record, batches)
            for judging in batches.judgings:
                self._judge(judging)

    def decided(self, judging: Judging) -> UInt8s:
        """(n,) what became of a batch's decisions."""
        decision: UInt8s = unpack_verdicts(judging.verdicts).decision
        return self._decided.get(judging.posting.batch, decision)

    def corrected(self, bills: Int64s, decision: UInt8s) -> UInt8s:
        """(n,) where corrected verdicts with these decisions put `bills` (n,), given what fired at their judging."""
        alone = np.isin(bills, np.concatenate(self._alone))
        ruled = np.where(alone, Decision.PAY, decision)
        fired = np.isin(bills, np.concatenate(self._fired)[:, 0])
        return np.where(fired, Decision.APPEAL, ruled).astype(np.uint8)

    def check(self, scenario: Mapping[str, Any]) -> Check:
        """Every rule that fired, as the contract said it in order, and the rules that the scenario asked for."""
        told, asked = [_told(one) for one in self._set], [_asked(one) for one in scenario.get("screening", ())]
        findings = []
        if told != asked:
            findings.append(Finding("screening", "manifest.json, scenario, screening", str(told), str(asked)))
        ours = np.concatenate(self._fired)
        for place in range(max(len(ours), len(self._told))):
            row, other = (tuple(each[place].tolist()) if place < len(each) else () for each in (ours, self._told))
            if row != other:
                findings.append(Finding("screening", f"rule {place} that fired", _text(row), _text(other)))
                break
        detail = f"bills of classes with screening rules, and the {len(ours):,} rules that fired"
        return Check("screening", detail, self._bills, tuple(findings))

    def _judge(self, judging: Judging) -> None:
        posting, bills = judging.posting, judging.posting.bills
        interval = self._days.of(judging)
        classes = self._parameters.classes(posting.accounts, posting.transaction)
        most, shortest, longest, ruling = self._bounds(posting, classes).T
        alone = (ruling > 0) & ~self._parameters.signed_only(posting)
        amount, known = bills.amount.astype(np.int64), interval > 0
        values = np.stack([amount, interval, interval], axis=1)
        bounds = np.stack([most, shortest, longest], axis=1)
        fired = np.stack([amount > most, known & (interval < shortest), known & (interval > longest)], axis=1)
        row, rule = np.nonzero(fired)
        ids = (np.int64(posting.batch) << 16) + np.arange(len(bills))
        version = np.full(len(row), posting.parameter_version)
        columns = [ids[row], classes[row], np.array(list(Rule))[rule], version, values[fired], bounds[fired]]
        self._fired.append(np.stack(columns, axis=1).astype(np.int64))
        self._alone.append(ids[alone])
        self._bills += int((np.stack([most, shortest, longest], axis=1) != NONE[:3]).any(axis=1).sum())
        ruled = np.where(alone, Decision.PAY, unpack_verdicts(judging.verdicts).decision)
        self._decided[posting.batch] = np.where(fired.any(axis=1), Decision.APPEAL, ruled).astype(np.uint8)

    def _bounds(self, posting: Posting, classes: Int64s) -> Int64s:
        """(n, 4) as NONE, of each bill by its class."""
        known, place = np.unique(classes, return_inverse=True)
        return np.array([self._rules(posting, class_) for class_ in known.tolist()], np.int64)[place]

    def _rules(self, posting: Posting, class_: int) -> tuple[int, ...]:
        """As NONE: the newest that were set for the class up to the posting's version."""
        own = [
            one["rules"]
            for one in self._set
            if (one["utility"], one["class"]) == (posting.utility, class_)
            and one["version"] <= posting.parameter_version
        ]
        return tuple(int(own[-1][name]) for name in ("amount", "shortest", "longest", "alone")) if own else NONE


class _Days:
    """The last day billed of each account, as batches are judged one after another."""

    def __init__(self, record: ChainRecord, batches: Batches) -> None:
        voided = record.ledger("BillVoided")
        refused, cancelled = np.isin(voided["reason"], REFUSED), voided["reason"] == Reason.CANCELLED
        self._refused = voided["bill"][refused]
        self._cancelled, self._cancelled_at = voided["bill"][cancelled], voided["transaction"][cancelled]
        self._accounts = np.unique(np.concatenate([one.accounts for one in batches.postings]))
        self._through = np.zeros(len(self._accounts), np.int64)

    def of(self, judging: Judging) -> Int64s:
        """(n,) days from the last one billed before each bill of the next batch, in the batch too, to its own last; 0
        where there is none before, or the bill does not begin after it."""
        bills = judging.posting.bills
        start, last = bills.start.astype(np.int64), bills.start.astype(np.int64) + bills.days - 1
        place = np.searchsorted(self._accounts, judging.posting.accounts)
        before = self._through[place]
        # few accounts have two bills in a batch: of those one bill after another
        several = np.flatnonzero(np.isin(place, _twice(place)))
        latest: dict[int, int] = {}
        for row in several.tolist():
            before[row] = latest.get(int(place[row]), int(before[row]))
            if start[row] > before[row]:
                latest[int(place[row])] = int(last[row])
        np.maximum.at(self._through, place, np.where(self._took(judging), last, 0))
        return np.where((before > 0) & (start > before), last - before, 0)

    def _took(self, judging: Judging) -> Any:
        """(n,) which bills of a batch had their days."""
        ids = (np.int64(judging.posting.batch) << 16) + np.arange(len(judging.words))
        earlier = self._cancelled[self._cancelled_at < judging.transaction]
        return ~np.isin(ids, self._refused) & ~np.isin(ids, earlier)


def _twice(values: Int64s) -> Int64s:
    found, count = np.unique(values, return_counts=True)
    return np.asarray(found[count > 1])


def _told(one: Mapping[str, Any]) -> tuple[object, ...]:
    rules = one["rules"]
    bounds = tuple(int(rules[name]) for name in ("amount", "shortest", "longest"))
    return Utility(one["utility"]).label, one["class"], *bounds, bool(rules["alone"]), bytes(rules["source"]).hex()


def _asked(one: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(one.get(name) for name in ("utility", "number", "amount", "shortest", "longest", "alone", "source"))


def _text(row: tuple[int, ...]) -> str:
    if not row:
        return "none"
    bill, class_, rule, version, value, threshold = row
    name = Rule(rule).name.lower().replace("_", " ")
    where = f"bill {bill & 0xFFFF} of batch {bill >> 16}, class {class_}, version {version}"
    return f"{name} of {where}: {value} beyond {threshold}"
