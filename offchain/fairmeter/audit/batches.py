"""The batches as the chain took them: words and verdicts from the calldata of the transactions that were executed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.audit.calls import Call, calls
from fairmeter.audit.evidence import Evidence
from fairmeter.audit.findings import Finding
from fairmeter.audit.recompute import recompute
from fairmeter.audit.record import ChainRecord, Columns
from fairmeter.bundle import Bundle
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.calldata import array_argument, bytes_argument
from fairmeter.contracts.packing import VERDICT_BYTES, BillColumns, Bytes2D, pack_verdicts, unpack_bills
from fairmeter.model import Int64s, UInt8s

VERIFIED: Final = "submitVerified"


@dataclass(frozen=True, slots=True, eq=False)
class Posting:
    """A batch of bills that the ledger took."""

    transaction: int
    batch: int
    supplier: int
    utility: int
    parameter_version: int
    commitment: bytes
    words: Bytes2D
    """(n, 32)."""

    @property
    def bills(self) -> BillColumns:
        """The words, decoded."""
        return unpack_bills(self.words)

    @property
    def accounts(self) -> Int64s:
        """(n,) account ids."""
        return (np.int64(self.supplier) << 32) | self.bills.number


PresetsOf = Callable[[Posting], tuple[Int64s, Int64s, UInt8s]]
"""(n,) each: first preset, second preset and degree of a posting's bills."""


@dataclass(frozen=True, slots=True)
class Judging:
    """The verdicts of a batch that the gate took."""

    transaction: int
    posting: Posting
    operator: bytes
    evidence_root: bytes
    words: Bytes2D
    """(n, 32) as submitted."""
    verdicts: Bytes2D
    """(n, 12)."""
    commitment: bytes
    """To the verdicts, as the gate keeps it."""
    signatures: bytes
    """As submitted: 65 bytes an operator beside the sender; or the meter operator's alone, 64 bytes."""
    shown: Evidence | None
    """Where the gate computed the verdicts itself: what it was shown, and `verdicts` is what follows from it."""


@dataclass(frozen=True, slots=True)
class Batches:
    """All batches of a run."""

    postings: tuple[Posting, ...]
    """In the order of their numbers, 1, 2, 3 …"""
    judgings: tuple[Judging, ...]
    """In the order of judging."""


def read_batches(bundle: Bundle, record: ChainRecord, presets: PresetsOf) -> Batches | Finding:
    """Find the transaction behind each BillsPosted and BatchJudged and take bills and verdicts from its calldata, or
    compute them from the readings there by the `presets`; a Finding for an event whose transaction does not call the
    function itself, so that its calldata are unknown."""
    posted, judged = record.ledger("BillsPosted"), record.columns("VerdictGate", "BatchJudged")
    wanted = set(posted["transaction"].tolist()) | set(judged["transaction"].tolist())
    found = {call.transaction: call for call in calls(bundle, wanted)}
    for events, contract, functions in (
        (posted, "PaymentLedger", ("postBills",)),
        (judged, "VerdictGate", ("submitVerdicts", VERIFIED)),
    ):
        for transaction in events["transaction"].tolist():
            if not any(_calls(found[transaction], record.contracts[contract], contract, one) for one in functions):
                return _indirect(found[transaction], f"{contract}.{functions[0]}")
    postings = tuple(_posting(posted, row, found) for row in range(len(posted["batch"])))
    by_number = {posting.batch: posting for posting in postings}
    judgings = []
    for row, batch in enumerate(judged["batch"].tolist()):
        judging = _judging(judged, row, found[int(judged["transaction"][row])], by_number[batch], presets)
        if isinstance(judging, Finding):
            return judging
        judgings.append(judging)
    return Batches(postings, tuple(judgings))


def _posting(events: Columns, row: int, found: Mapping[int, Call]) -> Posting:
    transaction = int(events["transaction"][row])
    return Posting(
        transaction=transaction,
        batch=int(events["batch"][row]),
        supplier=int(events["supplier"][row]),
        utility=int(events["utility"][row]),
        parameter_version=int(events["parameterVersion"][row]),
        commitment=events["commitment"][row].tobytes(),
        words=array_argument(found[transaction].data, 2),
    )


def _judging(events: Columns, row: int, call: Call, posting: Posting, presets: PresetsOf) -> Judging | Finding:
    data, shown = call.data, None
    if data[:4] == interface("VerdictGate").selector(VERIFIED):
        words, signatures = array_argument(data, 1), bytes_argument(data, 3)
        shown = Evidence.shown(posting.bills, bytes_argument(data, 2))
        if shown is None:
            where = f"transaction {call.transaction} ({call.label})"
            return Finding("calls", where, "readings of every bill", "other evidence")
        verdicts = _computed(posting, shown, presets)
    else:
        words, signatures = array_argument(data, 2), bytes_argument(data, 4)
        verdicts = np.frombuffer(bytes_argument(data, 3), np.uint8).reshape(-1, VERDICT_BYTES)
    return Judging(
        transaction=call.transaction,
        posting=posting,
        operator=events["operator"][row].tobytes()[12:],
        evidence_root=events["evidenceRoot"][row].tobytes(),
        words=words,
        verdicts=verdicts,
        commitment=events["verdictCommitment"][row].tobytes(),
        signatures=signatures,
        shown=shown,
    )


def _computed(posting: Posting, shown: Evidence, presets: PresetsOf) -> Bytes2D:
    bills = posting.bills
    verdicts = recompute(
        shown.reference(np.zeros(len(bills), np.bool_)), bills.quantity, bills.days.astype(np.int64), *presets(posting)
    )
    return pack_verdicts(verdicts)


def _calls(call: Call, address: bytes, contract: str, function: str) -> bool:
    return call.to == address and call.data[:4] == interface(contract).selector(function)


def _indirect(call: Call, function: str) -> Finding:
    return Finding("calls", f"transaction {call.transaction} ({call.label})", f"a call of {function}", "another call")
