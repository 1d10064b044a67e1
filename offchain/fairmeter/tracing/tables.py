"""The index's tables. Every row says from which block it comes, and nothing in it follows from another row: so a part
of the chain can be cut off and read again, and an index is the same however it was filled.

Money in minor units, time in Unix seconds, days since 1970-01-01, hashes and addresses as bytes.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table

METADATA: Final = MetaData()


def _table(name: str, *columns: Column[object] | Index) -> Table:
    """A table whose rows come from a block."""
    return Table(name, METADATA, Column("block", BigInteger, nullable=False, index=True), *columns)


def _key(name: str) -> Column[object]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _number(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, BigInteger, nullable=nullable)


CURSOR: Final = Table(
    "cursor",
    METADATA,
    _key("chain"),  # EIP-155
    _number("block"),  # the last that was read
    Column("hash", LargeBinary),
    _number("ledger_tail"),  # of the ledger's address: another deployment is another index
)
BLOCKS: Final = Table("blocks", METADATA, _key("number"), Column("hash", LargeBinary), _number("at"))
"""Those with an event that matters; a hash where the chain has one."""
SUPPLIERS: Final = _table(
    "suppliers",
    _key("supplier"),
    Column("name", String, nullable=False),
    Column("owner", LargeBinary, nullable=False),  # for good: the ledger has no other
)
BILLS: Final = _table(
    "bills",
    _key("bill"),
    Column("supplier", BigInteger, nullable=False, index=True),
    Column("utility", SmallInteger, nullable=False),
    _number("account"),
    Column("start", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("month", Integer, nullable=False),  # of its last day, counted from January 1970
    _number("quantity"),  # base units
    _number("amount"),
    _number("replaces"),
)
VERDICTS: Final = _table(
    "verdicts",
    _key("bill"),
    Column("decision", SmallInteger, nullable=False),
    _number("actual_ppm", nullable=True),
    _number("expected_ppm", nullable=True),
)
MOVES: Final = _table(
    "moves",
    _key("place"),  # block << 24 | log
    Column("transaction", Integer, nullable=False),  # within the block
    Column("contract", String, nullable=False),
    Column("event", String, nullable=False),
    Column("bill", BigInteger, index=True),  # null where all bills of the batch are meant
    Column("batch", BigInteger, index=True),  # null where one bill is
    _number("paid"),  # what the bill has paid by it, negative where it was given back
    Column("detail", String, nullable=False),  # the event's other parameters, a JSON object
)
DOCUMENTS: Final = _table(
    "documents",
    _key("place"),
    Column("transaction", Integer, nullable=False),
    Column("bill", BigInteger, nullable=False, index=True),
    Column("kind", SmallInteger, nullable=False),
    Column("bit", Integer, nullable=False),  # 1 << kind of what is written, 0 of what is returned
    Column("defect", SmallInteger, nullable=False),
    Column("fells", Integer, nullable=False),  # the kinds that no longer stand
    Column("parents", Integer, nullable=False),
    Column("issuer", LargeBinary, nullable=False),
    _number("amount"),
    Column("tax", Integer, nullable=False),  # ppm
    Column("content", LargeBinary, nullable=False),
    Column("what", LargeBinary, nullable=False),  # the packed words
    Column("by", LargeBinary, nullable=False),
)
STAFF: Final = _table(
    "staff",
    _key("place"),
    Column("supplier", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False, index=True),
    Column("identity", LargeBinary, nullable=False),
    Column("person", SmallInteger, nullable=False),
    Column("duties", Integer, nullable=False),
)
FROM_BLOCKS: Final = (SUPPLIERS, BILLS, VERDICTS, MOVES, DOCUMENTS, STAFF)
LOG_BITS: Final = 24
"""More logs than a block has."""


def place_of(block: int, log: int) -> int:
    """A log's place in the chain."""
    return block << LOG_BITS | log
