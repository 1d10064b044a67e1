"""How a run ends: a bundle with its manifest, anchors beside it, there whole or not at all."""

from __future__ import annotations

import json
import resource
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from fairmeter.chain.engine import Engine
from fairmeter.chain.genesis import HARDFORK, Genesis
from fairmeter.chain.keccak import keccak256
from fairmeter.contracts.deploy import Deployment
from fairmeter.errors import InputError

BUNDLE: Final = "bundle"
ANCHORS: Final = "anchors.json"
KIBIBYTE: Final = 1_024
"""Linux counts a process's memory in them."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A chain at the end of a run."""

    engine: Engine
    genesis: Genesis | None
    """None on a foreign chain."""
    deployment: Deployment
    operators: Sequence[bytes]
    last_block: int
    history: bytes
    """The digest of `chain.history`."""

    def manifest(
        self, scenario: Mapping[str, Any], sources: Mapping[str, str], sums: Mapping[str, int]
    ) -> dict[str, object]:
        """What a bundle says of itself, but for its files."""
        engine, head = self.engine, self.engine.block(self.last_block)
        return {
            "fairmeter": version("fairmeter"),
            "chain": {"chain_id": engine.chain_id, "hardfork": HARDFORK, "genesis": self._beginning()},
            "contracts": self.deployment.to_json()["contracts"],
            "operators": self._operators(),
            "scenario": scenario,
            "sources": sources,
            "sums": sums,
            "head": {"block": head.number, "timestamp": head.timestamp, "history": "0x" + self.history.hex()},
        }

    def write_anchors(self, folder: Path, meter_keys: Sequence[bytes]) -> None:
        """What an auditor should have from outside the bundle: `audit --expect`."""
        anchors = {
            "operators": self._operators(),
            "meter_keys": ["0x" + key.hex() for key in meter_keys],
            "bytecode": {
                name: "0x" + keccak256(self.engine.code(address)).hex()
                for name, address in self.deployment.addresses.items()
            },
            "history": "0x" + self.history.hex(),
        }
        (folder / ANCHORS).write_text(json.dumps(anchors, indent=2) + "\n")

    def _operators(self) -> list[str]:
        return ["0x" + operator.hex() for operator in self.operators]

    def _beginning(self) -> dict[str, object] | None:
        genesis = self.genesis
        if genesis is None:
            return None
        return {
            "timestamp": genesis.timestamp,
            "gas_limit": genesis.gas_limit,
            "base_fee": genesis.base_fee,
            "funder": "0x" + genesis.funder.hex(),
            "balance": str(genesis.balance),
        }


def check_empty(out: Path) -> None:
    """Raise InputError where something lies already that would be lost."""
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out} exists and is not empty: choose another --out, or delete it")


def peak_memory() -> int:
    """Bytes, of the whole process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE


@contextmanager
def whole_or_nothing(out: Path) -> Iterator[Path]:
    """A folder beside `out` that becomes `out` at the end, or is gone if anything went wrong."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield folder
        folder.chmod(0o755)
        if out.exists():
            out.rmdir()
        folder.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
