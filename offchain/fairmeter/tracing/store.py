"""The index itself: opened by a URL, brought to the present version, filled block by block in transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from fairmeter.errors import InputError
from fairmeter.tracing.tables import BLOCKS, CURSOR, FROM_BLOCKS

MIGRATIONS: Final = Path(__file__).with_name("migrations")
Rows = Mapping[sa.Table, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far an index is."""

    chain: int
    ledger: bytes
    """The ledger's address, its last bytes: which deployment."""
    block: int
    hash: bytes | None


class Store:
    """An index at a URL of SQLAlchemy's, or in a SQLite file if it is given as a path. Raises InputError for one that
    cannot be opened."""

    def __init__(self, url: str) -> None:
        target = url if "://" in url else f"sqlite:///{url}"
        target = target.replace("postgresql://", "postgresql+psycopg://", 1)
        try:
            self.engine = sa.create_engine(target)
            with self.engine.begin() as connection:
                _upgrade(connection)
        except (sa.exc.SQLAlchemyError, ImportError) as error:
            raise InputError(f"{url}: no index can be opened there: {error}") from error

    def cursor(self) -> Cursor | None:
        """How far it is; None if it has read nothing."""
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(CURSOR)).one_or_none()
        return (
            None
            if row is None
            else Cursor(row.chain, row.ledger_tail.to_bytes(8, "big", signed=True), row.block, row.hash)
        )

    def add(self, rows: Rows, cursor: Cursor) -> None:
        """Add rows and move the cursor, both or neither."""
        with self.engine.begin() as connection:
            for table, some in rows.items():
                if some:
                    connection.execute(sa.insert(table), list(some))
            self._move(connection, cursor)

    def cut(self, block: int, hash_: bytes | None) -> None:
        """Forget everything after a block, which is the cursor's from now on."""
        cursor = self.cursor()
        if cursor is None:
            return
        with self.engine.begin() as connection:
            for table in FROM_BLOCKS:
                connection.execute(sa.delete(table).where(table.c.block > block))
            connection.execute(sa.delete(BLOCKS).where(BLOCKS.c.number > block))
            self._move(connection, Cursor(cursor.chain, cursor.ledger, block, hash_))

    def blocks_back(self) -> list[tuple[int, bytes | None]]:
        """Number and hash of the blocks that it has, the newest first."""
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(BLOCKS.c.number, BLOCKS.c.hash).order_by(BLOCKS.c.number.desc()))
            return [(row.number, row.hash) for row in found]

    def close(self) -> None:
        """Let it go; twice does no harm."""
        self.engine.dispose()

    def _move(self, connection: sa.Connection, cursor: Cursor) -> None:
        connection.execute(sa.delete(CURSOR))
        tail = int.from_bytes(cursor.ledger, "big", signed=True)
        fields = {"chain": cursor.chain, "block": cursor.block, "hash": cursor.hash, "ledger_tail": tail}
        connection.execute(sa.insert(CURSOR).values(**fields))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _upgrade(connection: sa.Connection) -> None:
    """To the newest version, by the migrations that come with the package."""
    scripts = ScriptDirectory(str(MIGRATIONS))

    def steps(revision: Any, _: object) -> Any:
        return scripts._upgrade_revs("head", revision)  # noqa: SLF001

    with EnvironmentContext(Config(), scripts, fn=steps, destination_rev="head") as environment:
        environment.configure(connection=connection, fn=steps)
        environment.run_migrations()
