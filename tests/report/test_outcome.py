"""Amounts by state from events, against a ledger of one bill that is followed step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.bundle import SCHEMAS
from fairmeter.contracts.artifacts import CONTRACTS, interface
from fairmeter.errors import BundleError
from fairmeter.model import Reason
from fairmeter.report.outcome import APPEALS, STATES, Outcomes

ADDRESSES = {name: bytes([number]) * 20 for number, name in enumerate(CONTRACTS, 1)}
AMOUNT = 1_000
BATCH = 3

Emitted = tuple[str, str, int, tuple[int, ...]]
"""Contract, event, bill, and the values of the parameters that are not indexed."""


@dataclass
class Life:
    """One bill: what was emitted about it, and where its amount stands."""

    bill: int
    emitted: list[Emitted] = field(default_factory=list)
    stands: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))
    judged: bool = True
    appeal: str | None = None

    def tell(self, event: str, *values: int) -> None:
        contract = "AppealRegistry" if event in APPEALS else "PaymentLedger"
        self.emitted.append((contract, event, self.bill, values))

    def unjudged(self) -> None:
        self.judged = False
        self.stands["unjudged"] = AMOUNT

    def cancelled_unjudged(self) -> None:
        self.judged = False
        self.tell("BillVoided", AMOUNT, Reason.CANCELLED, 0)
        self.stands["void"] = AMOUNT

    def paid(self) -> None:
        self.tell("BillPending", AMOUNT)
        self.stands["pending"] = AMOUNT

    def paid_and_cancelled(self) -> None:
        self.tell("BillPending", AMOUNT)
        self.tell("BillVoided", AMOUNT, Reason.CANCELLED, AMOUNT)
        self.stands["void"] = AMOUNT

    def overlapping(self) -> None:
        self.tell("BillVoided", AMOUNT, Reason.OVERLAP, 0)
        self.stands["void"] = AMOUNT

    def waiting(self) -> None:
        self.tell("BillWaiting", AMOUNT)
        self.stands["waiting"] = AMOUNT

    def waiting_and_confirmed(self) -> None:
        self.tell("BillWaiting", AMOUNT)
        self.tell("BillPaid", AMOUNT, 0, 0, 0, 0)
        self.stands["settled"] = AMOUNT

    def in_arrears(self) -> None:
        self.tell("ArrearsOpened", AMOUNT, Reason.BALANCE)
        self.tell("BillPaid", 0, 0, 300, 0, 0)
        self.stands |= {"arrears": AMOUNT - 300, "settled": 300}

    def collected_in_time(self) -> None:
        self.tell("ArrearsOpened", AMOUNT, Reason.CAP_PER_MONTH)
        self.tell("BillPaid", AMOUNT, 0, 0, 0, 1)
        self.stands["pending"] = AMOUNT

    def partly_paid_and_cancelled(self) -> None:
        self.tell("ArrearsOpened", AMOUNT, Reason.BALANCE)
        self.tell("BillPaid", 400, 0, 0, 0, 0)
        self.tell("BillVoided", AMOUNT - 400, Reason.CANCELLED, 0)
        self.stands |= {"settled": 400, "void": AMOUNT - 400}

    def held(self) -> None:
        self.tell("BillHeld", 700)
        self.tell("AppealOpened", 0, 0, 0)
        self.stands["held"], self.appeal = AMOUNT, "open"

    def held_and_expired(self) -> None:
        self.tell("BillHeld", 700)
        self.tell("AppealOpened", 0, 0, 0)
        self.tell("AppealExpired")
        self.tell("BillVoided", AMOUNT, Reason.EXPIRED, 700)
        self.stands["void"], self.appeal = AMOUNT, "expired"

    def held_and_adjusted(self) -> None:
        self.tell("BillHeld", 700)
        self.tell("AppealOpened", 0, 0, 0)
        self.tell("AdjustmentOffered", 5, 600, 0)
        self.tell("AdjustmentAccepted", 600)
        self.tell("BillPaid", 0, 600, 0, 100, 0)
        self.tell("BillVoided", AMOUNT - 600, Reason.ADJUSTED, 0)
        self.stands |= {"settled": 600, "void": AMOUNT - 600}
        self.appeal = "adjusted"

    def held_and_withdrawn_without_money(self) -> None:
        self.tell("BillHeld", 700)
        self.tell("AppealOpened", 0, 0, 0)
        self.tell("AppealWithdrawn")
        self.tell("BillPaid", 50, 700, 0, 0, 0)
        self.tell("ArrearsOpened", 250, Reason.APPEAL_SHORTFALL)
        self.stands |= {"settled": 750, "arrears": 250}
        self.appeal = "withdrawn"


LIVES = [name for name, value in vars(Life).items() if callable(value) and not name.startswith("_") and name != "tell"]


def _logs(emitted: Sequence[Emitted]) -> pa.Table:
    rows = []
    for number, (contract, event, bill, values) in enumerate(emitted):
        topics, data = interface(contract).topic(event), b""
        rest = iter(values)
        for parameter in interface(contract).event(event)["inputs"]:
            if parameter["indexed"]:
                topics += (bill if parameter["name"] == "bill" else 0).to_bytes(32, "big")
            else:
                data += int(bill if parameter["name"] == "bill" else next(rest)).to_bytes(32, "big")
        rows.append({"transaction": number, "log": 0, "address": ADDRESSES[contract], "topics": topics, "data": data})
    return pa.Table.from_pylist(rows, SCHEMAS["logs"])


def _lives(names: Sequence[str]) -> list[Life]:
    lives = [Life((BATCH << 16) | index) for index in range(len(names))]
    for life, name in zip(lives, names, strict=True):
        getattr(life, name)()
    return lives


def _outcomes(lives: Sequence[Life], part: int = 1) -> Outcomes:
    """Of the lives' logs, `part` of them read at a time."""
    outcomes = Outcomes(ADDRESSES, np.array([life.bill for life in lives], np.int64))
    logs = _logs([one for life in lives for one in life.emitted])
    for start in range(0, len(logs), part):
        outcomes.read(logs.slice(start, part))
    return outcomes


