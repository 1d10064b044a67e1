"""Refunds followed by their events: an honest run passes, and each rule notices the event that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from fairmeter.audit.batches import Batches, read_batches
from fairmeter.audit.money import Rebuilt
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.record import ChainRecord
from fairmeter.audit.refunds import REFUNDS, check_refunds
from fairmeter.bundle import SCHEMAS, Bundle
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.refunding import Department
from fairmeter.simulation import load_scenario, run
from fairmeter.usage import write_fleet

if TYPE_CHECKING:
    Row = dict[str, Any]

SCENARIO = Path(__file__).resolve().parents[2] / "docs" / "scenarios" / "refunds.toml"


@pytest.fixture(scope="module")
def refunded(fastest: str, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("refunds")
    fleet = write_fleet(folder / "fleet", 30, 14, seed=5)
    run(*fleet, folder / "out", engine=fastest, scenario=load_scenario(SCENARIO))
    return Bundle(folder / "out")


@pytest.fixture(scope="module")
def rows(refunded: Bundle) -> list[Row]:
    return [row for group in refunded.row_groups("logs") for row in group.to_pylist()]


@pytest.fixture(scope="module")
def broken(refunded: Bundle) -> Callable[[list[Row]], set[str]]:
    """The rules that a run with these logs breaks, by its events alone."""
    contracts = {name: bytes.fromhex(address[2:]) for name, address in refunded.manifest["contracts"].items()}
    times = refunded.table("transactions")["timestamp"].to_numpy()

    def found(logs: list[Row]) -> set[str]:
        record = ChainRecord([pa.Table.from_pylist(logs, schema=SCHEMAS["logs"])], contracts, times)
        batches = read_batches(refunded, record, Parameters(record).presets)
        assert isinstance(batches, Batches)
        return {check.name for check in check_refunds(Rebuilt.of(record, batches), None, None) if check.findings}

    return found


def _named(rows: list[Row], event: str, contract: str) -> list[int]:
    topic = interface(contract).topic(event)
    return [number for number, row in enumerate(rows) if row["topics"][:32] == topic]


def _word(rows: list[Row], event: str, contract: str, parameter: str) -> tuple[int, int, int]:
    """Which log, which word of its data a parameter of the contract's first such event is, and what it says."""
    number = _named(rows, event, contract)[0]
    plain = [one["name"] for one in interface(contract).event(event)["inputs"] if not one["indexed"]]
    place = plain.index(parameter)
    return number, place, int.from_bytes(rows[number]["data"][32 * place :][:32], "big")


def _with(rows: list[Row], number: int, place: int, value: int) -> list[Row]:
    data = rows[number]["data"]
    changed = data[: 32 * place] + value.to_bytes(32, "big") + data[32 * place + 32 :]
    return [*rows[:number], {**rows[number], "data": changed}, *rows[number + 1 :]]


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
    number, place, value = _word(rows, event, contract, parameter)
    assert broken(_with(rows, number, place, change(value))) >= expected


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
    number = _named(rows, event, contract)[0]
    assert broken(rows[:number] + rows[number + 1 :]) >= expected


def test_check_refunds__who_forwarded_it_pays_it__noticed(
    broken: Callable[[list[Row]], set[str]], rows: list[Row]
) -> None:
    """The reviewer is of finance as well: only that it has forwarded the order stands against it."""
    number, place, _ = _word(rows, "RefundCompleted", "RefundDesk", "finance")
    bill = rows[number]["topics"][32:64]
    forwarded = [one for one in _named(rows, "RefundForwarded", "RefundDesk") if rows[one]["topics"][32:64] == bill]
    reviewer = int.from_bytes(rows[forwarded[0]]["data"][32:64], "big")
    assert broken(_with(rows, number, place, reviewer)) == {"REFUND-02"}


def test_check_refunds__a_department_without_its_people__noticed(
    broken: Callable[[list[Row]], set[str]], rows: list[Row]
) -> None:
    granted = _named(rows, "RoleGranted", "Governance")
    finance = {n for n in granted if rows[n]["topics"][56:60] == int(Department.FINANCE_HEAD).to_bytes(4, "big")}
    assert finance
    assert broken([row for number, row in enumerate(rows) if number not in finance]) == {"REFUND-02"}


def test_check_refunds__paid_twice__noticed(broken: Callable[[list[Row]], set[str]], rows: list[Row]) -> None:
    again = [{**rows[_named(rows, name, contract)[0]], "log": 99} for name, contract in _COMPLETED]
    assert broken([*rows, *again]) >= {"REFUND-04"}


_COMPLETED = (("RefundCompleted", "RefundDesk"), ("RefundPaid", "PaymentLedger"))


def test_check_refunds__every_number__in_order() -> None:
    assert list(REFUNDS) == [f"REFUND-{number:02}" for number in range(1, len(REFUNDS) + 1)]
