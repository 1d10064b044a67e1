"""What an engine in the process keeps of its blocks: numbers in arrays, transactions and logs compressed in a file
without a name, so that a long chain costs little memory."""

from __future__ import annotations

import os
import tempfile
import weakref
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from fairmeter.chain.columns import LogColumns, compress, decompress, kind_of, log_table
from fairmeter.chain.engine import LOG_SCHEMA
from fairmeter.chain.genesis import Genesis
from fairmeter.model import Bools, Int64s


@dataclass(frozen=True, slots=True)
class Mined:
    """n blocks with one transaction each."""

    times: Sequence[int]
    """Unix seconds."""
    base_fees: Sequence[int]
    raw: Sequence[bytes]
    status: Bools
    gas_used: Int64s
    log_count: Int64s
    logs: LogColumns
    """Of all, one transaction's after another's."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Where the transactions of some blocks, mined together, lie in the file."""

    first: int
    raw_at: int
    raw_bytes: int
    logs_bytes: int
    """They follow."""
    raw_lengths: array[int]
    log_counts: array[int]
    kinds: frozenset[int]
    """Of its logs."""

    def __len__(self) -> int:
        return len(self.raw_lengths)


class History:
    """The blocks of a chain from genesis on."""

    def __init__(self, genesis: Genesis) -> None:
        self.times = array("q", [genesis.timestamp])
        self.gas_used = array("q", [0])
        self.base_fees = array("Q", [genesis.base_fee])
        self.status = bytearray(1)
        self._segments: list[Segment] = []
        self._file, name = tempfile.mkstemp(prefix="fairmeter-")
        self._end = 0
        self._newest: tuple[Segment, list[bytes]] | None = None
        # the file has no name, and goes with whoever opened it
        Path(name).unlink()
        self._close = weakref.finalize(self, os.close, self._file)

    def __len__(self) -> int:
        return len(self.times)

    def append_empty(self, time: int, base_fee: int) -> None:
        """A block without a transaction."""
        self.times.append(time)
        self.base_fees.append(base_fee)
        self.gas_used.append(0)
        self.status.append(0)

    def append(self, mined: Mined) -> None:
        """Blocks with a transaction each."""
        raw, logs = compress(b"".join(mined.raw)), mined.logs.pack()
        lengths, counts = array("I", map(len, mined.raw)), array("I", mined.log_count.tolist())
        self._segments.append(Segment(len(self), self._end, len(raw), len(logs), lengths, counts, mined.logs.kinds()))
        self._end += os.pwrite(self._file, raw + logs, self._end)
        self.times.extend(mined.times)
        self.base_fees.extend(mined.base_fees)
        self.gas_used.extend(mined.gas_used.tolist())
        self.status.extend(mined.status.tolist())

    def truncate(self, length: int) -> None:
        """Forget the blocks from `length` on, which begin a segment."""
        for column in (self.times, self.gas_used, self.base_fees, self.status):
            del column[length:]
        while self._segments and self._segments[-1].first >= length:
            self._segments.pop()

    def close(self) -> None:
        """Let the file go."""
        self._close()

    def segments(self, first: int, stop: int) -> Iterator[Segment]:
        """Those with transactions of the blocks from `first` to before `stop`."""
        start = max(bisect_right(self._segments, first, key=lambda segment: segment.first) - 1, 0)
        for segment in self._segments[start:]:
            if segment.first >= stop:
                return
            if segment.first + len(segment) > first:
                yield segment

    def raw(self, segment: Segment) -> list[bytes]:
        """The transactions of a segment; those of the last one asked for are at hand."""
        if self._newest is None or self._newest[0] is not segment:
            self._newest = (segment, self._read(segment))
        return self._newest[1]

    def _read(self, segment: Segment) -> list[bytes]:
        joined = decompress(os.pread(self._file, segment.raw_bytes, segment.raw_at))
        ends = np.cumsum(np.frombuffer(segment.raw_lengths, np.uint32), dtype=np.int64).tolist()
        return [joined[end - length : end] for end, length in zip(ends, segment.raw_lengths, strict=True)]

    def logs(self, segment: Segment) -> tuple[Int64s, LogColumns]:
        """How many logs each transaction of a segment has, and all of them."""
        packed = os.pread(self._file, segment.logs_bytes, segment.raw_at + segment.raw_bytes)
        return np.frombuffer(segment.log_counts, np.uint32).astype(np.int64), LogColumns.unpack(packed)

    def log_table(self, first: int, stop: int, topics: Sequence[bytes] = ()) -> pa.Table:
        """The logs of the blocks from `first` to before `stop` in LOG_SCHEMA, transactions counted by their blocks; of
        `topics`, if any are given, all of them and others."""
        tables, wanted = [LOG_SCHEMA.empty_table()], {kind_of(topic) for topic in topics}
        for segment in self.segments(first, stop):
            # most of what a run emits nobody asks for again
            if wanted and wanted.isdisjoint(segment.kinds):
                continue
            counts, logs = self.logs(segment)
            begin, end = max(first - segment.first, 0), min(stop - segment.first, len(segment))
            before, upto = int(counts[:begin].sum()), int(counts[:end].sum())
            numbers = segment.first + np.arange(begin, end)
            tables.append(log_table(numbers, counts[begin:end], logs.part(before, upto)))
        return pa.concat_tables(tables)
