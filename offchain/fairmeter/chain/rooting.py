"""The roots of a chain's blocks: of a long chain's computed in another process while the chain goes on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from itertools import repeat
from typing import Final

import numpy as np

from fairmeter.chain.aside import Aside
from fairmeter.chain.columns import LogColumns
from fairmeter.chain.roots import EMPTY_ROOT, PAIR, Roots, block_roots, root_pairs
from fairmeter.chain.spool import History, Mined, Segment
from fairmeter.model import Bools, Int64s

LOGS_OF_A_LONG_CHAIN: Final = 30_000
"""From which on another process is worth its start."""

Blocks = tuple[list[bytes], Bools, Int64s, Int64s, LogColumns]
"""As `block_roots` takes them."""


class Rooting:
    """Of the blocks of one history, with a transaction each or none."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._aside = Aside()
        self._coming: dict[int, Future[bytes]] = {}
        """By a segment's first block."""
        self._logs = 0

    def mined(self, first: int, mined: Mined) -> None:
        """The blocks from `first` on are in the history: of a long chain, have them hashed, and those before."""
        self._logs += len(mined.logs)
        if self._logs > LOGS_OF_A_LONG_CHAIN:
            if not self._coming:
                for one in self._history.segments(1, first):
                    self._coming[one.first] = self._aside.submit(*self._blocks(one, 0, len(one)))
            newest = (mined.raw, mined.status, mined.gas_used, mined.log_count, mined.logs)
            self._coming[first] = self._aside.submit(*newest)

    def forget(self, length: int) -> None:
        """The history was cut: its blocks from `length` on are others, if any come."""
        self._coming = {first: work for first, work in self._coming.items() if first < length}

    def roots(self, numbers: range) -> Iterator[Roots]:
        """Of transactions and receipts, a pair a block; `numbers` with step 1."""
        number = numbers.start
        for segment in self._history.segments(numbers.start, numbers.stop):
            begin, end = (min(max(at - segment.first, 0), len(segment)) for at in (numbers.start, numbers.stop))
            yield from repeat((EMPTY_ROOT, EMPTY_ROOT), segment.first + begin - number)
            number = segment.first + end
            coming = self._coming.get(segment.first)
            if coming is None:
                yield from root_pairs(block_roots(*self._blocks(segment, begin, end)))
            else:
                yield from root_pairs(coming.result()[PAIR * begin : PAIR * end])
        yield from repeat((EMPTY_ROOT, EMPTY_ROOT), numbers.stop - number)

    def close(self) -> None:
        """End the process; twice does no harm."""
        self._aside.close()

    def _blocks(self, segment: Segment, begin: int, end: int) -> Blocks:
        """The blocks of a segment from its `begin`th to before its `end`th."""
        counts, logs = self._history.logs(segment)
        own = slice(segment.first + begin, segment.first + end)
        return (
            self._history.raw(segment)[begin:end],
            np.frombuffer(self._history.status[own], np.bool_),
            np.array(self._history.gas_used[own], np.int64),
            counts[begin:end],
            logs.part(int(counts[:begin].sum()), int(counts[:end].sum())),
        )
