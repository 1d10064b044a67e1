"""Logs as columns: what a block emitted in a few buffers, however many events it has.

A bundle, `contracts.events` and the receipts' trie read the same bytes; an object a log is made only for who asks.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
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
"""How many logs, how many topics, how many bytes of data."""
LENGTH: Final = 4
"""Bytes of a length."""
WORTH_COMPRESSING: Final = 256
"""Bytes below which LZ4 gains nothing."""


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
    def unpack(cls, packed: bytes) -> Self:
        """The reverse of `pack_logs`."""
        buffer = decompress(packed)
        plain = np.frombuffer(buffer, np.uint8)
        count, topics, data = HEADER.unpack_from(buffer)
        at = HEADER.size
        address, at = plain[at : at + ADDRESS * count], at + ADDRESS * count
        topic_count, at = plain[at : at + count], at + count
        lengths, at = plain[at : at + LENGTH * count], at + LENGTH * count
        return cls(
            address=address.reshape(count, ADDRESS),
            topic_count=topic_count.astype(np.int64),
            topics=plain[at : at + WORD * topics].reshape(topics, WORD),
            # a slice may begin between two words of four bytes
            data_length=np.frombuffer(lengths.tobytes(), "<u4").astype(np.int64),
            data=plain[at + WORD * topics : at + WORD * topics + data],
        )


def pack_logs(addresses: Sequence[bytes], topics: Sequence[Sequence[bytes]], data: Sequence[bytes]) -> bytes:
    """Logs, a value each, as compressed bytes: topics and data are mostly zeros."""
    counts = bytes(map(len, topics))
    lengths = struct.pack(f"<{len(data)}I", *map(len, data))
    head = HEADER.pack(len(addresses), sum(counts), sum(map(len, data)))
    return compress(b"".join((head, *addresses, counts, lengths, *chain.from_iterable(topics), *data)))


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
    """LZ4 with the length in front; short ones as they are, after a length of 0."""
    if len(plain) < WORTH_COMPRESSING:
        return bytes(LENGTH) + plain
    return len(plain).to_bytes(LENGTH, "little") + bytes(pa.compress(plain, codec="lz4", asbytes=True))


def decompress(packed: bytes) -> bytes:
    """The reverse of `compress`."""
    size = int.from_bytes(packed[:LENGTH], "little")
    if size == 0:
        return packed[LENGTH:]
    return bytes(pa.decompress(packed[LENGTH:], decompressed_size=size, codec="lz4", asbytes=True))


def _ragged(lengths: Sequence[Int64s], values: Sequence[UInt8s]) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int32)
    return pa.BinaryArray.from_buffers(
        pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(np.concatenate(values))]
    )
