"""Brings an index up to its source, whatever happened to either since."""

from __future__ import annotations

from fairmeter.errors import InputError
from fairmeter.tracing.rows import rows_of
from fairmeter.tracing.sources import Part, Source
from fairmeter.tracing.store import Cursor, Store

BEFORE_ALL = -1


def catch_up(store: Store, source: Source) -> int:
    """Read all blocks that there are; blocks that the chain has taken back since are forgotten first. Each part
    is there whole or not at all, whenever this is ended. Returns the last block read. Raises InputError for an index of
    another chain or deployment."""
    ledger = source.contracts["PaymentLedger"][-8:]
    cursor = store.cursor()
    if cursor is not None and (cursor.chain, cursor.ledger) != (source.chain, ledger):
        raise InputError(f"the index is of chain {cursor.chain}, and of another deployment than chain {source.chain}'s")
    at = BEFORE_ALL if cursor is None else _still_there(store, source, cursor)
    while (part := source.after(at)) is not None:
        if not _settled(source, part):
            continue
        rows = rows_of(part.logs, part.times, source.contracts, part.calldata)
        store.add(rows, Cursor(source.chain, ledger, part.last, part.hash))
        at = part.last
    return at


def _still_there(store: Store, source: Source, cursor: Cursor) -> int:
    """The last block that index and chain have in common; what follows it in the index is cut off."""
    if cursor.hash is None or source.hash(cursor.block) == cursor.hash:
        return cursor.block
    common = next(((number, hash_) for number, hash_ in store.blocks_back() if source.hash(number) == hash_), None)
    number, hash_ = common or (BEFORE_ALL, None)
    store.cut(number, hash_)
    return number


def _settled(source: Source, part: Part) -> bool:
    """Whether the chain still is the one that the part was read from: its last block was asked for before all else."""
    return part.hash is None or source.hash(part.last) == part.hash
