"""Work on the next while the last is used: what needs no chain is done in a thread while the chain executes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")

END: Final = object()
SWITCH_SECONDS: Final = 0.0005
"""How long a thread may keep the interpreter from the one that feeds the chain; Python's own default is ten times as
long as a large transaction takes."""


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The items in their order, each computed while the one before is in use."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, END)
        while (item := coming.result()) is not END:
            coming = thread.submit(next, items, END)
            yield item  # type: ignore[misc]  # END never comes here


@contextmanager
def quick_switches() -> Iterator[None]:
    """Let threads take turns more often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
