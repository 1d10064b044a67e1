"""The evidence of a batch: its leaves hashed again from what the bundle shows, and each bill's readings taken from it.

The leaf's layout is the one that contracts and operators agree on (contracts/packing.py); here it is read, not packed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.chain.keccak import keccak_rows
from fairmeter.chain.merkle import merkle_root
from fairmeter.contracts.events import fixed_rows
from fairmeter.contracts.packing import EVIDENCE_DOMAIN, MISSING_BYTES, READING_BYTES, BillColumns, Bytes2D
from fairmeter.contracts.statements import STATEMENT_BYTES
from fairmeter.model import Bools, Int32s, Int64s, Reference
from fairmeter.units import MAX_REFERENCE_DAYS, date_of, day_of, reference_date

SALT_BYTES = 32
Problem = tuple[int, str, str]
"""Of which row, what was expected, and what was found."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """n bills' evidence, as the table has it, of good form."""

    start: Int32s
    """(n,) first day of the reference period, since 1970-01-01."""
    days: Int32s
    """(n,) of the reference period."""
    packed: Bytes2D
    """(n, w) readings, 5 bytes a day, padded by zeros to the longest; of a bill that a model judged its statement."""
    sizes: Int64s
    """(n,) bytes of `packed` that count."""
    bitmap: Bytes2D
    """(n, 12) which days are missing."""
    salts: Bytes2D
    """(n, 32)."""

    @classmethod
    def read(cls, table: pa.Table, modelled: Bools) -> Self | Problem:
        """The rows of an evidence table's row group, those of `modelled` (n,) with a model's statement; the first row
        that is not of the one form in which evidence is written, if there is one: no bit of it may be without
        meaning."""
        days = table["reference_days"].to_numpy()
        lengths = pc.binary_length(table["readings"]).to_numpy()
        if len(wrong := np.flatnonzero((days < 1) | (days > MAX_REFERENCE_DAYS))):
            return int(wrong[0]), f"1..{MAX_REFERENCE_DAYS} days", str(days[wrong[0]])
        sizes = np.where(modelled, STATEMENT_BYTES, READING_BYTES * days.astype(np.int64))
        if len(wrong := np.flatnonzero(lengths != sizes)):
            row = wrong[0]
            return int(row), f"{sizes[row]} bytes of readings", str(lengths[row])
        found = cls(
            start=table["reference_start"].to_numpy(),
            days=days,
            packed=_padded(table["readings"], sizes),
            sizes=sizes,
            bitmap=fixed_rows(table["missing"], MISSING_BYTES),
            salts=fixed_rows(table["salt"], SALT_BYTES),
        )
        return found._problem(modelled) or found

    @classmethod
    def shown(cls, bills: BillColumns, packed: bytes) -> Self | None:
        """What the gate was shown of n bills: each one's readings and missing days, one after another, without a salt;
        None if `packed` has another length."""
        start, days = reference_of(bills.start, bills.days)
        widths = READING_BYTES * days
        if len(packed) != int((widths + MISSING_BYTES).sum()):
            return None
        width = int(widths.max(initial=0))
        inside = np.ones((len(bills), width + MISSING_BYTES), np.bool_)
        inside[:, :width] = np.arange(width) < widths[:, None]
        rows = np.zeros(inside.shape, np.uint8)
        rows[inside] = np.frombuffer(packed, np.uint8)
        salts = np.zeros((len(bills), SALT_BYTES), np.uint8)
        return cls(start.astype(np.int32), days.astype(np.int32), rows[:, :width], widths, rows[:, width:], salts)

    def reference(self, modelled: Bools) -> Reference:
        """The readings as numbers, base units; none of the bills of `modelled` (n,), whose statement is none."""
        n, width = self.packed.shape
        weights = 256 ** np.arange(READING_BYTES - 1, -1, -1, dtype=np.int64)
        readings = self.packed.reshape(n, width // READING_BYTES, READING_BYTES) @ weights
        readings[modelled] = 0
        inside = (np.arange(readings.shape[1]) < self.days[:, None]) & ~modelled[:, None]
        present = inside & ~self._missing()[:, : readings.shape[1]]
        return Reference(self.start, self.days, readings, present)

    def root(self, prefix: bytes, words: Bytes2D) -> bytes:
        """The Merkle root over the batch's leaves, in order; `prefix` binds them to their batch (`leaf_prefix`),
        `words` are the (n, 32) packed bills."""
        n = len(self.days)
        leaves = np.empty((n, 32), np.uint8)
        bound = np.frombuffer(prefix, np.uint8)
        index = np.arange(n).astype(">u2").view(np.uint8).reshape(n, 2)
        start = self.start.astype(">u2").view(np.uint8).reshape(n, 2)
        for size in np.unique(self.sizes).tolist():
            rows = np.flatnonzero(self.sizes == size)
            period = self.days[rows, None].astype(np.uint8)
            readings = self.packed[rows, :size]
            place = [np.broadcast_to(bound, (len(rows), len(bound))), index[rows], words[rows], start[rows], period]
            parts = [*place, readings, self.bitmap[rows], self.salts[rows]]
            leaves[rows] = keccak_rows(np.concatenate(parts, axis=1))
        return merkle_root(leaves)

    def _missing(self) -> Bools:
        """(n, 96) whether day x is missing: bit x, counted from the lowest."""
        return np.unpackbits(self.bitmap[:, ::-1], axis=1, bitorder="little").astype(np.bool_)

    def _problem(self, modelled: Bools) -> Problem | None:
        missing = self._missing()
        if len(wrong := np.flatnonzero(missing.any(axis=1) & modelled)):
            return int(wrong[0]), "no missing day beside a statement", f"0x{self.bitmap[wrong[0]].tobytes().hex()}"
        beyond = missing & (np.arange(missing.shape[1]) >= self.days[:, None])
        if len(wrong := np.flatnonzero(beyond.any(axis=1))):
            return int(wrong[0]), "no missing day beyond the period", f"0x{self.bitmap[wrong[0]].tobytes().hex()}"
        filled = self.reference(modelled).readings > 0
        filled &= missing[:, : filled.shape[1]]
        if len(wrong := np.flatnonzero(filled.any(axis=1))):
            day = np.flatnonzero(filled[wrong[0]])[0]
            return int(wrong[0]), "0 where a reading is missing", f"a reading on missing day {day}"
        return None


def leaf_prefix(chain_id: int, gate: bytes, batch: int) -> bytes:
    """What binds a leaf to one batch on one gate on one chain."""
    return EVIDENCE_DOMAIN + chain_id.to_bytes(8, "big") + gate + batch.to_bytes(6, "big")


def reference_of(start: Int32s, days: Int32s) -> tuple[Int64s, Int64s]:
    """First day and length of the reference periods of n billing periods, in days; a function of the dates alone."""
    periods, place = np.unique(np.stack([start, days]), axis=1, return_inverse=True)
    found = np.array([_reference_of(*period) for period in periods.T.tolist()], np.int64).reshape(-1, 2)
    first, length = found[place.reshape(-1)].T
    return first, length


def _reference_of(start: int, days: int) -> tuple[int, int]:
    first, last = (day_of(reference_date(date_of(day))) for day in (start, start + days - 1))
    return first, last - first + 1


def _padded(column: pa.ChunkedArray, lengths: Int64s) -> Bytes2D:
    """(n, w) a binary column's values of these lengths, padded by zeros."""
    joined = b"".join(map(_flat, column.chunks))
    inside = np.arange(int(lengths.max(initial=0))) < lengths[:, None]
    rows = np.zeros(inside.shape, np.uint8)
    rows[inside] = np.frombuffer(joined, np.uint8)
    return rows


def _flat(chunk: pa.Array) -> bytes:
    """The values of a chunk, one after another."""
    _, offsets, values = chunk.buffers()
    ends = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    return bytes(memoryview(values)[ends[0] : ends[-1]]) if len(chunk) else b""
