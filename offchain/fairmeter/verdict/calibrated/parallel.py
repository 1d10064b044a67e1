"""Independent rows in two threads: NumPy and the trees let go of the interpreter while they work, and no row's result
depends on where it is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_THREADS: Final = 2

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(work: Callable[[Item], Result], items: list[Item]) -> Iterator[Result]:
    """The results in the order of the items, each as soon as it and all before it are there."""
    with ThreadPoolExecutor(_THREADS) as pool:
        yield from pool.map(work, items)


def chunks(rows: int, size: int) -> list[slice]:
    """Slices of `size` that cover `rows`."""
    return [slice(begin, begin + size) for begin in range(0, rows, size)]
