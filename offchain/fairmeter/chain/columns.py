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

from fairmeter.chain.engine import ADDRESS, LOG_SCHEMA, WORD, Log, split_topics
from fairmeter.model import Bools, Int64s, UInt8s

HEADER: Final = struct.Struct("<III")
"""How many logs, how many topics, how many bytes of data."""
KIND: Final = 8
"""Bytes of a topic by which logs are looked up."""
LENGTH: Final = 4
"""Bytes of a length."""
WORTH_COMPRESSING: Final = 256
"""Bytes below which LZ4 gains nothing."""


@dataclass(frozen=True, slots=True)
class LogColumns:
    """n logs in the order of emission."""

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
        """Logs, a value each."""
        return cls(
            address=np.frombuffer(b"".join(addresses), np.uint8).reshape(-1, ADDRESS),
            topic_count=np.fromiter(map(len, topics), np.int64, len(topics)),
            topics=np.frombuffer(b"".join(chain.from_iterable(topics)), np.uint8).reshape(-1, WORD),
            data_length=np.fromiter(map(len, data), np.int64, len(data)),
            data=np.frombuffer(b"".join(data), np.uint8),
        )

    def kinds(self) -> frozenset[int]:
        """Of all logs that have topics, the first eight bytes of the first one: `kind_of` an event."""
        first = (np.cumsum(self.topic_count) - self.topic_count)[self.topic_count > 0]
        return frozenset(np.unique(np.ascontiguousarray(self.topics[first, :KIND]).view(">u8")).tolist())

    def pack(self) -> bytes:
        """As compressed bytes: topics and data are mostly zeros."""
        head = HEADER.pack(len(self), len(self.topics), len(self.data))
        parts = (
            self.address,
            self.topic_count.astype(np.uint8),
            self.data_length.astype("<u4"),
            self.topics,
            self.data,
        )
        return compress(b"".join([head, *(part.tobytes() for part in parts)]))

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """The reverse of `pack`."""
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

    def part(self, start: int, stop: int) -> Self:
        """The logs from `start` to `stop`, views of these."""
        topic, byte = (np.concatenate([[0], np.cumsum(lengths)]) for lengths in (self.topic_count, self.data_length))
        rows = slice(start, stop)
        return type(self)(
            address=self.address[rows],
            topic_count=self.topic_count[rows],
            topics=self.topics[topic[start] : topic[stop]],
            data_length=self.data_length[rows],
            data=self.data[byte[start] : byte[stop]],
        )


def log_table(transactions: Int64s, counts: Int64s, logs: LogColumns) -> pa.Table:
    """The logs of some transactions, `counts` of each, in LOG_SCHEMA: no copy of the bytes, no object a log."""
    total = len(logs)
    columns = [
        pa.array(np.repeat(transactions, counts)),
        pa.array((np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)).astype(np.int32)),
        pa.FixedSizeBinaryArray.from_buffers(pa.binary(ADDRESS), total, [None, _buffer(logs.address)]),
        _ragged(WORD * logs.topic_count, logs.topics),
        _ragged(logs.data_length, logs.data),
    ]
    return pa.table(columns, schema=LOG_SCHEMA)


def kind_of(topic: bytes) -> int:
    """What `LogColumns.kinds` has of an event by its topic: few others begin so."""
    return int.from_bytes(topic[:KIND], "big")


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
    """An object a row of LOG_SCHEMA, where transactions are counted by their blocks, of one each."""
    rows = zip(*(table[name].to_pylist() for name in LOG_SCHEMA.names), strict=True)
    return [
        Log(address, split_topics(topics), data, block, 0, position) for block, position, address, topics, data in rows
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


def _ragged(lengths: Int64s, values: UInt8s) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.BinaryArray.from_buffers(pa.binary(), len(lengths), [None, pa.py_buffer(offsets), _buffer(values)])


def _buffer(values: UInt8s) -> pa.Buffer:
    return pa.py_buffer(np.ascontiguousarray(values))
