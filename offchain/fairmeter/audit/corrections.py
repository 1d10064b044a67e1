"""The verdicts that were shown wrong on chain, computed again from what was shown: committed leaves, readings that the
meter operator signed, or nothing where nobody answered a demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

import numpy as np

from fairmeter.audit.batches import Batches
from fairmeter.audit.calls import calls
from fairmeter.audit.evidence import reference_of
from fairmeter.audit.findings import MAX_FINDINGS, Check, Finding
from fairmeter.audit.meters import MeterKeys, daily
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.recompute import follow, recompute
from fairmeter.audit.record import ChainRecord
from fairmeter.bundle import Bundle
from fairmeter.chain.compact import signer_of
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.packing import VERDICT_BYTES, pack_verdicts
from fairmeter.contracts.statements import Statements
from fairmeter.errors import ChainError
from fairmeter.model import Decision, Reference
from fairmeter.units import MAX_REFERENCE_DAYS

NOTHING_KNOWN: Final = bytes([Decision.APPEAL]).ljust(VERDICT_BYTES, b"\0")
"""The verdict of a bill whose evidence nobody shows."""


class Way(StrEnum):
    """By what a verdict was put right."""

    LEAF = "computation"
    METER = "signed readings"
    DEMAND = "demand"


WAYS: Final[Mapping[str, Way]] = {
    "challenge": Way.LEAF,
    "answer": Way.LEAF,
    "challengeByReadings": Way.METER,
    "enforce": Way.DEMAND,
}
"""By the function that was called."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One verdict that was put right."""

    bill: int
    way: Way
    right: bytes
    """The packed verdict that the contract says is right."""
    readings: tuple[int | None, ...]
    """That it follows from: base units a day of the reference period; none by a demand, or of a model's verdict."""
    statement: bytes = b""
    """Of a model's verdict what it follows from."""


