"""Who read customers' data, when, what of it, and what for: a file of JSON lines that only grows.

Every line has the SHA-256 of the line before, so that none can be changed, moved or taken out from between others
without a trace. Who can write the file can cut off its end, or write all of it anew: what shows that is the hash of a
line, noted elsewhere.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Final

from fairmeter.errors import InputError, PrivacyError

OPERATOR: Final = "FAIRMETER_OPERATOR"
NOTHING: Final = "0" * 64
"""Before the first line."""
TAIL: Final = 1 << 16
BEGIN: Final = b'{"at": "'
"""Of every line."""


class Act(StrEnum):
    """What was done to a file."""

    READ = "read"
    SEALED = "sealed"
    ROTATED = "rotated"
    """Sealed again, with another key."""


@dataclass(frozen=True, slots=True)
class Access:
    """One line, but for what the log knows itself."""

    act: Act
    file: str
    """Its path, as it was given."""
    name: str
    """What it is called in the clear."""
    kind: str
    sha256: str
    """Of the file as it lies on the disk."""
    key: str | None
    """The name of the key; None of a file that is not sealed."""
    rows: int
    columns: Sequence[str]
    purpose: str


class AccessLog:
    """A file, made with its first line, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, access: Access) -> None:
        """Write a line; it is on the disk when this returns. Raises InputError where it cannot, PrivacyError where the
        last line is none."""
        with self._locked() as file:
            self._drop_torn(file)
            last = _last(file)
            previous = NOTHING if last is None else _hash(last)
            if last is not None:
                _parsed(self.path, last, None)
            line = {"at": datetime.now(UTC).isoformat(), **who(), **asdict(access), "previous": previous}
            file.seek(0, os.SEEK_END)
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> list[dict[str, Any]]:
        """All lines, checked. Raises PrivacyError for the first that does not follow from the line before it."""
        if not self.path.exists():
            return []
        found, previous = [], NOTHING
        with self._locked() as file:
            self._drop_torn(file)
            file.seek(0)
            for number, line in enumerate(file, 1):
                entry = _parsed(self.path, line[:-1], number)
                if entry["previous"] != previous:
                    raise PrivacyError(f"{self.path}: line {number} does not follow from the line before it")
                previous = _hash(line[:-1])
                found.append({**entry, "line": previous})
        return found

    def check_newest(self, path: Path, name: str, sha256: str) -> None:
        """Raises PrivacyError where another file was sealed under this name after the one with this hash."""
        sealed = [one for one in self.entries() if one["name"] == name and one["act"] != Act.READ]
        if sealed and sha256 != sealed[-1]["sha256"] and any(one["sha256"] == sha256 for one in sealed):
            raise PrivacyError(f"{path} is older than the {name} that was sealed at {sealed[-1]['at']}")

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        """The file, for one process at a time."""
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written: {error.strerror}") from error
        with os.fdopen(handle, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _drop_torn(self, file: BinaryIO) -> None:
        """What a crash left of a line: what it was to allow has not happened. What is none of ours stays."""
        size = file.seek(0, os.SEEK_END)
        torn = _tail(file, size)
        if torn[: len(BEGIN)] != BEGIN[: len(torn)]:
            raise PrivacyError(f"{self.path}: is no access log")
        file.truncate(size - len(torn))


def who() -> dict[str, str]:
    """The operator's name, if FAIRMETER_OPERATOR has one, and the user's on this machine."""
    number = os.getuid()
    try:
        user = pwd.getpwuid(number).pw_name
    except KeyError:
        user = str(number)
    return {"operator": os.environ.get(OPERATOR, ""), "user": user}


def _parsed(path: Path, line: bytes, number: int | None) -> dict[str, Any]:
    where = "the last line" if number is None else f"line {number}"
    try:
        entry = json.loads(line)
        if isinstance(entry, dict) and {"previous", "name", "act", "sha256", "at"} <= entry.keys():
            return entry
    except ValueError:
        pass
    raise PrivacyError(f"{path}: {where} is none of an access log's")


def _last(file: BinaryIO) -> bytes | None:
    """The last line, without its end; there is nothing behind it."""
    size = file.seek(0, os.SEEK_END)
    return _tail(file, size - 1) if size else None


def _tail(file: BinaryIO, end: int) -> bytes:
    """What stands between the last end of a line before `end` and that."""
    found, start = b"", end
    while start and b"\n" not in found:
        start = max(start - TAIL, 0)
        file.seek(start)
        found = file.read(end - start)
    return found.rpartition(b"\n")[2]


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
