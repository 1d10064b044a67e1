"""The packed words of the contracts, as NumPy arrays: bills, verdicts and evidence leaves, in and out.

Layouts: contracts/src/libraries/PackedBills.sol, PackedVerdicts.sol; an evidence leaf as `evidence_leaves` says. All
words are big-endian bytes, as the chain hashes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from fairmeter.chain.keccak import keccak256, keccak_rows, sha256_rows
from fairmeter.model import Bools, Int32s, Int64s, Reference, UInt8s, Verdicts
from fairmeter.units import MAX_CAP

Bytes2D = npt.NDArray[np.uint8]
"""(n, k): n rows of k bytes."""

VERDICT_BYTES: Final = 12
HAS_ACTUAL: Final = 0x10
HAS_EXPECTED: Final = 0x20
EVIDENCE_DOMAIN: Final = keccak256(b"Fairmeter evidence 1")
MISSING_BYTES: Final = 12
"""A bitmap of up to 96 days."""
READING_BYTES: Final = 5
SHA256_BLOCK: Final = 64
INNER_PAD: Final = np.uint8(0x36)
OUTER_PAD: Final = np.uint8(0x5C)


@dataclass(frozen=True, slots=True)
class BillColumns:
    """n posted bills, decoded."""

    number: Int64s
    """(n,) the account's number within its supplier, counted from 1."""
    start: Int32s
    """(n,) first day, days since 1970-01-01."""
    days: Int32s
    """(n,) both ends included."""
    quantity: Int64s
    """(n,) base units."""
    amount: Int64s
    """(n,) minor units."""
    replaces: Int64s
    """(n,) the void bill whose days are billed again, 0 for none."""

    def __len__(self) -> int:
        return len(self.number)

    def part(self, rows: slice) -> Self:
        """Some of them."""
        money = (self.quantity[rows], self.amount[rows], self.replaces[rows])
        return type(self)(self.number[rows], self.start[rows], self.days[rows], *money)


def pack_bills(bills: BillColumns) -> Bytes2D:
    """(n, 32): one word a bill, layout of PackedBills.sol."""
    words = np.zeros((len(bills), 32), np.uint8)
    put(words, 31, 4, bills.number)
    put(words, 27, 6, bills.quantity)
    put(words, 21, 6, bills.amount)
    put(words, 15, 2, bills.start)
    put(words, 13, 1, bills.days)
    put(words, 12, 8, bills.replaces)
    return words


def unpack_bills(words: Bytes2D) -> BillColumns:
    """The reverse of `pack_bills`; `words` is (n, 32)."""
    return BillColumns(
        number=get(words, 31, 4),
        quantity=get(words, 27, 6),
        amount=get(words, 21, 6),
        start=get(words, 15, 2).astype(np.int32),
        days=get(words, 13, 1).astype(np.int32),
        replaces=get(words, 12, 8),
    )


@dataclass(frozen=True, slots=True)
class MandateColumns:
    """n accounts' mandates, as their accounts have them."""

    cap_per_bill: Int64s
    """(n,) minor units."""
    cap_per_month: Int64s
    """(n,) minor units."""
    spent: Int64s
    """(n,) collected in `month`, minor units."""
    month: Int64s
    """(n,) months since January 1970."""
    last_day: Int64s
    """(n,) days since 1970-01-01, 0 for no mandate."""


def unpack_mandates(words: Bytes2D) -> MandateColumns:
    """Of (n, 32) accounts' words, layout of PackedAccounts.sol."""
    return MandateColumns(
        cap_per_bill=get(words, 25, 6) & MAX_CAP,
        cap_per_month=get(words, 20, 6) >> 4 & MAX_CAP,
        spent=get(words, 14, 6) & MAX_CAP,
        month=get(words, 9, 2) >> 4,
        last_day=get(words, 7, 2),
    )


