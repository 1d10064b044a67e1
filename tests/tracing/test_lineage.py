"""What an index tells of a bill, and what it answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from deployed_papers import LARGE, Office
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import Wallet, derive_key
from fairmeter.errors import InputError
from fairmeter.papers.kinds import PARENTS, Defect, Kind, fallen, parents
from fairmeter.report import lineage as room
from fairmeter.tracing.filling import catch_up
from fairmeter.tracing.lineage import bill_of, lineage
from fairmeter.tracing.questions import Question, ask, billed
from fairmeter.tracing.sources import ChainSource
from fairmeter.tracing.store import Store
from fairmeter.tracing.tables import DOCUMENTS
from fairmeter.units import date_of

TWICE = Wallet(derive_key(0, "second key"), 1337)


@pytest.fixture(scope="module")
def bills(office: Office) -> dict[str, int]:
    """One of each fate."""
    found = {name: office.post([LARGE + 60]) for name in ("whole", "returned", "no invoice", "no voucher", "two keys")}
    office.complete(found["whole"], LARGE + 60)
    office.complete(found["no voucher"], LARGE + 60, Kind.PAYMENT)
    office.release(found["no voucher"])
    office.complete(found["no invoice"], LARGE + 60, Kind.TAX_CHECK)
    _return_invoice(office, found["returned"])
    _approve_with_another_key(office, found["two keys"])
    return {name: batch << 16 for name, batch in found.items()}


def _return_invoice(office: Office, batch: int) -> None:
    bill = batch << 16
    office.complete(batch, LARGE + 60, Kind.TAX_CHECK)
    office.write(Kind.INVOICE, [bill], [LARGE + 120])
    office.give_back(Kind.INVOICE, bill, Defect.WRONG_AMOUNT, Kind.VERIFICATION)
    for kind in (Kind.INVOICE, Kind.VERIFICATION):
        office.write(kind, [bill], [LARGE + 60])


def _approve_with_another_key(office: Office, batch: int) -> None:
    """The second approver's key is, as nobody on the chain knows, the first one's."""
    office.complete(batch, LARGE + 60, Kind.FIRST_APPROVAL)
    office.write(Kind.SECOND_APPROVAL, [batch << 16], [LARGE + 60])


@pytest.fixture(scope="module")
def store(office: Office, bills: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Store:
    assert bills
    found = Store(str(tmp_path_factory.mktemp("index") / "index.sqlite"))
    catch_up(found, ChainSource(office.engine, office.contracts))
    return found


def test_lineage__whole_papers__every_document_on_its_parents(store: Store, bills: dict[str, int]) -> None:
    found = lineage(store, bills["whole"])
    assert found.gaps() == []
    assert [one.kind for one in found.standing] == list(Kind)
    assert (found.verdict, found.paid, found.released) == ("PAY", LARGE + 60, True)
    numbers = {one.kind: one.number for one in found.documents}
    for one in found.documents:
        expected = [*PARENTS[one.kind], *([Kind.THIRD_APPROVAL] if one.kind is Kind.PAYMENT else [])]
        assert one.parents == tuple(numbers[kind] for kind in expected)
    events = [move.event for move in found.moves]
    assert events == ["BillsPosted", "BillPending", "BatchJudged", "BatchReleased"]
    assert all(found.block_hashes.values())


def test_lineage__returned_invoice__told_with_its_reason(store: Store, bills: dict[str, int]) -> None:
    found = lineage(store, bills["returned"])
    first = next(one for one in found.documents if one.kind is Kind.INVOICE)
    back = found.documents[first.number]
    assert (first.returned_by, back.defect, back.parents) == (back.number, Defect.WRONG_AMOUNT, (first.number,))
    assert found.gaps() == []
    assert "wrong amount" in room.html(found)
    assert room.to_json(found)["documents"][back.number - 1]["defect"] == "wrong_amount"


def test_lineage__a_document_lost__refused(office: Office, bills: dict[str, int], tmp_path: Path) -> None:
    with Store(str(tmp_path / "index")) as torn:
        catch_up(torn, ChainSource(office.engine, office.contracts))
        one = sa.and_(DOCUMENTS.c.bill == bills["whole"], DOCUMENTS.c.kind == int(Kind.INVOICE))
        with torn.engine.begin() as connection:
            connection.execute(sa.delete(DOCUMENTS).where(one))
        with pytest.raises(InputError, match="a document is missing before number 4"):
            lineage(torn, bills["whole"])


def test_lineage__unknown_bill__refused(store: Store) -> None:
    with pytest.raises(InputError, match="999/0: the index knows no such bill"):
        lineage(store, bill_of("999/0"))
    with pytest.raises(InputError, match="expected a bill as batch/index"):
        bill_of("first")


def test_ask__without_invoice__those_that_have_none(store: Store, bills: dict[str, int]) -> None:
    assert [one.bill for one in ask(store, Question.WITHOUT_INVOICE)] == [bills["no invoice"]]
    assert ask(store, Question.WITHOUT_INVOICE, supplier="another") == []
    assert ask(store, Question.WITHOUT_INVOICE, month=0) == []


def test_billed__with_and_without_an_invoice__owner_amount_and_what_stands(
    office: Office, store: Store, bills: dict[str, int]
) -> None:
    found = billed(store, bills["returned"])
    without = billed(store, bills["no invoice"])
    assert found is not None
    assert without is not None
    assert (found.supplier, found.owner, found.amount) == ("grid", office.supplier.address, LARGE + 60)
    told = lineage(store, bills["returned"])
    assert found.last_day == date_of(told.start + told.days - 1)
    assert list(found.invoices) == [one.content for one in told.standing if one.kind is Kind.INVOICE]
    assert without.invoices == ()
    assert billed(store, 2**40) is None


def test_ask__without_voucher__what_is_paid_and_released(store: Store, bills: dict[str, int]) -> None:
    assert [one.bill for one in ask(store, Question.WITHOUT_VOUCHER)] == [bills["no voucher"]]


def test_ask__two_levels__only_who_is_behind_the_keys_shows_it(
    store: Store, bills: dict[str, int], office: Office
) -> None:
    assert ask(store, Question.TWO_LEVELS) == []
    keys = [office.clerks[kind].address for kind in (Kind.FIRST_APPROVAL, Kind.SECOND_APPROVAL)]
    found = ask(store, Question.TWO_LEVELS, people=dict.fromkeys(keys, "one person"))
    assert bills["two keys"] in [one.bill for one in found]
    assert bills["no invoice"] not in [one.bill for one in found]


def test_kinds__parents_and_fallen__as_the_contract_has_them(office: Office) -> None:
    for kind in Kind:
        for levels in range(4):
            assert parents(kind, levels) == office.papers.read("parentsOf", int(kind), levels)
    assert fallen(Kind.TAX_CHECK) == sum(1 << kind for kind in Kind if kind >= Kind.VERIFICATION) | 1 << Kind.TAX_CHECK
    for kind in set(Kind) - {Kind.TAX_CHECK}:
        assert fallen(kind) == sum(1 << other for other in Kind if other >= kind)


def test_digest__of_the_events__as_in_storage(office: Office, store: Store, bills: dict[str, int]) -> None:
    with store.engine.connect() as connection:
        rows = connection.execute(
            sa.select(DOCUMENTS).where(DOCUMENTS.c.bill == bills["returned"]).order_by(DOCUMENTS.c.place)
        ).all()
    digest = bytes(19)
    for row in rows:
        assert row.what[-19:] == digest
        digest = keccak256(row.what + row.by + row.content)[-19:]
    assert digest == office.papers.papers_of(bills["returned"])["digest"]
