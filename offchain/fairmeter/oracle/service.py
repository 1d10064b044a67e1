"""One operator's service. Its state is the chain and its copy of the readings, so it restarts anywhere: what a gate has
judged is not judged again, and what was judged comes out the same when it is computed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fairmeter.chain.engine import Log
from fairmeter.chain.merkle import merkle_root
from fairmeter.contracts.calldata import array_argument
from fairmeter.contracts.deploy import System
from fairmeter.contracts.packing import (
    BillColumns,
    Bytes2D,
    Evidence,
    evidence_leaves,
    evidence_prefix,
    evidence_salts,
    pack_verdicts,
    shown_evidence,
    unpack_bills,
)
from fairmeter.contracts.session import Call
from fairmeter.errors import InputError
from fairmeter.model import Bools, ClassPolicy, Int32s, Int64s, Policy, Reference, UInt8s, Verdicts
from fairmeter.units import FIRST_BILLED_DAY, METER_TIME
from fairmeter.usage import reference_period
from fairmeter.verdict import judge

if TYPE_CHECKING:
    from fairmeter.oracle.modelled import Model

BATCHES_AT_ONCE: Final = 16
"""Judged together: enough bills for NumPy's overhead to be nothing, few enough for their readings to be small."""

Readings = Callable[[Int32s, UInt8s, Int32s, Int32s], Reference]
"""The operator's copy of the readings: customer, utility, first and last day of n bills to their reference periods."""
MeterSignature = Callable[[int, int, bytes], bytes]
"""The meter operator's word: supplier, batch and evidence root to its signature, r ‖ vs."""

SignedDays = Callable[[Int64s, Int32s, Int32s], Bools]
"""Accounts, first days and numbers of days to (n,) whether the meter operator has signed all of these days as the
operator's copy has them."""

Columns = tuple[Int64s, Int64s, UInt8s]
"""(n,) each: first preset, second preset, degree."""


@dataclass(frozen=True, slots=True)
class Meters:
    """What an operator knows about accounts off the chain: whose meter each is, and the key that salts its evidence."""

    accounts: Int64s
    """(n,) account ids, ascending."""
    customer: Int32s
    """(n,) as the readings know them."""
    disclosure_keys: Bytes2D
    """(n, 32): keys that customer, meter operator and operators share."""

    def rows(self, accounts: Int64s) -> Int64s:
        """(k,) where each of `accounts` stands; raises InputError for an account that the operator does not know."""
        found = np.minimum(np.searchsorted(self.accounts, accounts), len(self.accounts) - 1)
        unknown = np.flatnonzero(self.accounts[found] != accounts)
        if len(unknown):
            raise InputError(f"account {accounts[unknown[0]]} is in no meter directory of this operator")
        return found


@dataclass(frozen=True, slots=True)
class PostedBatch:
    """A batch as the chain announced it, and what the chain says about how to judge it."""

    batch: int
    supplier: int
    utility: int
    version: int
    """Of the gate's parameters, at its posting."""
    words: Bytes2D
    """(n, 32) the packed bills."""
    meters: Int64s
    """(n,) rows of the accounts in the operator's directory."""
    presets: Columns
    shown: Bools | None = None
    """(n,) whose readings the gate is shown to compute the verdicts itself; None for a batch that operators judge."""
    modelled: Bools | None = None
    """(n,) which bills a model judges; None where it judges none."""
    unsigned: Bools | None = None
    """(n,) for which bills only readings count that the meter operator signed, and it has signed none."""
    not_before: int = 0
    """Unix seconds: when they may be judged INSUFFICIENT."""

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A batch's verdicts with all that an auditor needs to recompute them."""

    posted: PostedBatch
    accounts: Int64s
    """(n,) account ids."""
    bills: BillColumns
    evidence: Evidence
    verdicts: Verdicts
    evidence_root: bytes
    call: Call
    """submitVerdicts, to be signed by the operator; submitVerified, anyone's, where the gate computes the verdicts."""
    features: Bytes2D | None = None
    """(k, w) what a model judged its k bills from; None where it judged none."""