def pack_verdicts(verdicts: Verdicts) -> Bytes2D:
    """(n, 12): decision and flags, a reserved byte, actual and expected growth as int40 ppm: PackedVerdicts.sol."""
    packed = np.zeros((len(verdicts), VERDICT_BYTES), np.uint8)
    packed[:, 0] = verdicts.decision | verdicts.has_actual * HAS_ACTUAL | verdicts.has_expected * HAS_EXPECTED
    put(packed, 6, 5, np.where(verdicts.has_actual, verdicts.actual_ppm, 0))
    put(packed, 11, 5, np.where(verdicts.has_expected, verdicts.expected_ppm, 0))
    return packed


@dataclass(frozen=True, slots=True)
class VerdictColumns:
    """n packed verdicts, decoded."""

    decision: UInt8s
    actual_ppm: Int64s
    expected_ppm: Int64s
    has_actual: Bools
    has_expected: Bools


def unpack_verdicts(packed: Bytes2D) -> VerdictColumns:
    """The reverse of `pack_verdicts`; `packed` is (n, 12)."""
    first = packed[:, 0]
    return VerdictColumns(
        decision=(first & 0x0F).astype(np.uint8),
        actual_ppm=_signed40(get(packed, 6, 5)),
        expected_ppm=_signed40(get(packed, 11, 5)),
        has_actual=(first & HAS_ACTUAL) > 0,
        has_expected=(first & HAS_EXPECTED) > 0,
    )


def pack_readings(reference: Reference) -> Bytes2D:
    """(n, 5·w): each reading in 40 bits, 0 where missing."""
    n, width = reference.readings.shape
    readings = np.where(reference.present, reference.readings, 0)
    return (
        readings.astype(">u8")
        .view(np.uint8)
        .reshape(n, width, 8)[:, :, 8 - READING_BYTES :]
        .reshape(n, width * READING_BYTES)
    )


