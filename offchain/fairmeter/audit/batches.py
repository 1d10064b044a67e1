"""The batches as the chain took them: words and verdicts from the calldata of the transactions that were executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fairmeter.audit.calls import Call, calls
from fairmeter.audit.findings import Finding
from fairmeter.audit.record import ChainRecord, Columns
from fairmeter.bundle import Bundle
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.calldata import array_argument, bytes_argument
from fairmeter.contracts.packing import VERDICT_BYTES, BillColumns, Bytes2D, unpack_bills
from fairmeter.model import Int64s


@dataclass(frozen=True, slots=True)
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
    signatures: bytes
    """As submitted: 65 bytes an operator beside the sender."""


@dataclass(frozen=True, slots=True)
class Batches:
    """All batches of a run."""

    postings: tuple[Posting, ...]
    """In the order of their numbers, 1, 2, 3 …"""
    judgings: tuple[Judging, ...]
    """In the order of judging."""


def read_batches(bundle: Bundle, record: ChainRecord) -> Batches | Finding:
    """Find the transaction behind each BillsPosted and BatchJudged and take bills and verdicts from its calldata; a
    Finding for an event whose transaction does not call the function itself, so that its calldata are unknown."""
    posted, judged = record.ledger("BillsPosted"), record.columns("VerdictGate", "BatchJudged")
    wanted = set(posted["transaction"].tolist()) | set(judged["transaction"].tolist())
    found = {call.transaction: call for call in calls(bundle, wanted)}
    for events, contract, function in (
        (posted, "PaymentLedger", "postBills"),
        (judged, "VerdictGate", "submitVerdicts"),
    ):
        for transaction in events["transaction"].tolist():
            if not _calls(found[transaction], record.contracts[contract], contract, function):
                return _indirect(found[transaction], f"{contract}.{function}")
    postings = tuple(_posting(posted, row, found) for row in range(len(posted["batch"])))
    by_number = {posting.batch: posting for posting in postings}
    judgings = (_judging(judged, row, found, by_number) for row in range(len(judged["batch"])))
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


def _judging(events: Columns, row: int, found: Mapping[int, Call], postings: Mapping[int, Posting]) -> Judging:
    transaction = int(events["transaction"][row])
    data = found[transaction].data
    return Judging(
        transaction=transaction,
        posting=postings[int(events["batch"][row])],
        operator=events["operator"][row].tobytes()[12:],
        evidence_root=events["evidenceRoot"][row].tobytes(),
        words=array_argument(data, 2),
        verdicts=np.frombuffer(bytes_argument(data, 3), np.uint8).reshape(-1, VERDICT_BYTES),
        signatures=bytes_argument(data, 4),
    )


def _calls(call: Call, address: bytes, contract: str, function: str) -> bool:
    return call.to == address and call.data[:4] == interface(contract).selector(function)


def _indirect(call: Call, function: str) -> Finding:
    return Finding("calls", f"transaction {call.transaction} ({call.label})", f"a call of {function}", "another call")
