"""The invariants rebuilt from events: an honest run keeps each of them, and each notices the event that breaks it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.audit.conftest import Row, broken_invariants, logs_of, named, with_word, word_of

from fairmeter.audit.invariants import INVARIANTS
from fairmeter.bundle import Bundle
from fairmeter.contracts.artifacts import interface
from fairmeter.model import Reason

APPEALED = (2 << 16, 3 << 16 | 2, 4 << 16)


@pytest.fixture(scope="module")
def rows(honest: Path) -> list[Row]:
    return logs_of(Bundle(honest))


def broken(honest: Path, rows: list[Row]) -> set[str]:
    return broken_invariants(Bundle(honest), rows)


def place_of(event: str, parameter: str) -> int:
    """Which word of the event's data a parameter is; of TariffSet's blocks, the first one's price."""
    if parameter == "price":
        return 6
    return word_of("PaymentLedger", event, parameter)


def test_check_invariants__honest_run__none_is_broken(honest: Path, rows: list[Row]) -> None:
    assert broken(honest, rows) == set()


@pytest.mark.parametrize(
    ("event", "parameter", "amount", "expected"),
    [
        ("Deposited", "amount", -(2**20), {"INV-10"}),
        ("Deposited", "amount", 2**40, {"INV-01"}),
        ("BillPending", "amount", 1, {"INV-03", "INV-04"}),
        ("BillPending", "amount", -1, {"INV-04", "INV-09"}),
        ("BillPending", "amount", 2**40, {"INV-03", "INV-05", "INV-10"}),
        ("BillHeld", "held", 2**40, {"INV-10"}),
        ("BillWaiting", "amount", 1, {"INV-03", "INV-04"}),
        ("ArrearsOpened", "owed", -1, {"INV-04"}),
        ("BatchReleased", "amount", 1, {"INV-09"}),
        ("BillPaid", "fromBalance", 1, {"INV-03"}),
        ("CreditWithdrawn", "amount", 1, {"INV-11"}),
        ("MandateGranted", "capPerBill", -(10**4) * 100, {"INV-05"}),
        ("MandateGranted", "lastDay", -(2**14), {"INV-05"}),
        ("AgentAgreed", "amount", 2**40, {"INV-05"}),
        ("AgentAgreed", "agent", 1, {"INV-05"}),
        ("TariffSet", "price", 1, {"INV-06"}),
    ],
)
def test_check_invariants__one_event_changed__noticed(
    honest: Path, rows: list[Row], event: str, parameter: str, amount: int, expected: set[str]
) -> None:
    number = next(named(rows, "PaymentLedger", event))
    found = broken(honest, with_word(rows, number, place_of(event, parameter), lambda value: max(value + amount, 0)))
    assert found >= expected, found


def test_check_invariants__paid_twice__noticed(honest: Path, rows: list[Row]) -> None:
    number = next(named(rows, "PaymentLedger", "BillPaid"))
    again = {**rows[number], "log": 99}
    assert broken(honest, [*rows[: number + 1], again, *rows[number + 1 :]]) >= {"INV-03"}


def test_check_invariants__released_twice__noticed(honest: Path, rows: list[Row]) -> None:
    number = next(named(rows, "PaymentLedger", "BatchReleased"))
    assert broken(honest, [*rows, {**rows[number], "log": 99}]) >= {"INV-09"}


def test_check_invariants__appeal_paid_without_the_customers_word__noticed(honest: Path, rows: list[Row]) -> None:
    words = [*named(rows, "AppealRegistry", "AppealWithdrawn"), *named(rows, "AppealRegistry", "AdjustmentAccepted")]
    assert len(words) == len(APPEALED)
    assert [broken(honest, rows[:number] + rows[number + 1 :]) for number in words] == [{"INV-12"}] * len(words)


def test_check_invariants__paid_though_appealed__noticed(honest: Path, rows: list[Row]) -> None:
    """An APPEAL verdict's bill goes the way of a PAY verdict's."""
    number = next(named(rows, "PaymentLedger", "BillHeld"))
    topics = interface("PaymentLedger").topic("BillPending") + rows[number]["topics"][32:]
    forged = {**rows[number], "topics": topics}
    assert broken(honest, [*rows[:number], forged, *rows[number + 1 :]]) >= {"INV-04"}


def test_check_invariants__currency_taken_out__noticed(honest: Path, rows: list[Row]) -> None:
    ledger = bytes.fromhex(Bundle(honest).manifest["contracts"]["PaymentLedger"][2:])
    number = next(
        number
        for number in named(rows, "DigitalCurrency", "Transfer")
        if rows[number]["topics"][-20:] == ledger  # a deposit
    )
    assert broken(honest, rows[:number] + rows[number + 1 :]) >= {"INV-01"}


def test_check_invariants__mandate_gone__noticed(honest: Path, rows: list[Row]) -> None:
    granted = set(named(rows, "PaymentLedger", "MandateGranted"))
    assert broken(honest, [row for number, row in enumerate(rows) if number not in granted]) == {"INV-05"}


def test_check_invariants__a_void_event_left_out__noticed(honest: Path, rows: list[Row]) -> None:
    """Without its adjustment's void part the bill's parts still sum up, but its hold is not given back."""
    number = next(named(rows, "PaymentLedger", "BillVoided"))
    place = place_of("BillVoided", "reason")
    reason = int.from_bytes(rows[number]["data"][32 * place : 32 * place + 32], "big")
    assert reason == Reason.ADJUSTED
    changed = with_word(rows, number, place_of("BillVoided", "amount"), lambda value: value + 1)
    assert broken(honest, changed) >= {"INV-03"}


def test_check_invariants__every_number__unique_and_without_a_gap() -> None:
    assert list(INVARIANTS) == [f"INV-{number:02}" for number in range(1, len(INVARIANTS) + 1)]
    assert np.unique([text for text, _ in INVARIANTS.values()]).size == len(INVARIANTS)