def unpack_readings(packed: Bytes2D) -> Int64s:
    """(n, w) base units; `packed` is (n, 5·w)."""
    n = len(packed)
    wide = np.zeros((n, packed.shape[1] // READING_BYTES, 8), np.uint8)
    wide[:, :, 8 - READING_BYTES :] = packed.reshape(n, -1, READING_BYTES)
    return wide.reshape(n, -1).view(">u8").astype(np.int64)


def pack_missing(reference: Reference) -> Bytes2D:
    """(n, 12): bit x of the big-endian number, counted from the lowest, is set where day x has no reading."""
    n, width = reference.present.shape
    inside = np.arange(width) < reference.days[:, None]
    bits = np.zeros((n, MISSING_BYTES * 8), np.bool_)
    bits[:, :width] = inside & ~reference.present
    return np.packbits(bits, axis=1, bitorder="little")[:, ::-1]


def unpack_missing(packed: Bytes2D, width: int) -> Bools:
    """(n, w) whether the day is missing; the reverse of `pack_missing`."""
    return np.unpackbits(packed[:, ::-1], axis=1, bitorder="little")[:, :width].astype(np.bool_)


def evidence_salts(disclosure_keys: Bytes2D, bills: Int64s) -> Bytes2D:
    """(n, 32): HMAC-SHA256(the account's disclosure key, the bill's id in 8 bytes) (RFC 2104); keys are (n, 32)."""
    padded = np.zeros((len(bills), SHA256_BLOCK), np.uint8)
    padded[:, : disclosure_keys.shape[1]] = disclosure_keys
    inner = np.concatenate([padded ^ INNER_PAD, bills.astype(">i8").view(np.uint8).reshape(-1, 8)], axis=1)
    return sha256_rows(np.concatenate([padded ^ OUTER_PAD, sha256_rows(inner)], axis=1))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What n leaves are made of, but for the bills."""

    start: Int32s
    """(n,) first day of the reference period, days since 1970-01-01."""
    days: Int32s
    """(n,) of the reference period, n2."""
    readings: Bytes2D
    """(n, w) as `pack_readings` has them; of a bill that a model judges its statement (statements.py) instead."""
    sizes: Int64s
    """(n,) bytes of `readings` that count."""
    missing: Bytes2D
    """(n, 12) as `pack_missing` has them."""
    salts: Bytes2D
    """(n, 32)."""

    @classmethod
    def of(cls, reference: Reference, salts: Bytes2D) -> Self:
        """Packed readings and their salts."""
        packed, sizes = pack_readings(reference), READING_BYTES * reference.days.astype(np.int64)
        return cls(reference.start, reference.days, packed, sizes, pack_missing(reference), salts)

    def part(self, rows: slice) -> Self:
        """Some of the leaves."""
        packed = (self.readings[rows], self.sizes[rows], self.missing[rows])
        return type(self)(self.start[rows], self.days[rows], *packed, self.salts[rows])

    def with_statements(self, rows: Bools, statements: Bytes2D) -> Self:
        """With a model's statements (k, 80) for the k bills of `rows` (n,), whose readings are no part of a leaf."""
        size = statements.shape[1]
        readings = np.zeros((len(rows), max(self.readings.shape[1], size)), np.uint8)
        readings[:, : self.readings.shape[1]] = self.readings
        readings[rows] = 0
        readings[rows, :size] = statements
        missing = np.where(rows[:, None], np.uint8(0), self.missing)
        return type(self)(self.start, self.days, readings, np.where(rows, size, self.sizes), missing, self.salts)


def shown_evidence(evidence: Evidence) -> bytes:
    """What the gate computes verdicts from: each bill's readings and its missing days, one after another. The leaves of
    evidence that is shown have a salt of zero."""
    n, width = evidence.readings.shape
    rows = np.concatenate([evidence.readings, evidence.missing], axis=1)
    inside = np.ones((n, width + MISSING_BYTES), np.bool_)
    inside[:, :width] = np.arange(width) < evidence.sizes[:, None]
    return rows[inside].tobytes()


def evidence_prefix(chain_id: int, gate: bytes) -> bytes:
    """What binds leaves to one gate on one chain: domain 32 ‖ chain id 8 ‖ gate 20 bytes."""
    return EVIDENCE_DOMAIN + chain_id.to_bytes(8, "big") + gate


def evidence_leaves(prefix: bytes, bills: Int64s, words: Bytes2D, evidence: Evidence) -> Bytes2D:
    """(n, 32): keccak256(domain 32 ‖ chain id 8 ‖ gate 20 ‖ batch 6 ‖ index 2 ‖ bill word 32 ‖ first day of the
    reference period 2 ‖ its days n2 1 ‖ readings 5·n2, or a model's statement 80 ‖ missing bitmap 12 ‖ salt 32 bytes),
    all big-endian. Batch and index are the bill's id.

    No leaf is 64 bytes long, so none is the preimage of a node of the tree.
    """
    leaves = np.zeros((len(bills), 32), np.uint8)
    head = len(prefix)
    for size in np.unique(evidence.sizes):
        rows = np.flatnonzero(evidence.sizes == size)
        end = head + 43 + size
        body = np.empty((len(rows), end + 44), np.uint8)
        body[:, :head] = np.frombuffer(prefix, np.uint8)
        put(body, head + 7, 8, bills[rows])
        body[:, head + 8 : head + 40] = words[rows]
        put(body, head + 41, 2, evidence.start[rows])
        put(body, head + 42, 1, evidence.days[rows])
        body[:, head + 43 : end] = evidence.readings[rows, :size]
        body[:, end : end + 12] = evidence.missing[rows]
        body[:, end + 12 :] = evidence.salts[rows]
        leaves[rows] = keccak_rows(body)
    return leaves


def put(words: Bytes2D, last: int, size: int, values: npt.NDArray[np.signedinteger]) -> None:
    """Write `values` big-endian into the `size` columns that end with column `last`."""
    wide = values.astype(">i8").view(np.uint8).reshape(len(values), 8)
    words[:, last - size + 1 : last + 1] = wide[:, 8 - size :]


def get(words: Bytes2D, last: int, size: int) -> Int64s:
    """The reverse of `put`."""
    wide = np.zeros((len(words), 8), np.uint8)
    wide[:, 8 - size :] = words[:, last - size + 1 : last + 1]
    return wide.view(">i8").reshape(len(words)).astype(np.int64)


def _signed40(values: Int64s) -> Int64s:
    return np.where(values >= 2**39, values - 2**40, values)
