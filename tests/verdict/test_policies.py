from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fairmeter.model import Bills, Decision, Presets, Usage
from fairmeter.units import Ppm
from fairmeter.usage import fleet, reference_readings
from fairmeter.verdict import TrendPolicy, judge


@pytest.fixture(scope="module")
def billed() -> tuple[Usage, Bills]:
    return fleet(40, 15, 3)


def test_trend_policy__a_fleet__decides_as_the_verdict_and_gives_each_appeal_a_reason(
    billed: tuple[Usage, Bills],
) -> None:
    usage, bills = billed
    judged = TrendPolicy(Presets(first=Ppm(100_000)), reference_readings).judge(usage, bills)
    verdicts = judge(
        reference_readings(usage, bills), bills.quantity, bills.days, first_preset=100_000, second_preset=0, degree=2
    )
    assert np.array_equal(judged.decision, verdicts.decision)
    assert np.array_equal(np.isnan(judged.score), verdicts.decision == Decision.INSUFFICIENT)
    assert len(judged.reasons) == (judged.decision == Decision.APPEAL).sum() > 0
    assert all("was expected" in reason for reason in judged.reasons)


def test_trend_policy__quantity_at_the_high_end__just_payable(billed: tuple[Usage, Bills]) -> None:
    usage, bills = billed
    policy = TrendPolicy(Presets(second=Ppm(-1_000_000)), reference_readings)
    judged = policy.judge(usage, bills)
    high = np.maximum(judged.high, 1)
    for scale, decision in ((0.999, Decision.PAY), (1.001, Decision.APPEAL)):
        known = judged.known & (judged.high > 100_000)
        changed = dataclasses.replace(bills, quantity=np.where(known, (high * scale).astype(np.int64), bills.quantity))
        assert np.all(policy.judge(usage, changed).decision[known] == decision)
