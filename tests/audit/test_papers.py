"""A run's papers followed by their events: an honest run passes, each rule notices what breaks it, and the index finds
the gaps that the scenario made."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.audit.conftest import Row, logs_of, rebuilt_of

from fairmeter import report
from fairmeter.audit.papers import PAPERS, Papers
from fairmeter.bundle import Bundle
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.papering import NAME, documents_of
from fairmeter.papers.kinds import Defect, Kind
from fairmeter.simulation import load_scenario, run
from fairmeter.tracing.filling import catch_up
from fairmeter.tracing.questions import Question, ask
from fairmeter.tracing.sources import BundleSource
from fairmeter.tracing.store import Store
from fairmeter.usage import write_fleet

SCENARIO = Path(__file__).resolve().parents[2] / "docs" / "scenarios" / "back-office.toml"
Broken = Callable[[list[Row]], set[str]]


@pytest.fixture(scope="module")
def papers(fastest: str, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("papers")
    fleet = write_fleet(folder / "fleet", 30, 14, seed=5)
    run(*fleet, folder / "out", engine=fastest, scenario=load_scenario(SCENARIO))
    return Bundle(folder / "out")


@pytest.fixture(scope="module")
def rows(papers: Bundle) -> list[Row]:
    return logs_of(papers)


@pytest.fixture(scope="module")
def broken(papers: Bundle) -> Broken:
    """The rules that a run with these logs breaks, by its events alone."""

    def found(logs: list[Row]) -> set[str]:
        checks = Papers(papers, rebuilt_of(papers, logs), papers.manifest["chain"]["chain_id"]).checks(None)
        return {check.name for check in checks if check.findings}

    return found


def _places(papers: Bundle, rows: list[Row], kind: Kind, defect: Defect = Defect.NONE) -> list[int]:
    """Which logs are such documents."""
    topic = interface(NAME).topic("Documented")
    places = [number for number, row in enumerate(rows) if row["topics"] == topic]
    address = bytes.fromhex(papers.manifest["contracts"][NAME][2:])
    found = documents_of(papers.table("logs"), address)
    pairs = zip(found.kind.tolist(), found.defect.tolist(), strict=True)
    return [place for place, pair in zip(places, pairs, strict=True) if pair == (kind, defect)]


def _changed(rows: list[Row], place: int, byte: int, to: int) -> list[Row]:
    """One byte of a log's data."""
    data = bytearray(rows[place]["data"])
    data[byte] = to
    return [*rows[:place], {**rows[place], "data": bytes(data)}, *rows[place + 1 :]]


def test_checks__a_run_with_bad_actors__breaks_nothing(broken: Broken, rows: list[Row]) -> None:
    assert broken(rows) == set()


def test_checks__a_document_left_out__noticed(broken: Broken, rows: list[Row], papers: Bundle) -> None:
    place = _places(papers, rows, Kind.TAX_CHECK)[0]
    assert broken([*rows[:place], *rows[place + 1 :]]) >= {"PAPER-01", "PAPER-03"}


@pytest.mark.parametrize(
    ("kind", "byte", "to", "expected"),
    [
        (Kind.VERIFICATION, 2, 0xFF, "PAPER-01"),  # rests on what there is not
        (Kind.INVOICE, 64, 0xFF, "PAPER-03"),  # a content that nobody has
        (Kind.PAID, 38, 0xFF, "PAPER-02"),  # over more than was settled
        (Kind.PAID, 64, 0xFF, "PAPER-02"),
        (Kind.PAYMENT, 3, 1, "PAPER-01"),  # returned under a paid voucher
    ],
)
def test_checks__one_byte_changed__noticed(
    broken: Broken, rows: list[Row], papers: Bundle, kind: Kind, byte: int, to: int, expected: str
) -> None:
    assert expected in broken(_changed(rows, _places(papers, rows, kind)[0], byte, to))


def test_checks__one_person_on_two_levels__noticed(broken: Broken, rows: list[Row]) -> None:
    """Every second approver is, as another appointment would have it, the supplier's first."""
    topic = interface(NAME).topic("StaffAppointed")
    places = [number for number, row in enumerate(rows) if row["topics"][:32] == topic]
    duties = {place: int.from_bytes(rows[place]["data"][32:], "big") for place in places}
    first = next(place for place, one in duties.items() if one == 1 << Kind.FIRST_APPROVAL)
    changed = rows
    for place in [place for place, one in duties.items() if one == 1 << Kind.SECOND_APPROVAL]:
        changed = _changed(changed, place, 31, rows[first]["data"][31])
    assert "PAPER-04" in broken(changed)


def test_paper__rules__one_name_each() -> None:
    assert list(PAPERS) == [f"PAPER-{number:02}" for number in range(1, len(PAPERS) + 1)]


def test_ask__a_runs_index__finds_what_the_scenario_made(papers: Bundle, rows: list[Row], tmp_path: Path) -> None:
    bills = papers.table("bills").num_rows
    with (papers.folder.parent / "people.csv").open(encoding="utf-8") as file:
        people = {bytes.fromhex(row["key"][2:]): row["person"] for row in csv.DictReader(file)}
    with Store(str(tmp_path / "index")) as store:
        catch_up(store, BundleSource(papers))
        without = ask(store, Question.WITHOUT_INVOICE)
        assert 0 < len(without) < bills // 4
        assert ask(store, Question.TWO_LEVELS) == []
        assert len(ask(store, Question.TWO_LEVELS, people=people)) > 0
        unpaid = {one.bill for one in ask(store, Question.WITHOUT_VOUCHER)}
        assert unpaid <= {one.bill for one in without}
    assert _places(papers, rows, Kind.PAYABLE, Defect.WRONG_TAX)
    assert _places(papers, rows, Kind.INVOICE, Defect.DUPLICATE)


def test_run__one_person_tries_two_levels__refused_by_the_contract(papers: Bundle) -> None:
    joined = papers.table("transactions", ["transaction", "label"]).join(
        papers.table("receipts", ["transaction", "status"]), "transaction"
    )
    refused = pl.DataFrame(pl.from_arrow(joined)).filter(~pl.col("status"), label=f"{NAME}.write")
    assert len(refused) > 0


def test_report__papers__its_gaps_are_those_of_the_index(papers: Bundle, tmp_path: Path) -> None:
    loaded = report.load(papers.folder.parent)
    assert loaded.papers is not None
    gaps = {row["gap"]: row["bills"] for row in loaded.papers.gaps.to_dicts()}
    with Store(str(tmp_path / "index")) as store:
        catch_up(store, BundleSource(papers))
        assert gaps["no file"] + gaps["no invoice"] == len(ask(store, Question.WITHOUT_INVOICE))
    assert report.to_json(loaded)["papers"]["gaps"] == loaded.papers.gaps.to_dicts()
    assert "What is missing" in report.html(loaded)
