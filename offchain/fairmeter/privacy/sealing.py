r"""A file sealed in parts, so that any size fits into memory: AES-256-GCM (NIST SP 800-38D) by `cryptography`, numbered
parts as in nOAE (Hoang, Reyhanitabar, Rogaway, Vizár, 2015).

    fairmeter sealed\n            what it is
    length ‖ header               JSON in the clear: format, key (its name), salt, kind and name of what is sealed
    length ‖ contents             sealed JSON: rows, columns, bytes
    parts                         1 MiB each, the last one shorter, every one with its tag of 16 bytes

The key follows from the operator's and the salt. A part's nonce is its number, from 1; the contents, which say how many
bytes there are, have 0. Every part is bound to all that stands before the contents: altered, moved, left out or put
into another file, none opens.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Final

from fairmeter.errors import InputError, PrivacyError
from fairmeter.extras import extra
from fairmeter.privacy.keys import EXTRA, DataKey

MAGIC: Final = b"fairmeter sealed\n"
ENDING: Final = ".sealed"
FORMAT: Final = 1
PART: Final = 1 << 20
TAG: Final = 16
SALT: Final = 32
MOST: Final = 1 << 20
"""Bytes of a header, or of contents: more is none."""


class Kind(StrEnum):
    """What is sealed: a file of one kind stands for no other."""

    FEATURES = "features"
    """What customers are graded by."""
    SCORES = "scores"
    CONTACTS = "contacts"
    """Who is reminded where."""
    MESSAGES = "messages"
    """Reminders on their way."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a table, without its rows."""

    rows: int
    columns: tuple[str, ...]
    bytes: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a sealed file says of itself in the clear."""

    format: int
    key: str
    salt: str
    kind: str
    name: str

    def encoded(self) -> bytes:
        """With what stands before it: what every part is bound to."""
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode()
        return MAGIC + len(text).to_bytes(4, "big") + text


class SealedFile:
    """One whose contents have opened with the key; `parts` are what was sealed."""

    def __init__(self, file: BinaryIO, path: Path, key: DataKey) -> None:
        """Raises PrivacyError where it is no such file, of another format, sealed with another key, or altered."""
        self._file, self._path = file, path
        self.header, self._bound = read_header(file, path)
        if self.header.key != key.id:
            raise PrivacyError(f"{path} is sealed with the key {self.header.key}; this one is {key.id}")
        self._cipher = _cipher(key, bytes.fromhex(self.header.salt))
        sealed = _prefixed(file, path)
        contents = json.loads(self._open(sealed, 0, "its beginning"))
        self.contents = Contents(contents["rows"], tuple(contents["columns"]), contents["bytes"])
        self._start = file.tell()

    def parts(self) -> Iterator[bytes]:
        """One after another. Raises PrivacyError for the first that is altered or missing."""
        size = self.contents.bytes
        count = max(-(-size // PART), 1)
        expected, there = self._start + size + count * TAG, os.fstat(self._file.fileno()).st_size
        if there != expected:
            how = "cut short" if there < expected else "longer than what was sealed"
            raise PrivacyError(f"{self._path} is {how}: {there:,} bytes, expected {expected:,}")
        self._file.seek(self._start)
        for number in range(1, count + 1):
            sealed = self._file.read(PART + TAG)
            yield self._open(sealed, number, f"part {number} of {count}")

    def _open(self, sealed: bytes, number: int, which: str) -> bytes:
        exceptions = extra("cryptography.exceptions", EXTRA)
        try:
            plain: bytes = self._cipher.decrypt(_nonce(number), sealed, self._bound)
        except exceptions.InvalidTag as error:
            raise PrivacyError(f"{self._path} has been altered: {which} does not open") from error
        return plain


def parts_of(file: BinaryIO) -> Iterator[bytes]:
    """What `seal` takes, from here on."""
    return iter(lambda: file.read(PART), b"")


def seal(parts: Iterator[bytes], target: BinaryIO, key: DataKey, kind: Kind, name: str, contents: Contents) -> None:
    """Parts of PART bytes but for the last, as many bytes as `contents` says, into `target`. Raises InputError where it
    is more or less."""
    salt = secrets.token_bytes(SALT)
    bound = Header(FORMAT, key.id, salt.hex(), kind.value, name).encoded()
    cipher = _cipher(key, salt)
    told = cipher.encrypt(_nonce(0), json.dumps(asdict(contents), ensure_ascii=False).encode(), bound)
    if len(told) > MOST:
        raise InputError(f"{name}: its columns' names are longer than {MOST:,} bytes")
    target.write(bound + len(told).to_bytes(4, "big") + told)
    count, size = max(-(-contents.bytes // PART), 1), 0
    for number in range(1, count + 1):
        part = next(parts, b"")
        size += len(part)
        target.write(cipher.encrypt(_nonce(number), part, bound))
    if size != contents.bytes or next(parts, b""):
        raise InputError(f"{name}: has changed while it was sealed")


def name_of(path: Path, header: Header, kind: Kind) -> str:
    """What the sealed file is called in the clear. Raises PrivacyError where it is of another kind, or renamed."""
    if header.kind != kind:
        raise PrivacyError(f"{path} has {header.kind} and cannot stand for {kind}")
    if path.name != header.name + ENDING:
        raise PrivacyError(f"{path} was sealed as {header.name}{ENDING}: another name is another file's")
    return header.name


def is_sealed(path: Path) -> bool:
    """By its first bytes. Raises InputError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def read_header(file: BinaryIO, path: Path) -> tuple[Header, bytes]:
    """And its bytes, with what stands before it."""
    if file.read(len(MAGIC)) != MAGIC:
        raise PrivacyError(f"{path} is not sealed")
    text = _prefixed(file, path)
    try:
        fields = json.loads(text)
        format_ = fields["format"]
        if format_ == FORMAT:
            found = Header(**fields)
            bytes.fromhex(found.salt)
            return found, MAGIC + len(text).to_bytes(4, "big") + text
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PrivacyError(f"{path} has been altered: its header cannot be read") from error
    raise PrivacyError(f"{path} is sealed in format {format_!r}; expected {FORMAT}")


def _prefixed(file: BinaryIO, path: Path) -> bytes:
    size = int.from_bytes(file.read(4), "big")
    found = file.read(size) if size <= MOST else b""
    if not size or len(found) != size:
        raise PrivacyError(f"{path} has been altered, or cut short in its beginning")
    return found


def _cipher(key: DataKey, salt: bytes) -> Any:
    aead: Callable[[bytes], Any] = extra("cryptography.hazmat.primitives.ciphers.aead", EXTRA).AESGCM
    return aead(key.derived("file", salt))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
