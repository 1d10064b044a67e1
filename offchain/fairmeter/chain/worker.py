"""A process beside this one, for work that would keep the interpreter: asked by a pipe, it answers by another."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from fairmeter.errors import ChainError

PACKAGES: Final = str(Path(__file__).resolve().parents[2])
PROGRAM: Final = (
    "import importlib, sys; sys.path.insert(0, sys.argv[1]); "
    "from fairmeter.chain.worker import answer; answer(importlib.import_module(sys.argv[2]).serve)"
)

Receive = Callable[[], Any]
"""The next request; raises EOFError where none will come."""
Answer = Callable[[object], None]


class Worker:
    """Runs `serve(receive, answer)` of a module of ours; ends with its parent. `does` is what errors call it by."""

    def __init__(self, module: str, does: str) -> None:
        # of a session of its own: an interrupted run ends it, and not the terminal
        command, pipe = [sys.executable, "-c", PROGRAM, PACKAGES, module], subprocess.PIPE
        self._does = does
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True)  # noqa: S603 - our own interpreter and program
        self.close = weakref.finalize(self, _end, self._process)
        """End the process; twice does no harm."""

    @property
    def process_id(self) -> int:
        """Of the process."""
        return self._process.pid

    def send(self, request: object) -> None:
        """Hand over a request. Raises ChainError if the process has ended."""
        try:
            pickle.dump(request, _pipe(self._process.stdin), pickle.HIGHEST_PROTOCOL)
            _pipe(self._process.stdin).flush()
        except OSError as error:
            raise self._ended() from error

    def receive(self) -> Any:
        """The next answer, waited for. Raises ChainError if the process has ended."""
        try:
            return pickle.load(_pipe(self._process.stdout))  # noqa: S301 - our own process wrote it
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise self._ended() from error

    def _ended(self) -> ChainError:
        self._process.communicate()
        return ChainError(f"the process that {self._does} has ended: {self._process.returncode}")


def answer(serve: Callable[[Receive, Answer], None]) -> None:
    """In the process itself: serve until no request comes, or nobody is there to read the answers."""
    requests, answers = open(0, "rb", closefd=False), open(1, "wb", closefd=False)  # noqa: SIM115 - open as long as the process is

    def tell(value: object) -> None:
        pickle.dump(value, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()

    try:
        serve(lambda: pickle.load(requests), tell)  # noqa: S301 - our parent wrote it
    except EOFError:
        return
    except BrokenPipeError:
        # at once: an orderly end would try again to write what nobody reads
        os._exit(0)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ChainError("a process was started without pipes")
    return pipe
