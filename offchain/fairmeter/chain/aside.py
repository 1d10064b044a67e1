"""Roots of blocks on another core: a process of its own is handed what was mined and hashes it while the chain goes on.

A thread would not do, since hashing many short values keeps the interpreter.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Final

from fairmeter.chain.columns import LogColumns
from fairmeter.chain.roots import Roots, block_roots
from fairmeter.errors import ChainError
from fairmeter.model import Bools, Int64s

MOST_PENDING: Final = 32
"""Requests, each of which keeps its transactions and logs in memory."""
PACKAGES: Final = str(Path(__file__).resolve().parents[2])
PROGRAM: Final = "import sys; sys.path.insert(0, sys.argv[1]); from fairmeter.chain.aside import serve; serve()"


class Aside:
    """Computes `roots.block_roots` elsewhere, one request after another; the process starts with the first."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._pending: deque[Future[list[Roots]]] = deque()
        self._process: subprocess.Popen[bytes] | None = None
        self._stop: Callable[[], object] | None = None

    def submit(
        self, raw: Sequence[bytes], status: Bools, gas_used: Int64s, counts: Int64s, logs: LogColumns
    ) -> Future[list[Roots]]:
        """The roots, when they are known; waits where too many are not. Raises ChainError if the process has ended."""
        while len(self._pending) >= MOST_PENDING:
            self._pending.popleft().result()
        self._pending.append(self._thread.submit(self._ask, (raw, status, gas_used, counts, logs)))
        return self._pending[-1]

    @property
    def process_id(self) -> int | None:
        """Of the process; None before the first request."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the process; twice does no harm."""
        self._thread.shutdown(cancel_futures=True)
        if self._stop is not None:
            self._stop()

    def _ask(self, request: tuple[Any, ...]) -> list[Roots]:
        process = self._process or self._start()
        try:
            pickle.dump(request, _pipe(process.stdin), pickle.HIGHEST_PROTOCOL)
            _pipe(process.stdin).flush()
            answer: list[Roots] = pickle.load(_pipe(process.stdout))  # noqa: S301 - our own process wrote it
        except (OSError, EOFError) as error:
            raise ChainError(f"the process that hashes blocks has ended: {process.poll()}") from error
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        # of a session of its own: an interrupted run ends it, and not the terminal
        command = [sys.executable, "-c", PROGRAM, PACKAGES]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True)  # noqa: S603 - our own interpreter and program
        self._stop = weakref.finalize(self, _end, self._process)
        return self._process


def serve() -> None:
    """Answer the requests that come by the pipe until there are no more."""
    with open(0, "rb") as requests, open(1, "wb") as answers:
        while True:
            try:
                raw, status, gas_used, counts, logs = pickle.load(requests)  # noqa: S301 - our parent wrote it
            except EOFError:
                return
            pickle.dump(block_roots(raw, status, gas_used, counts, logs), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ChainError("the process that hashes blocks has no pipe")
    return pipe
