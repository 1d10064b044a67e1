"""The evidence of a batch: its leaves hashed again from what the bundle shows, and each bill's readings taken from it.

The leaf's layout is the one that contracts and operators agree on (contracts/packing.py); here it is read, not packed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fairmeter.chain.keccak import keccak256
from fairmeter.chain.merkle import merkle_root
from fairmeter.contracts.packing import EVIDENCE_DOMAIN, READING_BYTES
from fairmeter.units import MAX_REFERENCE_DAYS, date_of, day_of, reference_date


@dataclass(frozen=True, slots=True)
class Leaf:
    """One bill's evidence, as the table has it."""

    reference_start: int
    """Days since 1970-01-01."""
    reference_days: int
    readings: bytes
    """5 bytes a day."""
    missing: bytes
    salt: bytes

    def hash(self, prefix: bytes, index: int, word: bytes) -> bytes:
        """The leaf in its batch's tree."""
        place = prefix + index.to_bytes(2, "big") + word
        period = self.reference_start.to_bytes(2, "big") + self.reference_days.to_bytes(1, "big")
        return keccak256(place + period + self.readings + self.missing + self.salt)

    def values(self) -> list[int | None]:
        """One entry a day of the reference period, base units; None where missing."""
        missing = int.from_bytes(self.missing, "big")
        return [
            None if missing >> day & 1 else int.from_bytes(self.readings[at : at + READING_BYTES], "big")
            for day, at in enumerate(range(0, len(self.readings), READING_BYTES))
        ]

    def problem(self) -> tuple[str, str] | None:
        """What is expected of the leaf's form and not so, if anything: it is written in one way only, so that no bit of
        it is without meaning."""
        if not 1 <= self.reference_days <= MAX_REFERENCE_DAYS:
            return f"1..{MAX_REFERENCE_DAYS} days", f"{self.reference_days}"
        if len(self.readings) != READING_BYTES * self.reference_days:
            return f"{READING_BYTES * self.reference_days} bytes of readings", f"{len(self.readings)}"
        missing = int.from_bytes(self.missing, "big")
        if missing >> self.reference_days:
            return "no missing day beyond the period", f"0x{self.missing.hex()}"
        whole = int.from_bytes(self.readings, "big")
        last = self.reference_days - 1
        filled = [day for day in range(last + 1) if missing >> day & 1 and whole >> 40 * (last - day) & (1 << 40) - 1]
        return ("0 where a reading is missing", f"a reading on missing day {filled[0]}") if filled else None


def leaves_of(table: pa.Table) -> list[Leaf]:
    """The rows of an evidence table's row group."""
    columns = [table[name].to_pylist() for name in ("reference_start", "reference_days", "readings", "missing", "salt")]
    return [Leaf(*row) for row in zip(*columns, strict=True)]


def leaf_prefix(chain_id: int, gate: bytes, batch: int) -> bytes:
    """What binds a leaf to one batch on one gate on one chain."""
    return EVIDENCE_DOMAIN + chain_id.to_bytes(8, "big") + gate + batch.to_bytes(6, "big")


def evidence_root(prefix: bytes, leaves: Sequence[Leaf], words: Sequence[bytes]) -> bytes:
    """The Merkle root over the batch's leaves, in order."""
    hashes = [leaf.hash(prefix, index, word) for index, (leaf, word) in enumerate(zip(leaves, words, strict=True))]
    return merkle_root(np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32))


def reference_of(start: int, days: int) -> tuple[int, int]:
    """First day and length of the reference period of a billing period, in days; a function of the dates alone."""
    first, last = (day_of(reference_date(date_of(day))) for day in (start, start + days - 1))
    return first, last - first + 1
