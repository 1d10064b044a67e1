"""How operators hand one another what they signed. There is no coordinator: each publishes its own attestations and
reads the others', and whoever has a quorum's submits them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from fairmeter.chain.keccak import keccak256
from fairmeter.errors import InputError

FIELDS = {"evidence_root": 32, "verdict_commitment": 32, "signature": 64}
"""Bytes of each."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """What one operator says of a batch, and its signature over it."""

    batch: int
    operator: int
    """Its number in the set."""
    evidence_root: bytes
    verdict_commitment: bytes
    signature: bytes
    """r ‖ vs (EIP-2098), 64 bytes."""

    @property
    def content(self) -> tuple[bytes, bytes]:
        """What must be the same for signatures to count together."""
        return self.evidence_root, self.verdict_commitment

    def to_json(self) -> dict[str, Any]:
        """Bytes as hexadecimal text."""
        texts = {name: "0x" + getattr(self, name).hex() for name in FIELDS}
        return {"batch": self.batch, "operator": self.operator, **texts}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """The reverse of `to_json`; raises InputError for anything else."""
        try:
            parts = {name: bytes.fromhex(fields[name].removeprefix("0x")) for name in FIELDS}
            made = cls(batch=int(fields["batch"]), operator=int(fields["operator"]), **parts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"is not an attestation: {error}") from error
        for name, size in FIELDS.items():
            if len(parts[name]) != size:
                raise InputError(f"is not an attestation: {name} has {len(parts[name])} bytes, expected {size}")
        return made


class Exchange(Protocol):
    """Where attestations lie."""

    def publish(self, attestation: Attestation) -> None:
        """Leave an attestation for the others; the same once more changes nothing."""
        ...

    def read(self, batch: int) -> list[Attestation]:
        """Every attestation of a batch that anyone left, by operator; nothing of it is to be believed unchecked."""
        ...


class FolderExchange:
    """A folder that all operators of one machine, or of one shared disk, can write: a file an attestation, each whole
    or not there (written aside, synchronised, then named)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.refused: dict[str, str] = {}
        """Files that hold no attestation, and why."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot be used as an exchange: {error.strerror}") from error

    def publish(self, attestation: Attestation) -> None:
        """Write the attestation's file; raises InputError if the folder cannot be written."""
        content = json.dumps(attestation.to_json()).encode()
        # named by its content: nobody can take another's name, or hide it behind a file of the same
        name = f"{attestation.batch}-{attestation.operator}-{keccak256(content)[:8].hex()}.json"
        path = self._folder / name
        part = path.with_suffix(f".part{os.getpid()}")
        try:
            if path.exists() and path.read_bytes() == content:
                return
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise InputError(f"{self._folder}: cannot be written: {error.strerror}") from error

    def read(self, batch: int) -> list[Attestation]:
        """What lies in the folder for `batch`; files that hold no attestation of it are in `refused`."""
        return list(self._read(batch))

    def _read(self, batch: int) -> Iterator[Attestation]:
        for path in sorted(self._folder.glob(f"{batch}-*.json")):
            try:
                found = Attestation.from_json(json.loads(path.read_bytes()))
            except (OSError, ValueError, InputError) as error:
                self.refused[path.name] = str(error)
                continue
            if found.batch == batch:
                yield found
            else:
                self.refused[path.name] = f"is of batch {found.batch}"
