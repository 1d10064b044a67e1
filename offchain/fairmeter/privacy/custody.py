"""How a command gets at customers' data: sealed files as others, and every reading in the log before it happens."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from fairmeter.errors import InputError
from fairmeter.outputs import check_output, replacing
from fairmeter.privacy.access import Access, AccessLog, Act
from fairmeter.privacy.keys import VARIABLE, DataKey
from fairmeter.privacy.sealing import (
    ENDING,
    Contents,
    Kind,
    SealedFile,
    is_sealed,
    name_of,
    parts_of,
    read_header,
    seal,
)

_READERS: Final[Mapping[str, Callable[[Path | BinaryIO], pl.DataFrame]]] = {
    ".csv": pl.read_csv,
    ".parquet": pl.read_parquet,
}


@dataclass(frozen=True, slots=True)
class Custody:
    """The operator's key and access log, and what a command reads customers' data for. Without a key it opens nothing
    that is sealed; without a log neither, and what is not sealed is read unseen."""

    purpose: str = ""
    key: DataKey | None = None
    log: AccessLog | None = None

    def read(self, path: Path, kind: Kind) -> pl.DataFrame:
        """A table, sealed (NAME.csv.sealed, NAME.parquet.sealed) or not; noted in the log before a sealed one's rows
        are opened, and before any other's are given away.

        Raises InputError where it is no table, has no rows, or is sealed and key or log are missing; PrivacyError where
        it does not open, is of another kind, or older than what was sealed under its name.
        """
        if is_sealed(path):
            with self._opened(path, kind, Act.READ) as (sealed, name):
                buffer = io.BytesIO()
                for part in sealed.parts():
                    buffer.write(part)
            buffer.seek(0)
            return _parsed(buffer, Path(name).suffix, path)
        frame = _parsed(path, path.suffix, path)
        if self.log is not None:
            contents = Contents(len(frame), tuple(frame.columns), 0)
            self.log.append(self._access(Act.READ, path, path.name, kind, None, contents))
        return frame

    def check_output(self, out: Path) -> None:
        """Raises InputError unless `write` can write there, before anything is computed for it."""
        if out.suffix == ENDING:
            self._both(out)
        check_output(out.with_name(out.name.removesuffix(ENDING)), ".parquet")

    def write(self, frame: pl.DataFrame, out: Path, kind: Kind) -> None:
        """A table as Parquet; sealed where the name says so (NAME.parquet.sealed), and then never in the clear on the
        disk. Raises InputError as `read` does."""
        if out.suffix != ENDING:
            with replacing(out) as part:
                frame.write_parquet(part)
            return
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        contents = Contents(len(frame), tuple(frame.columns), buffer.tell())
        buffer.seek(0)
        self.seal_parts(parts_of(buffer), out, kind, contents, Act.SEALED)

    def seal(self, path: Path, kind: Kind) -> Path:
        """A table sealed beside itself, as NAME.sealed, in place of an older one. Raises InputError for what is no
        table."""
        contents, out = contents_of(path), path.with_name(path.name + ENDING)
        with path.open("rb") as file:
            self.seal_parts(parts_of(file), out, kind, contents, Act.SEALED)
        return out

    def unseal(self, path: Path, out: Path) -> Contents:
        """What was sealed, in the clear, readable by its owner alone; whole and unaltered, or not at all."""
        with replacing(out) as part, self._opened(path, None, Act.READ) as (sealed, _):
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.writelines(sealed.parts())
        return sealed.contents

    def rotate(self, path: Path, new: DataKey) -> bool:
        """Seal a file again with the `new` key, in its place; False if it was already. Killed at any point, the file is
        whole and of one of the two keys."""
        if sealed_by(path) == new.id:
            return False
        with self._opened(path, None, Act.READ) as (sealed, _):
            kind = Kind(sealed.header.kind)
            again = Custody(self.purpose, new, self.log)
            again.seal_parts(sealed.parts(), path, kind, sealed.contents, Act.ROTATED)
        return True

    def needed_for(self, path: Path) -> DataKey:
        """The key, for a database that is sealed. Raises InputError without key and log."""
        return self._both(path)[0]

    def note(self, path: Path, kind: Kind, rows: int, columns: Sequence[str], act: Act = Act.READ) -> None:
        """Say that rows of a database are read. Raises InputError without key and log."""
        key, log = self._both(path)
        log.append(self._access(act, path, path.name, kind, key, Contents(rows, tuple(columns), 0)))

    def seal_parts(self, parts: Iterator[bytes], out: Path, kind: Kind, contents: Contents, act: Act) -> None:
        """What `contents` are of, into a file in place of an older one, and into the log."""
        key, log = self._both(out)
        name = out.name.removesuffix(ENDING)
        with replacing(out) as part:
            with part.open("wb") as file:
                seal(parts, file, key, kind, name, contents)
                file.flush()
                os.fsync(file.fileno())
            sha256 = _sha256(part)
        # only now: killed before, the log would call the file that is still there an older one
        log.append(self._access(act, out, name, kind, key, contents, sha256))

    @contextmanager
    def _opened(self, path: Path, kind: Kind | None, act: Act) -> Iterator[tuple[SealedFile, str]]:
        """The file and its name in the clear, once the log has it on the disk; of any kind where `kind` is None."""
        key, log = self._both(path)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            sealed = SealedFile(file, path, key)
            is_of = Kind(sealed.header.kind) if kind is None else kind
            name = name_of(path, sealed.header, is_of)
            log.check_newest(path, name, sha256)
            log.append(self._access(act, path, name, is_of, key, sealed.contents, sha256))
            yield sealed, name

    def _access(
        self, act: Act, path: Path, name: str, kind: Kind, key: DataKey | None, contents: Contents,
        sha256: str | None = None,
    ) -> Access:  # fmt: skip
        return Access(
            act, str(path), name, kind.value, sha256 or _sha256(path), None if key is None else key.id,
            contents.rows, contents.columns, self.purpose,
        )  # fmt: skip

    def _both(self, path: Path) -> tuple[DataKey, AccessLog]:
        if self.key is None:
            raise InputError(f"{path} is sealed: give its key by --data-key, or {VARIABLE}")
        if self.log is None:
            raise InputError(f"{path} is sealed, and reading it has to be logged: give --access-log")
        return self.key, self.log


def sealed_by(path: Path) -> str:
    """The name of the key that a file says it is sealed with. Raises PrivacyError for one that is not sealed."""
    with path.open("rb") as file:
        return read_header(file, path)[0].key


def contents_of(path: Path) -> Contents:
    """Rows, columns and bytes of a table that is not sealed, read in pieces. Raises InputError for anything else."""
    if is_sealed(path):
        raise InputError(f"{path} is sealed already")
    scans: dict[str, Callable[[Path], pl.LazyFrame]] = {".csv": pl.scan_csv, ".parquet": pl.scan_parquet}
    if path.suffix not in scans:
        raise InputError(f"{path}: expected a .csv or .parquet file")
    try:
        scan = scans[path.suffix](path)
        rows = scan.select(pl.len()).collect().item()
        return Contents(rows, tuple(scan.collect_schema().names()), path.stat().st_size)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unreadable(path, error) from error


def _parsed(source: Path | BinaryIO, suffix: str, path: Path) -> pl.DataFrame:
    if suffix not in _READERS:
        raise InputError(f"{path}: expected a .csv or .parquet file, or such a one sealed")
    try:
        frame = _READERS[suffix](source)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unreadable(path, error) from error
    if frame.is_empty():
        raise InputError(f"{path}: no rows")
    return frame


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: cannot be read: {' '.join(str(error).split())}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