class Oracle:
    """Judges the batches of one gate."""

    def __init__(
        self,
        system: System,
        readings: Readings,
        meters: Meters,
        signature: MeterSignature | None = None,
        model: Model | None = None,
        signed: SignedDays | None = None,
    ) -> None:
        """Without the meter operators' `signature` batches whose verdicts the gate computes are refused, without the
        `model` that their classes name those that it judges, and without `signed` those with mandates by which only
        signed readings count."""
        self._system, self._readings, self._meters, self._signature = system, readings, meters, signature
        self._model, self._signed = model, signed
        self._prefix = evidence_prefix(system.engine.chain_id, system.gate.address)
        self._next_block = 0
        self._classes: dict[int, int] = {}
        self._signed_only: set[int] = set()
        self._policies: dict[tuple[int, int, int], ClassPolicy] = {}
        self.refused: dict[int, str] = {}
        """Batches that could not be judged, and why."""

    def watch(self) -> list[Judgement]:
        """Judge every batch of `posted`. The caller signs and sends the calls."""
        posted = self.posted()
        groups = (posted[at : at + BATCHES_AT_ONCE] for at in range(0, len(posted), BATCHES_AT_ONCE))
        return [judgement for group in groups for judgement in self.judge(group)]

    def posted(self) -> list[PostedBatch]:
        """Every batch that was posted since the last call (at first, since the chain's beginning) and that the gate has
        no verdicts of.

        Anyone may post: a batch that cannot be judged, of an account in no directory, with bills that its posting's
        calldata do not show, to be computed by the gate from readings that nobody signed, or by a model that is not
        here, is left out and stands in `refused` with the reason, and stops no other.
        """
        head = self._system.engine.head()
        if head < self._next_block:
            return []
        ledger = self._system.ledger
        topics = [ledger.interface.topic(name) for name in ("BillsPosted", "ClassSet", "SignedOnlySet")]
        found = []
        for log in self._system.engine.logs(self._next_block, head, [ledger.address], topics):
            event = ledger.interface.decode_log(log)
            if event.name == "ClassSet":
                self._classes[event.arguments["account"]] = event.arguments["class"]
            elif event.name == "SignedOnlySet":
                keep = self._signed_only.add if event.arguments["signedOnly"] else self._signed_only.discard
                keep(event.arguments["account"])
            elif not self._system.gate.is_judged(event.arguments["batch"]):
                try:
                    found.append(self._posted(log, event.arguments))
                except InputError as error:
                    self.refused[event.arguments["batch"]] = str(error)
        self._next_block = head + 1
        return found

    def judge(self, posted: Sequence[PostedBatch]) -> list[Judgement]:
        """The verdicts of some batches, computed together without a word from the chain."""
        sizes = [len(one) for one in posted]
        words = np.concatenate([one.words for one in posted])
        bills = unpack_bills(words)
        meters = np.concatenate([one.meters for one in posted])
        utility = np.repeat(np.array([one.utility for one in posted], np.uint8), sizes)
        end = (bills.start + bills.days - 1).astype(np.int32)
        reference = self._readings(self._meters.customer[meters], utility, bills.start, end)
        ids = np.concatenate([(np.int64(one.batch) << 16) + np.arange(len(one)) for one in posted])
        salts = evidence_salts(self._meters.disclosure_keys[meters], ids)
        computed = np.repeat([one.shown is not None for one in posted], sizes)
        if computed.any():
            shown = [np.ones(len(one), np.bool_) if one.shown is None else one.shown for one in posted]
            reference = _only(reference, np.concatenate(shown))
            salts = np.where(computed[:, None], np.uint8(0), salts)
        if any(one.unsigned is not None for one in posted):
            unsigned = [np.zeros(len(one), np.bool_) if one.unsigned is None else one.unsigned for one in posted]
            reference = _only(reference, ~np.concatenate(unsigned))
        first, second, degree = (
            np.concatenate(columns) for columns in zip(*(one.presets for one in posted), strict=True)
        )
        verdicts = judge(reference, bills.quantity, bills.days, first_preset=first, second_preset=second, degree=degree)
        evidence = Evidence.of(reference, salts)
        ends = np.cumsum(sizes).tolist()
        parts = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
        each = zip(posted, parts, strict=True)
        return [self._judgement(one, bills.part(rows), verdicts.part(rows), evidence.part(rows)) for one, rows in each]

    def _judgement(self, posted: PostedBatch, bills: BillColumns, verdicts: Verdicts, evidence: Evidence) -> Judgement:
        features = None
        if posted.modelled is not None:
            verdicts, evidence, features = self._by_model(posted, posted.modelled, bills, verdicts, evidence)
        ids = (np.int64(posted.batch) << 16) + np.arange(len(posted))
        root = merkle_root(evidence_leaves(self._prefix, ids, posted.words, evidence))
        gate = self._system.gate
        if posted.shown is None:
            call = gate.submit_verdicts(posted.batch, root, posted.words, pack_verdicts(verdicts))
        else:
            assert self._signature is not None
            signature = self._signature(posted.supplier, posted.batch, root)
            call = gate.submit_verified(posted.batch, posted.words, shown_evidence(evidence), signature)
        return Judgement(posted, self._meters.accounts[posted.meters], bills, evidence, verdicts, root, call, features)

    def _by_model(
        self, posted: PostedBatch, rows: Bools, bills: BillColumns, verdicts: Verdicts, evidence: Evidence
    ) -> tuple[Verdicts, Evidence, Bytes2D]:
        """Verdicts and evidence of a batch with the model's of its bills of `rows` (n,), and their features."""
        assert self._model is not None
        customer = self._meters.customer[posted.meters]
        said, features = self._model.say(customer, posted.utility, bills, rows, evidence.salts)
        rates = posted.presets[0][rows]
        judged = verdicts.with_rows(rows, said.verdicts(bills.quantity[rows], rates))
        return judged, evidence.with_statements(rows, said.pack()), features

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
        accounts = (np.int64(supplier) << 32) | unpack_bills(words).number
        meters = self._meters.rows(accounts)
        classes, place = np.unique(self._classes_of(accounts), return_inverse=True)
        policies = [self._policy_of((version, utility, class_)) for class_ in classes.tolist()]
        shown, modelled = self._by_gate(batch, policies), self._by_models(batch, policies)
        if shown and modelled:
            raise InputError(f"batch {batch}: mixes bills that the gate judges with bills that a model does")
        judged = np.array([one.policy is Policy.MODEL for one in policies])[place]
        demanding = np.isin(accounts, list(self._signed_only)) & (unpack_bills(words).start >= FIRST_BILLED_DAY)
        unsigned = (
            None if shown or not demanding.any() else demanding & ~self._are_signed(batch, accounts, words, judged)
        )
        waits = unsigned is not None and bool(unsigned.any())
        return PostedBatch(
            batch, supplier, utility, version, words, meters, _columns(policies, place),
            shown=self._system.ledger.disclosing(supplier, words) if shown else None,
            modelled=judged & ~demanding & (unpack_bills(words).start >= FIRST_BILLED_DAY) if modelled else None,
            unsigned=unsigned if waits else None,
            not_before=self._system.ledger.batch_of(batch).posted_at + METER_TIME if waits else 0,
        )  # fmt: skip

    def _are_signed(self, batch: int, accounts: Int64s, words: Bytes2D, modelled: Bools) -> Bools:
        """(n,) whether readings by which bills are judged are signed; what a model (`modelled`) says rests on none.
        Raises InputError where nobody here knows."""
        if self._signed is None:
            raise InputError(f"batch {batch}: a mandate has only readings count that the meter operator signed")
        bills = unpack_bills(words)
        start, days = reference_period(bills.start, (bills.start + bills.days - 1).astype(np.int32))
        return self._signed(accounts, start, days) & ~modelled

    def _classes_of(self, accounts: Int64s) -> Int64s:
        if not self._classes:
            return np.zeros(len(accounts), np.int64)
        return np.array([self._classes.get(account, 0) for account in accounts.tolist()], np.int64)

    def _by_gate(self, batch: int, policies: Sequence[ClassPolicy]) -> bool:
        """Whether the gate computes the verdicts; raises InputError where nobody signs what it needs for that."""
        verified = any(one.policy is Policy.VERIFIED for one in policies)
        if verified and self._signature is None:
            raise InputError(f"batch {batch}: the gate judges it by readings that the meter operator signs")
        return verified

    def _by_models(self, batch: int, policies: Sequence[ClassPolicy]) -> bool:
        """Whether a model judges some bill; raises InputError for another model than this operator's."""
        named = {one.model for one in policies if one.policy is Policy.MODEL}
        here = set() if self._model is None else {self._model.hash}
        if named - here:
            raise InputError(f"batch {batch}: the model {min(named - here).hex()} judges it, which is not here")
        return bool(named)

    def _policy_of(self, key: tuple[int, int, int]) -> ClassPolicy:
        if key not in self._policies:
            self._policies[key] = self._system.gate.policy_of(*key)
        return self._policies[key]


def _columns(policies: Sequence[ClassPolicy], place: Int64s) -> Columns:
    """(n,) first preset, second preset and degree of each bill, by the `place` (n,) of its class."""
    presets = [one.presets for one in policies]
    first, second = (np.array([getattr(one, name) for one in presets], np.int64) for name in ("first", "second"))
    degree = np.array([one.degree for one in presets], np.uint8)
    return first[place], second[place], degree[place]


def _only(reference: Reference, rows: Bools) -> Reference:
    """The readings of the bills of `rows` (n,); of the others all are missing."""
    present = reference.present & rows[:, None]
    return Reference(reference.start, reference.days, np.where(present, reference.readings, 0), present)
