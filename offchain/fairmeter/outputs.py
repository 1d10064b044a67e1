"""What a command gives: files named as they should be, there whole or not at all, and a result to print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fairmeter.errors import InputError

Tell = Callable[[str, int, int], None]
"""Phase, how much of it is done, and of how much."""


class Result(Protocol):
    """What a command did: `str` of it is for people."""

    def to_json(self) -> dict[str, Any]:
        """For programs."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a step did: a line for people, and its figures."""

    line: str
    figures: Mapping[str, Any]

    def __str__(self) -> str:
        return self.line

    def to_json(self) -> dict[str, Any]:
        """The figures."""
        return dict(self.figures)


def check_output(out: Path, *endings: str) -> None:
    """Raise InputError unless `out` ends in one of `endings` and lies in a folder that is there."""
    if out.suffix not in endings:
        raise InputError(f"{out}: expected a name that ends in {' or '.join(endings)}")
    if out.is_dir() or not out.parent.is_dir():
        problem = "is a folder" if out.is_dir() else f"the folder {out.parent} does not exist"
        raise InputError(f"{out}: {problem}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place at the end, or is gone if anything went wrong."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
