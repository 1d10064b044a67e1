"""The owners of suppliers. An older index has not kept them: it is emptied, and filled again from its chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROWS = ("suppliers", "bills", "verdicts", "moves", "documents", "staff", "blocks", "cursor")


def upgrade() -> None:
    """Empty the tables, and add the column."""
    for table in ROWS:
        op.execute(sa.delete(sa.table(table)))
    with op.batch_alter_table("suppliers") as suppliers:
        suppliers.add_column(sa.Column("owner", sa.LargeBinary, nullable=False))
