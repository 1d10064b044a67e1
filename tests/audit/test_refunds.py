"""Refunds followed by their events: an honest run passes, and each rule notices the event that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.audit.conftest import Row, logs_of, named, rebuilt_of, with_word, word_of

from fairmeter.audit.refunds import REFUNDS, check_refunds
from fairmeter.bundle import Bundle
from fairmeter.contracts.refunding import Department
from fairmeter.simulation import load_scenario, run
from fairmeter.usage import write_fleet

SCENARIO = Path(__file__).resolve().parents[2] / "docs" / "scenarios" / "refunds.toml"


@pytest.fixture(scope="module")
def refunded(fastest: str, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("refunds")
    fleet = write_fleet(folder / "fleet", 30, 14, seed=5)
    run(*fleet, folder / "out", engine=fastest, scenario=load_scenario(SCENARIO))
    return Bundle(folder / "out")


@pytest.fixture(scope="module")
def rows(refunded: Bundle) -> list[Row]:
    return logs_of(refunded)


@pytest.fixture(scope="module")
def broken(refunded: Bundle) -> Callable[[list[Row]], set[str]]:
    """The rules that a run with these logs breaks, by its events alone."""

    def found(logs: list[Row]) -> set[str]:
        return {check.name for check in check_refunds(rebuilt_of(refunded, logs), None, None) if check.findings}

    return found


def test_check_refunds__a_run_with_bad_actors__breaks_nothing(
    broken: Callable[[list[Row]], set[str]], rows: list[Row]
) -> None:
    assert broken(rows) == set()


@pytest.mark.parametrize(
    ("event", "contract", "parameter", "change", "expected"),
    [
        ("RefundRequested", "RefundDesk", "amount", lambda _: 2**47, {"REFUND-01", "REFUND-03"}),
        ("RefundRequested", "RefundDesk", "version", lambda value: value + 1, {"REFUND-04"}),
        ("RefundRequested", "RefundDesk", "requester", lambda _: 7, {"REFUND-02"}),
        ("RefundForwarded", "RefundDesk", "marketing", lambda _: 7, {"REFUND-02"}),
        ("RefundCompleted", "RefundDesk", "finance", lambda _: 7, {"REFUND-02"}),
        ("RefundCompleted", "RefundDesk", "amount", lambda value: value + 1, {"REFUND-03"}),
        ("RefundReserved", "PaymentLedger", "amount", lambda value: value - 1, {"REFUND-03"}),
        ("RefundPaid", "PaymentLedger", "amount", lambda value: value + 1, {"REFUND-03"}),
        ("RefundReleased", "PaymentLedger", "amount", lambda value: value + 1, {"REFUND-03"}),
    ],
)
def test_check_refunds__one_event_changed__noticed(
    broken: Callable[[list[Row]], set[str]],
    rows: list[Row],
    event: str,
    contract: str,
    parameter: str,
    change: Callable[[int], int],
    expected: set[str],
) -> None:
    place = next(named(rows, contract, event))
    assert broken(with_word(rows, place, word_of(contract, event, parameter), change)) >= expected


@pytest.mark.parametrize(
    ("event", "contract", "expected"),
    [
        ("RefundForwarded", "RefundDesk", {"REFUND-03", "REFUND-04"}),
        ("RefundEscalated", "RefundDesk", {"REFUND-02"}),
        ("RefundSigned", "RefundDesk", {"REFUND-02"}),
        ("RefundReserved", "PaymentLedger", {"REFUND-03"}),
        ("RefundPaid", "PaymentLedger", {"REFUND-03"}),
    ],
)
def test_check_refunds__one_event_left_out__noticed(
    broken: Callable[[list[Row]], set[str]], rows: list[Row], event: str, contract: str, expected: set[str]
) -> None:
    number = next(named(rows, contract, event))
    assert broken(rows[:number] + rows[number + 1 :]) >= expected


def test_check_refunds__who_forwarded_it_pays_it__noticed(
    broken: Callable[[list[Row]], set[str]], rows: list[Row]
) -> None:
    """The reviewer is of finance as well: only that it has forwarded the order stands against it."""
    place = next(named(rows, "RefundDesk", "RefundCompleted"))
    bill = rows[place]["topics"][32:64]
    forwarded = next(one for one in named(rows, "RefundDesk", "RefundForwarded") if rows[one]["topics"][32:64] == bill)
    reviewer = int.from_bytes(rows[forwarded]["data"][32:64], "big")
    word = word_of("RefundDesk", "RefundCompleted", "finance")
    assert broken(with_word(rows, place, word, lambda _: reviewer)) == {"REFUND-02"}


def test_check_refunds__a_department_without_its_people__noticed(
    broken: Callable[[list[Row]], set[str]], rows: list[Row]
) -> None:
    granted = named(rows, "Governance", "RoleGranted")
    finance = {n for n in granted if rows[n]["topics"][56:60] == int(Department.FINANCE_HEAD).to_bytes(4, "big")}
    assert finance
    assert broken([row for number, row in enumerate(rows) if number not in finance]) == {"REFUND-02"}


def test_check_refunds__paid_twice__noticed(broken: Callable[[list[Row]], set[str]], rows: list[Row]) -> None:
    again = [{**rows[next(named(rows, contract, name))], "log": 99} for contract, name in _COMPLETED]
    assert broken([*rows, *again]) >= {"REFUND-04"}


_COMPLETED = (("RefundDesk", "RefundCompleted"), ("PaymentLedger", "RefundPaid"))


def test_check_refunds__every_number__in_order() -> None:
    assert list(REFUNDS) == [f"REFUND-{number:02}" for number in range(1, len(REFUNDS) + 1)]
