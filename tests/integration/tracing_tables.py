"""What an index holds, to compare."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fairmeter.tracing.store import Store
from fairmeter.tracing.tables import METADATA

Contents = dict[str, list[tuple[Any, ...]]]


def contents_of(store: Store) -> Contents:
    """Every row of every table, in order."""
    with store.engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table)).all()), key=repr)
            for table in METADATA.sorted_tables
        }
