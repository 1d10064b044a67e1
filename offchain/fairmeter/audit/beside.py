"""What rests on the tables alone, checked while the chain is replayed: in a process of its own, since both keep the
interpreter."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self

from fairmeter.audit.ahead import ahead
from fairmeter.audit.findings import Progress
from fairmeter.audit.manifest import Manifest
from fairmeter.audit.recorded import Recorded, read_recorded
from fairmeter.audit.source import Source
from fairmeter.bundle import Bundle
from fairmeter.chain.worker import Answer, Receive, Worker
from fairmeter.errors import FairmeterError

MANY_BILLS: Final = 20_000
"""Whose tables take longer than a process takes to start."""


class Beside:
    """`recorded.read_recorded` in another process, which begins at once."""

    def __init__(self, bundle: Bundle, manifest: Manifest, source: Source | None, progress: Progress) -> None:
        self._worker = Worker("fairmeter.audit.beside", "checks the tables")
        self._progress = progress
        self._recorded = ahead(lambda: self._listen((bundle, manifest, source)))

    def recorded(self) -> Recorded:
        """What it came to, waited for. Raises what `read_recorded` raises, and ChainError if the process has ended."""
        return self._recorded.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.close()

    def _listen(self, request: tuple[Any, ...]) -> Recorded:
        self._worker.send(request)
        while isinstance(answer := self._worker.receive(), tuple):
            self._progress(*answer)
        if isinstance(answer, FairmeterError):
            raise answer
        recorded: Recorded = answer
        return recorded


def serve(receive: Receive, answer: Answer) -> None:
    """Answer one request: with progress as it is made, then with what the tables came to, or the error."""
    bundle, manifest, source = receive()
    try:
        answer(read_recorded(bundle, manifest, source, lambda *made: answer(made)))
    except FairmeterError as error:
        answer(error)
