"""An index that was filled in any pieces, across reorganisations and kills, is the one that is filled from scratch."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployed_papers import SMALL, Office
from fairmeter.chain.opening import open_engine
from fairmeter.errors import InputError, ToolMissingError
from fairmeter.papers.kinds import Defect, Kind
from fairmeter.tracing import sources
from fairmeter.tracing.filling import catch_up
from fairmeter.tracing.lineage import lineage
from fairmeter.tracing.sources import ChainSource
from fairmeter.tracing.store import Store
from tracing_tables import contents_of

STEP = st.tuples(
    st.sampled_from(["bill", "write", "return", "vouch", "release", "index", "back"]), st.integers(0, 2**16)
)
"""What is done, and to which bill and how."""


class History:
    """Random steps of an office, and indexes that follow it."""

    def __init__(self, office: Office, stores: list[Store]) -> None:
        self.office, self.stores = office, stores
        self.source = ChainSource(office.engine, office.contracts)
        self.batches: list[int] = []
        self.marks: list[tuple[bytes, int]] = []

    def take(self, what: str, seed: int) -> None:
        if what == "index":
            for store in self.stores:
                catch_up(store, self.source)
        elif what == "back":
            self._go_back()
        elif what == "bill" or not self.batches:
            self.marks.append((self.office.engine.snapshot(), len(self.batches)))
            self.batches.append(self.office.post([SMALL]))
            self.office.archive(self.batches[-1])
        else:
            self._paper(what, self.batches[seed % len(self.batches)], seed)

    def _go_back(self) -> None:
        """The chain forgets its last blocks, and goes on with others."""
        if self.marks:
            mark, count = self.marks.pop()
            self.office.engine.revert(mark)
            self.office.resync()
            self.batches = self.batches[:count]
            self.office.deposit(60)

    def _paper(self, what: str, batch: int, seed: int) -> None:
        office, bill = self.office, batch << 16
        standing = int(office.papers.papers_of(bill)["standing"])
        lacking = next(
            kind
            for kind in Kind
            if not standing >> kind & 1 and kind not in {Kind.SECOND_APPROVAL, Kind.THIRD_APPROVAL}
        )
        if what == "release":
            office.tries(lambda: office.release(batch))
        elif what == "vouch":
            office.tries(lambda: office.vouch([bill]))
        elif what == "return":
            kind = Kind(1 + seed % 11)
            office.tries(lambda: office.give_back(kind, bill, Defect.REFUSED, Kind.PAYMENT))
        elif lacking is not Kind.PAID:
            office.tries(lambda: office.write(lacking, [bill], [SMALL]))


@settings(max_examples=3)
@given(steps=st.lists(STEP, min_size=15, max_size=30))
def test_catch_up__random_history__equal_to_one_from_scratch(
    office: Office, postgres: object, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    assert callable(postgres)
    folder = tmp_path_factory.mktemp("index")
    with Store(str(folder / "live.sqlite")) as live, Store(postgres()) as served, Store(str(folder / "new")) as scratch:
        history = History(office, [live, served])
        for step in steps:
            history.take(*step)
        for store in (live, served, scratch):
            catch_up(store, history.source)
        assert contents_of(live) == contents_of(scratch)
        assert contents_of(served) == contents_of(scratch)
        for batch in history.batches:
            assert lineage(served, batch << 16) == lineage(scratch, batch << 16)


def test_catch_up__a_nodes_reorganisation__follows_it(tmp_path: Path) -> None:
    try:
        engine = open_engine("anvil")
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    with engine, Store(str(tmp_path / "live")) as live, Store(str(tmp_path / "scratch")) as scratch:
        office = Office(engine)
        source = ChainSource(engine, office.contracts)
        office.complete(office.post([SMALL]), SMALL, Kind.INVOICE)
        mark = engine.snapshot()
        office.complete(office.post([SMALL]), SMALL)
        catch_up(live, source)
        assert lineage(live, 2 << 16).gaps() == []
        engine.revert(mark)
        office.resync()
        office.post([60, 120])
        for store in (live, scratch):
            catch_up(store, source)
        assert contents_of(live) == contents_of(scratch)
        assert lineage(live, 2 << 16).amount == 60


def test_catch_up__killed_at_any_row__loses_and_doubles_nothing(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = office.post([SMALL])
    office.complete(batch, SMALL)
    source = ChainSource(office.engine, office.contracts)
    monkeypatch.setattr(sources, "BLOCKS_AT_ONCE", 25)
    with Store(str(tmp_path / "scratch")) as scratch:
        catch_up(scratch, source)
        whole = contents_of(scratch)
    for rows in (1, 6, 14):
        path = tmp_path / f"killed {rows}"
        child = os.fork()
        if child == 0:
            _fill_until_killed(path, source, rows)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        with Store(str(path)) as store:
            assert contents_of(store) != whole
            catch_up(store, source)
            assert contents_of(store) == whole


def _fill_until_killed(path: Path, source: ChainSource, rows: int) -> None:
    """Never returns: dies in the middle of a transaction."""
    from sqlalchemy import event  # noqa: PLC0415

    store, seen = Store(str(path)), [0]

    def count(*_: object) -> None:
        seen[0] += 1
        if seen[0] == rows:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(store.engine, "after_cursor_execute", count)
    catch_up(store, source)
    os._exit(0)


def test_catch_up__another_deployment__refused(office: Office, tmp_path: Path) -> None:
    with Store(str(tmp_path / "index")) as store:
        catch_up(store, ChainSource(office.engine, office.contracts))
        other = {**office.contracts, "PaymentLedger": bytes(20)}
        with pytest.raises(InputError, match="another deployment"):
            catch_up(store, ChainSource(office.engine, other))


def test_store__metadata__what_the_migrations_make(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    from fairmeter.tracing.tables import METADATA  # noqa: PLC0415

    with Store(str(tmp_path / "index")) as store, store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_store__no_database__one_line() -> None:
    with pytest.raises(InputError, match="no index can be opened"):
        Store("postgresql://nobody@127.0.0.1:1/none")
