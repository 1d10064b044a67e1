"""One hash for all that happened on a chain, the same whichever EVM executed it."""

from __future__ import annotations

from typing import Final

from fairmeter.chain.engine import Engine
from fairmeter.chain.keccak import keccak256

DOMAIN: Final = b"fairmeter history"
STRIDE: Final = 1_000
"""Blocks read at once."""


def history_digest(engine: Engine, first: int, last: int) -> bytes:
    """The 32 bytes that bind the blocks `first`..`last`, ends included: h = keccak256(h ‖ number ‖ timestamp ‖
    transactions root ‖ receipts root), numbers in 8 bytes, from h = keccak256(domain ‖ chain id in 32 bytes).

    A block's hash would bind the state root, too, on which implementations do not agree (`chain.anvil`); the roots here
    bind every transaction, its status, gas and events.
    """
    digest = keccak256(DOMAIN + engine.chain_id.to_bytes(32, "big"))
    for start in range(first, last + 1, STRIDE):
        for block in engine.blocks(range(start, min(start + STRIDE, last + 1))):
            place = block.number.to_bytes(8, "big") + block.timestamp.to_bytes(8, "big")
            digest = keccak256(digest + place + block.transactions_root + block.receipts_root)
    return digest
