"""Screening rules as a verdict policy: alone in the classes whose rules say so, beside another policy in the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from fairmeter.model import Bills, Bools, ClassRules, Decision, Int64s, Rule, Usage
from fairmeter.verdict.policies import Judgements, Progress, VerdictPolicy
from fairmeter.verdict.screening import decided, fires, since_last_bill


@dataclass(frozen=True, slots=True)
class ScreeningPolicy:
    """What a rule fires on is appealed whatever `beside` says; where a class has rules that decide alone, what keeps to
    them is paid. Scores and expectations are those of `beside`."""

    rules: Mapping[tuple[int, int], ClassRules]
    """By utility and class."""
    classes: Callable[[Bills], Int64s]
    """(n,) the class of each bill's account."""
    beside: VerdictPolicy

    @property
    def name(self) -> str:
        """screening, with the other policy's."""
        return f"screening, {self.beside.name}"

    def judge(self, usage: Usage, bills: Bills, progress: Progress | None = None) -> Judgements:
        """As `VerdictPolicy.judge`. The days between bills are counted among these bills alone."""
        judged, of = self.beside.judge(usage, bills, progress), self._of(bills)
        interval, fired = self._fired(bills, of)
        decision = decided(judged.decision, np.asarray(fired.any(axis=1)), of[3] > 0)
        reasons = iter(judged.reasons)
        said = [next(reasons) if appealed else "" for appealed in (judged.decision == Decision.APPEAL).tolist()]
        appealed = np.flatnonzero(decision == Decision.APPEAL).tolist()
        told = tuple(self._reason(bills, row, interval, fired, of) or said[row] for row in appealed)
        return dataclasses.replace(judged, decision=decision, reasons=told)

    def _fired(self, bills: Bills, of: tuple[Int64s, Int64s, Int64s, Int64s]) -> tuple[Int64s, Bools]:
        """(n,) days since the bill before, 0 of a first one; (n, len(Rule)) which rules fire."""
        interval = np.maximum(np.nan_to_num(since_last_bill(bills)), 0).astype(np.int64)
        return interval, fires(bills.amount, interval, of[:3])

    def _of(self, bills: Bills) -> tuple[Int64s, Int64s, Int64s, Int64s]:
        """(n,) each: largest amount, shortest and longest interval, and whether these decide alone."""
        keys = np.stack([bills.utility.astype(np.int64), self.classes(bills)], axis=1)
        pairs, which = np.unique(keys, axis=0, return_inverse=True)
        rows = [self.rules.get((utility, class_), ClassRules()) for utility, class_ in pairs.tolist()]
        table = np.array([(one.amount, one.shortest, one.longest, one.alone) for one in rows], np.int64)
        amount, shortest, longest, alone = table[which.ravel()].T
        return amount, shortest, longest, alone

    def _reason(self, bills: Bills, row: int, interval: Int64s, fired: Bools, of: tuple[Int64s, ...]) -> str:
        """Of each rule that fired; nothing where none did."""
        amount, shortest, longest, _ = (int(bound[row]) for bound in of)
        days = int(interval[row])
        texts = {
            Rule.AMOUNT: f"{int(bills.amount[row]) / 100:,.2f} where the class has at most {amount / 100:,.2f}",
            Rule.TOO_SOON: f"{days} days since the bill before, where the class has at least {shortest}",
            Rule.TOO_LATE: f"{days} days since the bill before, where the class has at most {longest}",
        }
        return "; ".join(text for text, told in zip(texts.values(), fired[row].tolist(), strict=True) if told)
