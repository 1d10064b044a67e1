"""An index of an older version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from fairmeter.tracing.store import MIGRATIONS, Store
from fairmeter.tracing.tables import SUPPLIERS

OLD = (
    "INSERT INTO suppliers (block, supplier, name) VALUES (1, 1, 'grid')",
    "INSERT INTO blocks (number, at) VALUES (1, 1)",
    "INSERT INTO cursor (chain, block, ledger_tail) VALUES (1, 1, 1)",
)


def _of_version(url: str, version: str) -> sa.Engine:
    scripts = ScriptDirectory(str(MIGRATIONS))

    def steps(revision: Any, _: object) -> Any:
        return scripts._upgrade_revs(version, revision)

    engine = sa.create_engine(url)
    with engine.begin() as connection, EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, fn=steps)
        environment.run_migrations()
    return engine


def test_store__an_index_without_owners__emptied_to_be_filled_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'index.sqlite'}"
    old = _of_version(url, "0001")
    with old.begin() as connection:
        for statement in OLD:
            connection.execute(sa.text(statement))
    old.dispose()
    with Store(url) as store:
        assert store.cursor() is None
        assert store.blocks_back() == []
        assert "owner" in {column["name"] for column in sa.inspect(store.engine).get_columns("suppliers")}
        assert [one["name"] for one in sa.inspect(store.engine).get_indexes("suppliers")] == ["ix_suppliers_block"]
        with store.engine.connect() as connection:
            assert connection.execute(sa.select(SUPPLIERS)).all() == []
