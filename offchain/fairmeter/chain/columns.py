"""Logs as columns: what a block emitted in a few buffers, however many events it has.

A bundle, `contracts.events` and the receipts' trie read the same bytes; an object a log is made only for who asks.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.chain.engine import Log
from fairmeter.model import Bools, Int64s, UInt8s

WORD: Final = 32
ADDRESS: Final = 20
LOG_SCHEMA: Final = pa.schema(
    [
        ("block", pa.int64()),
        ("log", pa.int32()),  # within the block
        ("address", pa.binary(ADDRESS)),
        ("topics", pa.binary()),  # 32 bytes each, one after another
        ("data", pa.binary()),
    ]
)
HEADER: Final = struct.Struct("<III")
"""How many logs, and of how many bytes their topics and data are."""


@dataclass(frozen=True, slots=True)
class LogColumns:
    """n logs of one transaction in the order of emission."""

    address: UInt8s
    """(n, 20)."""
    topic_count: Int64s
    """(n,) 0 to 4."""
    topics: UInt8s
    """(sum of topic_count, 32), one log's after another's."""
    data_length: Int64s
    """(n,) bytes."""
    data: UInt8s
    """(sum of data_length,)."""

    def __len__(self) -> int:
        return len(self.address)

    @classmethod
    def of(cls, addresses: Sequence[bytes], topics: Sequence[Sequence[bytes]], data: Sequence[bytes]) -> Self:
        """From a value a log."""
        return cls(
            address=np.frombuffer(b"".join(addresses), np.uint8).reshape(-1, ADDRESS),
            topic_count=np.fromiter(map(len, topics), np.int64, len(topics)),
            topics=np.frombuffer(b"".join(map(b"".join, topics)), np.uint8).reshape(-1, WORD),
            data_length=np.fromiter(map(len, data), np.int64, len(data)),
            data=np.frombuffer(b"".join(data), np.uint8),
        )

    def pack(self) -> bytes:
        """As compressed bytes (LZ4): topics and data are mostly zeros."""
        plain = b"".join(
            (
                HEADER.pack(len(self), self.topics.size, self.data.size),
                self.address.tobytes(),
                self.topic_count.astype("u1").tobytes(),
                self.topics.tobytes(),
                self.data_length.astype("<u4").tobytes(),
                self.data.tobytes(),
            )
        )
        return compress(plain)

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """The reverse of `pack`."""
        plain = decompress(packed)
        count, topics, data = HEADER.unpack_from(plain)
        parts = np.split(
            np.frombuffer(plain, np.uint8, offset=HEADER.size),
            np.cumsum([count * ADDRESS, count, topics, 4 * count]),
        )
        assert len(parts[4]) == data
        return cls(
            address=parts[0].reshape(count, ADDRESS),
            topic_count=parts[1].astype(np.int64),
            topics=parts[2].reshape(-1, WORD),
            data_length=np.frombuffer(parts[3].tobytes(), "<u4").astype(np.int64),
            data=parts[4],
        )


def log_table(blocks: Sequence[int], logs: Sequence[LogColumns]) -> pa.Table:
    """The logs of some blocks, a block each, in LOG_SCHEMA: one copy of the bytes, no object a log."""
    counts = np.fromiter(map(len, logs), np.int64, len(logs))
    total = int(counts.sum())
    if total == 0:
        return LOG_SCHEMA.empty_table()
    ends = np.cumsum(counts)
    columns = [
        pa.array(np.repeat(np.asarray(blocks, np.int64), counts)),
        pa.array((np.arange(total) - np.repeat(ends - counts, counts)).astype(np.int32)),
        pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(ADDRESS), total, [None, pa.py_buffer(np.concatenate([one.address for one in logs]))]
        ),
        _ragged([WORD * one.topic_count for one in logs], [one.topics.reshape(-1) for one in logs]),
        _ragged([one.data_length for one in logs], [one.data for one in logs]),
    ]
    return pa.table(columns, schema=LOG_SCHEMA)


def select_logs(table: pa.Table, addresses: Sequence[bytes], topics: Sequence[bytes]) -> pa.Table:
    """The rows of `table` (LOG_SCHEMA) from these addresses and with these first topics; empty for all."""
    keep: Bools = np.ones(len(table), np.bool_)
    if addresses:
        keep &= pc.is_in(table["address"], pa.array(addresses, pa.binary(ADDRESS))).to_numpy()
    if topics:
        first = pc.binary_slice(table["topics"], 0, WORD)
        keep &= pc.is_in(first, pa.array(topics, pa.binary())).to_numpy()
    return table if keep.all() else table.filter(pa.array(keep))


def to_logs(table: pa.Table) -> list[Log]:
    """An object a row of LOG_SCHEMA, of blocks with one transaction each."""
    rows = zip(*(table[name].to_pylist() for name in ("block", "log", "address", "topics", "data")), strict=True)
    return [
        Log(address, tuple(topics[i : i + WORD] for i in range(0, len(topics), WORD)), data, block, 0, position)
        for block, position, address, topics, data in rows
    ]


def compress(plain: bytes) -> bytes:
    """LZ4, with the length in front."""
    return len(plain).to_bytes(4, "little") + bytes(pa.compress(plain, codec="lz4", asbytes=True))


def decompress(packed: bytes) -> bytes:
    """The reverse of `compress`."""
    size = int.from_bytes(packed[:4], "little")
    return bytes(pa.decompress(packed[4:], decompressed_size=size, codec="lz4", asbytes=True))


def _ragged(lengths: Sequence[Int64s], values: Sequence[UInt8s]) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int32)
    return pa.BinaryArray.from_buffers(
        pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(np.concatenate(values))]
    )
