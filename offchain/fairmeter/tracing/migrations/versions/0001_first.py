"""The first tables. An index can be rebuilt from its chain: a later migration that cannot keep rows may drop them, and
the cursor with them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def _table(name: str, indexed: tuple[str, ...], *columns: sa.Column[Any]) -> None:
    op.create_table(name, sa.Column("block", sa.BigInteger, nullable=False), *columns)
    for column in ("block", *indexed):
        op.create_index(f"ix_{name}_{column}", name, [column])


def _big(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _some(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def upgrade() -> None:
    """Create them."""
    op.create_table("cursor", _key("chain"), _big("block"), sa.Column("hash", sa.LargeBinary), _big("ledger_tail"))
    op.create_table("blocks", _key("number"), sa.Column("hash", sa.LargeBinary), _big("at"))
    _table("suppliers", (), _key("supplier"), *_some(sa.String, "name"))
    _table(
        "bills",
        ("supplier",),
        *(_key("bill"), _big("supplier"), *_some(sa.SmallInteger, "utility"), _big("account")),
        *(*_some(sa.Integer, "start", "days", "month"), _big("quantity"), _big("amount"), _big("replaces")),
    )
    _table(
        "verdicts",
        (),
        *(_key("bill"), *_some(sa.SmallInteger, "decision")),
        *(_big("actual_ppm", nullable=True), _big("expected_ppm", nullable=True)),
    )
    _table(
        "moves",
        ("bill", "batch"),
        *(_key("place"), *_some(sa.Integer, "transaction"), *_some(sa.String, "contract", "event")),
        *(_big("bill", nullable=True), _big("batch", nullable=True), _big("paid"), *_some(sa.String, "detail")),
    )
    _table(
        "documents",
        ("bill",),
        *(_key("place"), *_some(sa.Integer, "transaction"), _big("bill"), *_some(sa.SmallInteger, "kind")),
        *(*_some(sa.Integer, "bit"), *_some(sa.SmallInteger, "defect"), *_some(sa.Integer, "fells", "parents")),
        *(*_some(sa.LargeBinary, "issuer"), _big("amount"), *_some(sa.Integer, "tax")),
        *_some(sa.LargeBinary, "content", "what", "by"),
    )
    _table(
        "staff",
        ("key",),
        *(_key("place"), _big("supplier"), *_some(sa.LargeBinary, "key", "identity")),
        *(*_some(sa.SmallInteger, "person"), *_some(sa.Integer, "duties")),
    )
