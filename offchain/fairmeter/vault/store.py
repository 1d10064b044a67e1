"""Where ciphertexts lie: a folder, or a bucket of any S3-compatible service, under names that are their hashes.

What is read is hashed again: a store can lose an object or keep it back, and never give another one.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Final, Protocol

from fairmeter.chain.keccak import keccak256
from fairmeter.errors import InputError, VaultError
from fairmeter.extras import extra
from fairmeter.outputs import replacing

BUCKET: Final = "s3://"
OBJECTS: Final = "objects"
PATIENCE: Final = dt.timedelta(seconds=20)
"""With a service that does not answer."""


class Store(Protocol):
    """Bytes by name; names have `/` between their parts."""

    def write(self, name: str, data: bytes) -> None:
        """Keep them, in place of what was there. Raises InputError if it cannot."""

    def read(self, name: str) -> bytes | None:
        """None where there is nothing. Raises InputError if it cannot be read."""

    def names(self, folder: str) -> list[str]:
        """Whole names of what lies in a folder or below, in order."""


class Folder:
    """A store in a folder of its own; made where it is not there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, name: str, data: bytes) -> None:
        """Whole or not at all."""
        path = self._path / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{path.parent}: cannot be made: {error.strerror}") from error
        with replacing(path) as part:
            part.write_bytes(data)

    def read(self, name: str) -> bytes | None:
        """A file's bytes."""
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(f"{self._path / name}: cannot be read: {error.strerror}") from error

    def names(self, folder: str) -> list[str]:
        """Files, without those that are being written."""
        found = (self._path / folder).rglob("*")
        return sorted(
            path.relative_to(self._path).as_posix()
            for path in found
            if path.is_file() and not path.name.startswith(".")
        )


class Bucket:
    """A store in an S3-compatible bucket: s3://bucket/prefix; endpoint, region and keys are those of the environment
    (AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)."""

    def __init__(self, url: str) -> None:
        self._obstore = extra("obstore", "vault")
        self._url = url
        try:
            self._store: Any = self._obstore.store.from_url(
                url, client_options={"allow_http": True}, retry_config={"max_retries": 3, "retry_timeout": PATIENCE}
            )
        except (ValueError, self._obstore.exceptions.BaseError) as error:
            raise InputError(f"{url}: is no bucket: {error}") from error

    def write(self, name: str, data: bytes) -> None:
        """By one PUT."""
        try:
            self._ask(self._obstore.put, name, data)
        except FileNotFoundError as error:
            raise InputError(f"{self._url}: there is no such bucket") from error

    def read(self, name: str) -> bytes | None:
        """By one GET."""
        try:
            return bytes(self._ask(self._obstore.get, name).bytes())
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        """Of all objects under the prefix."""
        return sorted(one["path"] for page in self._ask(self._obstore.list, folder + "/") for one in page)

    def _ask(self, function: Any, *arguments: Any) -> Any:
        try:
            return function(self._store, *arguments)
        except FileNotFoundError:
            raise
        except self._obstore.exceptions.BaseError as error:
            raise InputError(f"{self._url}: {str(error).splitlines()[0]}") from error


def open_store(where: str) -> Store:
    """A folder by its path, or a bucket by its URL, s3://bucket/prefix. Raises InputError for another URL."""
    if where.startswith(BUCKET):
        return Bucket(where)
    if "://" in where:
        raise InputError(f"{where}: expected a folder, or {BUCKET}BUCKET/PREFIX")
    return Folder(Path(where))


class Objects:
    """Objects of a store by their keccak256 hashes."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def put(self, data: bytes) -> bytes:
        """Keep them, and give their hash."""
        name = keccak256(data)
        self.store.write(f"{OBJECTS}/{name.hex()}", data)
        return name

    def get(self, name: bytes) -> bytes:
        """What has that hash. Raises VaultError where it is missing or is something else."""
        data = self.store.read(f"{OBJECTS}/{name.hex()}")
        if data is None:
            raise VaultError(f"the object 0x{name.hex()} is not in the store")
        if keccak256(data) != name:
            raise VaultError(f"the object 0x{name.hex()} of the store is another one")
        return data

    def problem(self, name: bytes) -> str | None:
        """What `get` would say of it; None where it is there as it was put."""
        try:
            self.get(name)
        except VaultError as error:
            return str(error)
        return None
