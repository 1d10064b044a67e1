"""A task in a thread that nobody waits for who no longer wants its result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def ahead(task: Callable[[], T]) -> Future[T]:
    """Begins at once; an interpreter that ends first ends it."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(task())
        except BaseException as error:  # noqa: BLE001 (whoever asks for the result is told)
            done.set_exception(error)

    Thread(target=run, daemon=True).start()
    return done
