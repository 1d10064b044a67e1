"""One operator's service. Its state is the chain and its copy of the readings, so it restarts anywhere: what a gate has
judged is not judged again, and what was judged comes out the same when it is computed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fairmeter.chain.engine import Log
from fairmeter.chain.merkle import merkle_root
from fairmeter.contracts.calldata import array_argument
from fairmeter.contracts.deploy import System
from fairmeter.contracts.packing import (
    READING_BYTES,
    BillColumns,
    Bytes2D,
    EvidenceContext,
    evidence_leaves,
    evidence_salts,
    pack_missing,
    pack_readings,
    pack_verdicts,
    unpack_bills,
)
from fairmeter.contracts.session import Call
from fairmeter.errors import InputError
from fairmeter.model import Bills, Int32s, Int64s, Presets, Reference, UInt8s, Usage, Verdicts
from fairmeter.usage import reference_readings
from fairmeter.verdict import judge


@dataclass(frozen=True, slots=True)
class Meters:
    """What an operator knows about accounts off the chain: whose meter each is, and the key that salts its evidence."""

    accounts: Int64s
    """(n,) account ids, ascending."""
    customer: Int32s
    """(n,) index into the usage's `customers`."""
    disclosure_keys: tuple[bytes, ...]
    """n keys that customer, meter operator and operators share."""

    def rows(self, accounts: Int64s) -> Int64s:
        """(k,) where each of `accounts` stands; raises InputError for an account that the operator does not know."""
        found = np.minimum(np.searchsorted(self.accounts, accounts), len(self.accounts) - 1)
        unknown = np.flatnonzero(self.accounts[found] != accounts)
        if len(unknown):
            raise InputError(f"account {accounts[unknown[0]]} is in no meter directory of this operator")
        return found


@dataclass(frozen=True, slots=True)
class PostedBatch:
    """A batch as the chain announced it."""

    batch: int
    supplier: int
    utility: int
    parameter_version: int
    words: Bytes2D
    """(n, 32) the packed bills."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A batch's verdicts with all that an auditor needs to recompute them."""

    posted: PostedBatch
    accounts: Int64s
    """(n,) account ids."""
    bills: BillColumns
    reference: Reference
    salts: Bytes2D
    """(n, 32)."""
    verdicts: Verdicts
    evidence_root: bytes
    call: Call
    """submitVerdicts, to be signed by the operator."""

    def packed_readings(self) -> tuple[list[bytes], Bytes2D]:
        """Each bill's readings, 5 bytes a day of its reference period, and (n, 12) the bitmaps of its missing days."""
        packed = pack_readings(self.reference)
        widths = READING_BYTES * self.reference.days
        readings = [row[:width].tobytes() for row, width in zip(packed, widths, strict=True)]
        return readings, pack_missing(self.reference)


