"""Cuts what is many into what is sent at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar


class Sliceable(Protocol):
    """A list, a tuple or an array."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> Any: ...


S = TypeVar("S", bound=Sliceable)


def pieces(whole: S, size: int) -> Iterator[S]:
    """Parts of `whole` in order, each of `size` but the last."""
    return (whole[start : start + size] for start in range(0, len(whole), size))
