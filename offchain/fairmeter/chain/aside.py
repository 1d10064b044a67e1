"""Roots of blocks on another core: a process of its own is handed what was mined and hashes it while the chain goes on.

A thread would not do, since hashing many short values keeps the interpreter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from fairmeter.chain.columns import LogColumns
from fairmeter.chain.roots import block_roots
from fairmeter.chain.worker import Answer, Receive, Worker
from fairmeter.model import Bools, Int64s

MOST_PENDING: Final = 32
"""Requests, each of which keeps its transactions and logs in memory."""


class Aside:
    """Computes `roots.block_roots` elsewhere, one request after another; the process starts with the first."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._pending: deque[Future[bytes]] = deque()
        self._worker: Worker | None = None

    def submit(
        self, raw: Sequence[bytes], status: Bools, gas_used: Int64s, counts: Int64s, logs: LogColumns
    ) -> Future[bytes]:
        """The roots, when they are known; waits where too many are not. Raises ChainError if the process has ended."""
        while len(self._pending) >= MOST_PENDING:
            self._pending.popleft().result()
        self._pending.append(self._thread.submit(self._ask, (raw, status, gas_used, counts, logs)))
        return self._pending[-1]

    @property
    def process_id(self) -> int | None:
        """Of the process; None before the first request."""
        return None if self._worker is None else self._worker.process_id

    def close(self) -> None:
        """End the process; twice does no harm."""
        self._thread.shutdown(cancel_futures=True)
        if self._worker is not None:
            self._worker.close()

    def _ask(self, request: tuple[Any, ...]) -> bytes:
        self._worker = self._worker or Worker("fairmeter.chain.aside", "hashes blocks")
        self._worker.send(request)
        answer: bytes = self._worker.receive()
        return answer


def serve(receive: Receive, answer: Answer) -> None:
    """Answer each request with its blocks' roots."""
    while True:
        answer(block_roots(*receive()))
