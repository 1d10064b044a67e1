"""What the compiler made of one contract: interface and bytecode, as shipped with the package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairmeter.chain.abi import Interface, Item
from fairmeter.errors import InputError


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract."""

    name: str
    abi: tuple[Item, ...]
    bytecode: bytes
    """What creates it; the constructor's arguments follow."""
    deployed_bytecode: bytes
    """What it is once created, immutables being zero."""
    immutable_references: Mapping[str, Any]
    """Where in `deployed_bytecode` the immutables stand, as the compiler lists them: start and length in bytes."""
    compiler: Mapping[str, Any]
    """`version` and `settings`."""

    def interface(self, *others: Artifact) -> Interface:
        """The codec of its ABI, which also knows the errors of `others` that it calls into."""
        return Interface(self.name, self.abi, [other.abi for other in others])

    def to_json(self) -> str:
        """The same text every time, keys sorted."""
        fields = {
            "contractName": self.name,
            "abi": list(self.abi),
            "bytecode": f"0x{self.bytecode.hex()}",
            "deployedBytecode": f"0x{self.deployed_bytecode.hex()}",
            "immutableReferences": self.immutable_references,
            "compiler": self.compiler,
        }
        return json.dumps(fields, indent=1, sort_keys=True) + "\n"

    @classmethod
    def load(cls, path: Path) -> Artifact:
        """Read what `to_json` wrote; InputError that names the file if it is not that."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                name=fields["contractName"],
                abi=tuple(fields["abi"]),
                bytecode=_bytes(fields["bytecode"]),
                deployed_bytecode=_bytes(fields["deployedBytecode"]),
                immutable_references=fields["immutableReferences"],
                compiler=fields["compiler"],
            )
        except OSError as error:
            raise InputError(f"artifact {path} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"artifact {path} is not one that the compile command writes: {error}") from error


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