@given(
    st.lists(st.sampled_from(LIVES), min_size=1, max_size=12),
    st.booleans(),
    st.randoms(use_true_random=False),
    st.integers(1, 100),
)
def test_amounts_by_state__any_bills_read_in_any_parts__as_followed_one_by_one(
    names: list[str], released: bool, shuffle: object, part: int
) -> None:
    lives = _lives(names)
    shuffle.shuffle(lives)  # type: ignore[attr-defined]
    n = len(lives)
    judged = np.array([life.judged for life in lives])
    amounts = dict(_outcomes(lives, part).amounts_by_state(np.full(n, AMOUNT), judged, np.full(n, released)))
    for row, life in enumerate(lives):
        expected = dict(life.stands)
        if released:
            expected["settled"] += expected["pending"]
            expected["pending"] = 0
        assert {state: int(amounts[state][row]) for state in STATES} == expected, names


@given(st.lists(st.sampled_from(LIVES), min_size=1, max_size=12))
def test_amounts_by_state__any_bills__sum_to_what_was_billed(names: list[str]) -> None:
    lives = _lives(names)
    judged = np.array([life.judged for life in lives])
    released = np.zeros(len(lives), np.bool_)
    amounts = dict(_outcomes(lives).amounts_by_state(np.full(len(lives), AMOUNT), judged, released))
    assert np.sum([amounts[state] for state in STATES], axis=0).tolist() == [AMOUNT] * len(lives)


@given(st.lists(st.sampled_from(LIVES), min_size=1, max_size=12))
def test_appeals__any_bills__the_last_step_of_each(names: list[str]) -> None:
    lives = _lives(names)
    assert _outcomes(lives).appeals().to_list() == [life.appeal for life in lives]


def test_arrears__a_shortfall__its_reason_and_what_was_owed() -> None:
    lives = _lives(["paid", "held_and_withdrawn_without_money", "in_arrears"])
    reason, owed = _outcomes(lives).arrears()
    assert reason.to_list() == [None, Reason.APPEAL_SHORTFALL.name, Reason.BALANCE.name]
    assert owed.tolist() == [0, 250, AMOUNT]


def test_read__a_bill_that_is_not_there__refused() -> None:
    lives = _lives(["paid", "paid"])
    outcomes = Outcomes(ADDRESSES, np.array([lives[0].bill]))
    with pytest.raises(BundleError, match=rf"PaymentLedger.BillPending names bill {lives[1].bill}"):
        outcomes.read(_logs([one for life in lives for one in life.emitted]))


def test_read__another_contract_emits_the_same__not_counted() -> None:
    lives = _lives(["paid"])
    elsewhere = {**ADDRESSES, "PaymentLedger": bytes(20)}
    outcomes = Outcomes(elsewhere, np.array([lives[0].bill]))
    outcomes.read(_logs(lives[0].emitted))
    amounts = dict(outcomes.amounts_by_state(np.array([AMOUNT]), np.array([True]), np.array([False])))
    assert amounts["pending"].tolist() == [0]