class Corrected:
    """All corrections of a run, and whether each is what its transaction shows."""

    def __init__(
        self, bundle: Bundle, record: ChainRecord, batches: Batches, keys: MeterKeys, parameters: Parameters
    ) -> None:
        """Raises ChainError for a correction of a bill that was not posted."""
        self._postings = {posting.batch: posting for posting in batches.postings}
        self._keys, self._presets, self._modelled = keys, cache(parameters.presets), cache(parameters.modelled)
        self._findings: list[Finding] = []
        self.all = list(self._read(bundle, record))

    def check(self) -> Check:
        """Each right verdict, computed again from what was shown for it."""
        known = [one for one in self.all if one.way is not Way.DEMAND and not one.statement]
        findings = [*self._findings, *(_named(one, NOTHING_KNOWN) for one in self._demanded())]
        said = ((one, self._said(one)) for one in self.all if one.statement)
        findings += [_named(one, right) for one, right in said if right != one.right]
        findings += self._wrong(known) if known else ()
        detail = "corrected verdicts, computed again from what was shown for them"
        return Check("corrections", detail, len(self.all), tuple(findings[:MAX_FINDINGS]))

    def of(self, bill: int) -> list[Correction]:
        """The corrections of one bill, in order."""
        return [one for one in self.all if one.bill == bill]

    def _read(self, bundle: Bundle, record: ChainRecord) -> Iterator[Correction]:
        events = record.columns("Challenges", "VerdictCorrected")
        transactions, address = events["transaction"].tolist(), record.contracts["Challenges"]
        called = {call.transaction: call for call in calls(bundle, set(transactions))} if transactions else {}
        for transaction, bill, right in zip(transactions, events["bill"].tolist(), events["right"], strict=True):
            call = called[transaction]
            try:
                function, arguments = interface("Challenges").decode_call(call.data)
            except ChainError:
                function, arguments = "another", {}
            where = f"transaction {transaction} ({call.label})"
            if call.to != address or function not in WAYS:
                self._findings.append(Finding("corrections", where, f"a call of {', '.join(WAYS)}", function))
                continue
            packed = right.tobytes()[:VERDICT_BYTES]
            if WAYS[function] is Way.LEAF and self._is_modelled(bill):
                yield Correction(bill, Way.LEAF, packed, (), arguments["leaf"]["readings"])
                continue
            yield Correction(bill, WAYS[function], packed, self._shown(bill, WAYS[function], arguments, where))

    def _shown(self, bill: int, way: Way, arguments: Mapping[str, Any], where: str) -> tuple[int | None, ...]:
        if way is Way.DEMAND:
            return ()
        start, days = self._period(bill)
        if way is Way.LEAF:
            leaf = arguments["leaf"]
            return daily(leaf["readings"], leaf["missing"])[:days]
        found: list[int | None] = []
        for snapshot in arguments["snapshots"]:
            if not self._is_signed(bill, snapshot):
                self._findings.append(Finding("corrections", where, "the meter operator's signature", "another"))
            skipped = start + len(found) - snapshot["firstDay"]
            found += daily(snapshot["readings"], snapshot["missing"])[max(skipped, 0) :]
        return tuple(found[:days])

    def _is_modelled(self, bill: int) -> bool:
        posting = self._postings.get(bill >> 16)
        return posting is not None and bool(self._modelled(posting)[bill & 0xFFFF])

    def _is_signed(self, bill: int, snapshot: Mapping[str, Any]) -> bool:
        posting = self._postings[bill >> 16]
        key = self._keys.of(posting)
        digest = self._keys.snapshot_digest(posting, int(posting.accounts[bill & 0xFFFF]), snapshot)
        return None not in (key, digest) and signer_of(digest or b"", snapshot["signature"]) == key

    def _period(self, bill: int) -> tuple[int, int]:
        """First day and length of the bill's reference period."""
        posting = self._postings.get(bill >> 16)
        if posting is None or bill & 0xFFFF >= len(posting.words):
            raise ChainError(f"an event names bill {bill}, which was not posted")
        row = slice(bill & 0xFFFF, (bill & 0xFFFF) + 1)
        start, days = reference_of(posting.bills.start[row], posting.bills.days[row])
        return int(start[0]), int(days[0])

    def _wrong(self, known: list[Correction]) -> Iterator[Finding]:
        """Where the contract's right verdict is not what follows from the readings."""
        periods = np.array([self._period(one.bill) for one in known])
        width = MAX_REFERENCE_DAYS
        values = np.array([[-1 if day is None else day for day in _padded(one.readings, width)] for one in known])
        present = (values >= 0) & (np.arange(width) < periods[:, 1:])
        reference = Reference(
            periods[:, 0].astype(np.int32), periods[:, 1].astype(np.int32), np.where(present, values, 0), present
        )
        rows = [self._row(one.bill) for one in known]
        quantity, days, first, second, degree = (np.array(column, np.int64) for column in zip(*rows, strict=True))
        computed = pack_verdicts(recompute(reference, quantity, days, first, second, degree.astype(np.uint8)))
        for one, verdict in zip(known, computed, strict=True):
            if verdict.tobytes() != one.right:
                yield _named(one, verdict.tobytes())

    def _said(self, one: Correction) -> bytes:
        """The verdict that follows from the model's statement."""
        said = Statements.unpack(np.frombuffer(one.statement, np.uint8)[None])
        quantity, _, rate, *_ = self._row(one.bill)
        figures = (said.score, said.expected, said.highest)
        followed = pack_verdicts(follow(*figures, np.array([quantity]), np.array([rate])))
        return bytes(followed.tobytes())

    def _demanded(self) -> Iterator[Correction]:
        """Those by a demand whose right verdict says more than that nothing is known."""
        return (one for one in self.all if one.way is Way.DEMAND and one.right != NOTHING_KNOWN)

    def _row(self, bill: int) -> tuple[int, int, int, int, int]:
        """Quantity, days, and the three presets."""
        posting, index = self._postings[bill >> 16], bill & 0xFFFF
        first, second, degree = (int(column[index]) for column in self._presets(posting))
        return int(posting.bills.quantity[index]), int(posting.bills.days[index]), first, second, degree


def _named(one: Correction, right: bytes) -> Finding:
    where = f"batch {one.bill >> 16}, bill {one.bill & 0xFFFF}, by {one.way}"
    return Finding("corrections", where, f"0x{right.hex()}", f"0x{one.right.hex()}")


def _padded(readings: tuple[int | None, ...], width: int) -> tuple[int | None, ...]:
    return readings + (None,) * (width - len(readings))