class Oracle:
    """Judges the batches of one gate. `usage` is the operator's own copy of the readings."""

    def __init__(self, system: System, usage: Usage, meters: Meters) -> None:
        self._system, self._usage, self._meters = system, usage, meters
        self._next_block = 0
        self._classes: dict[int, int] = {}
        self._presets: dict[tuple[int, int, int], Presets] = {}
        self.refused: dict[int, str] = {}
        """Batches that could not be judged, and why."""

    def watch(self) -> list[Judgement]:
        """Judge every batch that was posted since the last call (at first, since the chain's beginning) and that the
        gate has no verdicts of. The caller signs and sends the calls.

        Anyone may post: a batch that cannot be judged, of an account in no directory or with bills that its posting's
        calldata do not show, is left out and stands in `refused` with the reason, and stops no other.
        """
        head = self._system.engine.head()
        if head < self._next_block:
            return []
        ledger = self._system.ledger
        topics = [ledger.interface.topic("BillsPosted"), ledger.interface.topic("ClassSet")]
        judged = []
        for log in self._system.engine.logs(self._next_block, head, [ledger.address], topics):
            event = ledger.interface.decode_log(log)
            if event.name == "ClassSet":
                self._classes[event.arguments["account"]] = event.arguments["class"]
            elif not self._system.gate.is_judged(event.arguments["batch"]):
                try:
                    judged.append(self.judge(self._posted(log, event.arguments)))
                except InputError as error:
                    self.refused[event.arguments["batch"]] = str(error)
        self._next_block = head + 1
        return judged

    def judge(self, posted: PostedBatch) -> Judgement:
        """The verdicts of one batch; raises InputError for an account that is in no directory."""
        bills = unpack_bills(posted.words)
        accounts = (np.int64(posted.supplier) << 32) | bills.number
        rows = self._meters.rows(accounts)
        reference = reference_readings(self._usage, self._as_bills(posted, bills, self._meters.customer[rows]))
        first, second, degree = self._presets_of(posted, accounts)
        verdicts = judge(reference, bills.quantity, bills.days, first_preset=first, second_preset=second, degree=degree)
        indices = np.arange(len(bills), dtype=np.int64)
        salts = evidence_salts([self._meters.disclosure_keys[row] for row in rows], posted.batch, indices)
        context = EvidenceContext(self._system.engine.chain_id, self._system.gate.address, posted.batch)
        root = merkle_root(evidence_leaves(context, indices, posted.words, reference, salts))
        call = self._system.gate.submit_verdicts(posted.batch, root, posted.words, pack_verdicts(verdicts))
        return Judgement(posted, accounts, bills, reference, salts, verdicts, root, call)

    def _posted(self, log: Log, announced: Mapping[str, object]) -> PostedBatch:
        """The batch's words from its posting's calldata; raises InputError if they are not what was committed: a
        contract may have posted, or the node lies."""
        batch, supplier, utility, version = (
            int(str(announced[name])) for name in ("batch", "supplier", "utility", "parameterVersion")
        )
        try:
            words = array_argument(self._system.engine.calldata(log.block_number, log.tx_index), 2)
        except (ValueError, OverflowError):
            words = np.empty((0, 32), np.uint8)
        if not len(words) or merkle_root(words) != announced["commitment"]:
            raise InputError(f"batch {batch}: the bills in its calldata are not those of its commitment")
        return PostedBatch(batch, supplier, utility, version, words)

    def _as_bills(self, posted: PostedBatch, bills: BillColumns, customer: Int32s) -> Bills:
        """The posted bills in the form that the usage room reads."""
        n = len(bills)
        return Bills(
            bill_id=np.arange(n),
            customer=customer,
            supplier=np.zeros(n, np.int32),
            utility=np.full(n, posted.utility, np.uint8),
            start=bills.start,
            end=(bills.start + bills.days - 1).astype(np.int32),
            quantity=bills.quantity,
            amount=bills.amount,
            customers=self._usage.customers,
            suppliers=("",),
        )

    def _presets_of(self, posted: PostedBatch, accounts: Int64s) -> tuple[Int64s, Int64s, UInt8s]:
        """(n,) first preset, second preset and degree of each bill, by its account's class."""
        classes = np.zeros(len(accounts), np.int64)
        if self._classes:
            classes[:] = [self._classes.get(int(account), 0) for account in accounts]
        first, second = (np.zeros(len(accounts), np.int64) for _ in range(2))
        degree = np.zeros(len(accounts), np.uint8)
        for class_ in np.unique(classes):
            presets = self._presets_for(posted.parameter_version, posted.utility, int(class_))
            rows = classes == class_
            first[rows], second[rows], degree[rows] = presets.first, presets.second, presets.degree
        return first, second, degree

    def _presets_for(self, version: int, utility: int, class_: int) -> Presets:
        key = (version, utility, class_)
        if key not in self._presets:
            self._presets[key] = self._system.gate.presets_of(*key)
        return self._presets[key]
