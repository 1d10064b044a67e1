"""Python's garbage collector, kept from going through what is no garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def frozen(*, long: bool) -> Iterator[None]:
    """While something `long` is done, have the collector leave alone what is there already: going through a million
    objects of imported packages takes it a tenth of a second, again and again. It does so once more afterwards, by
    which what is short would lose."""
    if not long:
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
