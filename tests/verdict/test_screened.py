from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.model import Bills, ClassRules, Decision, Usage, Utility
from fairmeter.verdict import Judgements
from fairmeter.verdict.policies import Progress
from fairmeter.verdict.screened import ScreeningPolicy

DECISIONS = (Decision.PAY, Decision.APPEAL, Decision.INSUFFICIENT)
RULES = {(int(Utility.WATER), 1): ClassRules(5_000, 20, 40), (int(Utility.WATER), 2): ClassRules(9_000, alone=True)}


@dataclass(frozen=True)
class Said:
    """A policy that has made up its mind."""

    decision: tuple[Decision, ...]
    name: str = "said"

    def judge(self, usage: Usage, bills: Bills, progress: Progress | None = None) -> Judgements:
        del usage, progress
        zeros = np.zeros(len(bills), np.int64)
        appealed = [row for row, one in enumerate(self.decision) if one is Decision.APPEAL]
        decision = np.array(self.decision, np.uint8)
        reasons = tuple(f"bill {row}" for row in appealed)
        return Judgements(decision, zeros.astype(np.float64), zeros, zeros, zeros, zeros > 0, reasons)


def no_usage() -> Usage:
    return Usage(
        customer=np.zeros(0, np.int32),
        utility=np.zeros(0, np.uint8),
        day=np.zeros(0, np.int32),
        quantity=np.zeros(0, np.int64),
        customers=(),
    )


def bills_of(amounts: list[int], starts: list[int]) -> Bills:
    """One customer's, of ten days each."""
    count, start = len(amounts), np.array(starts, np.int32)
    zeros = np.zeros(count, np.int32)
    return Bills(
        bill_id=np.arange(count),
        customer=zeros,
        customers=("customer",),
        utility=np.full(count, Utility.WATER, np.uint8),
        supplier=zeros,
        suppliers=("supplier",),
        start=start,
        end=start + 9,
        quantity=np.ones(count, np.int64),
        amount=np.array(amounts, np.int64),
    )


@given(
    st.lists(
        st.tuples(st.integers(1, 12_000), st.sampled_from(DECISIONS), st.sampled_from([0, 1, 2]), st.integers(10, 60)),
        min_size=1,
        max_size=20,
    )
)
def test_judge__any_bills__as_one_rule_after_another_says(rows: list[tuple[int, Decision, int, int]]) -> None:
    starts = np.cumsum([days for *_, days in rows]).tolist()
    bills, classes = bills_of([amount for amount, *_ in rows], starts), [class_ for *_, class_, _ in rows]
    policy = ScreeningPolicy(RULES, lambda _: np.array(classes, np.int64), Said(tuple(one for _, one, *_ in rows)))
    judged = policy.judge(no_usage(), bills)
    reasons = iter(judged.reasons)
    for row, (amount, said, class_, days) in enumerate(rows):
        rules = RULES.get((int(Utility.WATER), class_), ClassRules())
        between = days if row else 0
        broken = [amount > rules.amount, 0 < between < rules.shortest, between > rules.longest]
        expected = Decision.APPEAL if any(broken) else Decision.PAY if rules.alone else said
        assert judged.decision[row] == expected
        if expected is Decision.APPEAL:
            reason = next(reasons)
            assert reason.count("the class has") == sum(broken)
            assert any(broken) or reason == f"bill {row}"
    assert next(reasons, None) is None


def test_judge__a_bill_beyond_its_bounds__says_which_and_by_how_much() -> None:
    policy = ScreeningPolicy(RULES, lambda bills: np.ones(len(bills), np.int64), Said((Decision.PAY,) * 2))
    judged = policy.judge(no_usage(), bills_of([4_000, 6_543], [100, 112]))
    assert judged.reasons == (
        "65.43 where the class has at most 50.00; 12 days since the bill before, where the class has at least 20",
    )
