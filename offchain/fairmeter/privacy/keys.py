"""The operator's key of customers' data: in a file that nobody else may read, or in the environment, never in a call.

Keys of files follow from it by HKDF-SHA256 (RFC 5869), a salt each, so that no key ever seals two things.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fairmeter.errors import InputError
from fairmeter.extras import extra

EXTRA: Final = "arrears"
VARIABLE: Final = "FAIRMETER_DATA_KEY"
BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class DataKey:
    """One of the operator's. Nothing that is printed of it shows it."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """What names it in the clear: 16 hexadecimal digits from which it does not follow."""
        return self.derived("name")[:8].hex()

    def derived(self, purpose: str, salt: bytes = b"") -> bytes:
        """32 bytes for one purpose, of which others do not follow. Raises ToolMissingError without `cryptography`."""
        hashes = extra("cryptography.hazmat.primitives.hashes", EXTRA)
        hkdf = extra("cryptography.hazmat.primitives.kdf.hkdf", EXTRA)
        made: bytes = hkdf.HKDF(hashes.SHA256(), BYTES, salt, b"fairmeter data 1 " + purpose.encode()).derive(
            self.secret
        )
        return made


def make_key(path: Path) -> DataKey:
    """A new one in a new file, which its owner alone may read. Raises InputError where there is a file already: what is
    sealed with its key would be lost."""
    key = DataKey(secrets.token_bytes(BYTES))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(f"{path} exists: what is sealed with its key opens with no other") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.secret.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def read_key(path: Path | None) -> DataKey | None:
    """That of a file; without one that of FAIRMETER_DATA_KEY; None where that is not set either.

    Raises InputError, which never shows what it found, for what holds no key, and for a file that others may read.
    """
    if path is None:
        text = os.environ.get(VARIABLE)
        return None if text is None else _key(text, f"environment variable {VARIABLE}")
    try:
        mode, content = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}: `fairmeter privacy key` makes a key") from error
    if mode & 0o077:
        raise InputError(f"{path}: others than its owner may read or write this key: chmod 600")
    return _key(content.decode(errors="replace"), str(path))


def _key(text: str, where: str) -> DataKey:
    try:
        secret = bytes.fromhex(text.strip())
    except ValueError:
        secret = b""
    if len(secret) != BYTES:
        raise InputError(f"{where}: holds no key: expected {2 * BYTES} hexadecimal digits")
    return DataKey(secret)
