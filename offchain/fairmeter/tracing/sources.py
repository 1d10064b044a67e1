"""What an index is filled from: a run's bundle, or a chain that goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from fairmeter.bundle import Bundle
from fairmeter.chain.engine import LOG_SCHEMA, Engine
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.signed import decode_signed
from fairmeter.model import Int64s
from fairmeter.tracing.rows import TRANSACTION_BITS, Calldata

BLOCKS_AT_ONCE: Final = 2_000
"""Of a chain, in one question."""


@dataclass(frozen=True, slots=True)
class Part:
    """The logs of some blocks, as `rows.rows_of` takes them, up to and with block `last`."""

    last: int
    hash: bytes | None
    """The last block's; None where the chain has none."""
    logs: pa.Table
    times: Mapping[int, tuple[int, bytes | None]]
    calldata: Calldata


class Source(Protocol):
    """A chain as far as it is."""

    chain: int
    """EIP-155."""
    contracts: Mapping[str, bytes]
    """Addresses by name."""

    def hash(self, block: int) -> bytes | None:
        """A block's hash now; None where there is no such block, or blocks have none."""

    def after(self, block: int) -> Part | None:
        """The next blocks; None if there are none."""


class BundleSource:
    """A bundle, some thousand blocks at a time; they have no hashes, and never change."""

    def __init__(self, bundle: Bundle) -> None:
        manifest = bundle.manifest
        self.chain = int(manifest["chain"]["chain_id"])
        self.contracts: Mapping[str, bytes] = {
            name: bytes.fromhex(one[2:]) for name, one in manifest["contracts"].items()
        }
        transactions = bundle.table("transactions", ["block", "timestamp", "raw"])
        self._raw, self._times = transactions["raw"], transactions["timestamp"].to_numpy()
        self._blocks = transactions["block"].to_numpy()
        within = _counted(self._blocks)
        logs = bundle.table("logs")
        number = logs["transaction"].to_numpy()
        self._of = self._blocks[number]
        places = [self._of << TRANSACTION_BITS | within[number], _counted(self._of).astype(np.int32)]
        for position, values in enumerate(places):
            logs = logs.set_column(position, LOG_SCHEMA.field(position), pa.array(values))
        self._logs = logs

    def hash(self, block: int) -> bytes | None:  # noqa: ARG002
        """See `Source.hash`."""
        return None

    def after(self, block: int) -> Part | None:
        """See `Source.after`."""
        first = int(np.searchsorted(self._blocks, block, "right"))
        if first == len(self._blocks):
            return None
        last = int(self._blocks[min(first + BLOCKS_AT_ONCE, len(self._blocks)) - 1])
        rows = slice(first, int(np.searchsorted(self._blocks, last, "right")))
        times = dict(zip(self._blocks[rows].tolist(), self._times[rows].tolist(), strict=True))
        begin, end = np.searchsorted(self._of, [block, last], "right").tolist()
        logs = self._logs.slice(begin, end - begin)
        return Part(last, None, logs, {number: (at, None) for number, at in times.items()}, self._calldata)

    def _calldata(self, block: int, transaction: int) -> bytes:
        row = int(np.searchsorted(self._blocks, block)) + transaction
        return decode_signed(self._raw[row].as_py(), keccak256).data


class ChainSource:
    """A chain that goes on, and may take back its last blocks."""

    def __init__(self, engine: Engine, contracts: Mapping[str, bytes], confirmations: int = 0) -> None:
        """Blocks with fewer than `confirmations` others on top are left for later."""
        self.chain = engine.chain_id
        self.contracts = contracts
        self._engine, self._confirmations = engine, confirmations

    def hash(self, block: int) -> bytes | None:
        """See `Source.hash`."""
        if block > self._engine.head() or not self._engine.capabilities.block_hashes:
            return None
        return self._engine.block(block).hash

    def after(self, block: int) -> Part | None:
        """See `Source.after`: some thousand blocks."""
        head = self._engine.head() - self._confirmations
        if head <= block:
            return None
        last = min(head, block + BLOCKS_AT_ONCE)
        end = self.hash(last)
        found = self._engine.logs(block + 1, last, list(self.contracts.values()))
        numbers = sorted({one.block_number for one in found})
        blocks = {number: self._engine.block(number) for number in numbers}
        hashed = self._engine.capabilities.block_hashes
        times = {number: (one.timestamp, one.hash if hashed else None) for number, one in blocks.items()}
        columns = [
            [one.block_number << TRANSACTION_BITS | one.tx_index for one in found],
            [one.log_index for one in found],
            [one.address for one in found],
            [b"".join(one.topics) for one in found],
            [one.data for one in found],
        ]
        types = zip(columns, LOG_SCHEMA, strict=True)
        logs = pa.table([pa.array(values, field.type) for values, field in types], schema=LOG_SCHEMA)
        return Part(last, end, logs, times, self._engine.calldata)


def _counted(groups: Int64s) -> Int64s:
    """(n,) how many entries of the same group stand before each, where groups stand together."""
    first = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]])) if len(groups) else groups
    sizes = np.diff(np.append(first, len(groups)))
    return np.arange(len(groups)) - np.repeat(first, sizes)
