"""Every judged batch: the bundle's tables against the calldata, the evidence against its root on chain, and every
verdict recomputed from its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from fairmeter.audit.batches import Batches, Judging
from fairmeter.audit.compare import Rows, first_difference, fixed_binary, shown, table_of
from fairmeter.audit.corrections import Corrected, Way
from fairmeter.audit.evidence import Evidence, leaf_prefix, reference_of
from fairmeter.audit.findings import Check, Finding, Progress
from fairmeter.audit.identities import Identities
from fairmeter.audit.manifest import Manifest
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.recompute import follow, recompute
from fairmeter.audit.screening import Screened
from fairmeter.audit.signed import Signed
from fairmeter.audit.slashing import Corrections
from fairmeter.audit.source import Source, differing, first_day, values
from fairmeter.audit.verified import Verified
from fairmeter.bundle import MODEL, Bundle
from fairmeter.chain.merkle import merkle_root
from fairmeter.contracts.attesting import verdict_commitment
from fairmeter.contracts.packing import VerdictColumns, unpack_verdicts
from fairmeter.contracts.statements import Statements
from fairmeter.model import Bools, Reference, Utility, Verdicts

if TYPE_CHECKING:
    from fairmeter.audit.modelled import Modelled

DETAILS = {
    "bills": "rows of the bills table, with the posted calldata",
    "verdicts": "rows of the verdicts table, with the submitted calldata and what screening rules make of it",
    "evidence": "evidence leaves, with the roots on chain and the periods that the bills' dates give",
    "verified": "verdicts of the gate's own, with the meter operator's signature over what it was shown",
    "model": "bills that a model judged, with its bytes, its hash on chain, and their figures",
    "signed": "bills for which only signed readings count, with what the meter operator signed",
    "recompute": "verdicts computed again from their evidence, in exact integers",
    "source": "evidence leaves, with the source of the readings",
}


class Judgements:
    """Checks batch by batch, in the order of judging, and stops at the first batch with a difference."""

    def __init__(
        self,
        bundle: Bundle,
        manifest: Manifest,
        batches: Batches,
        parameters: Parameters,
        suppliers: dict[int, str],
        corrections: Corrections,
        verified: Verified,
        signed: Signed,
        corrected: Corrected,
        screened: Screened,
        modelled: Modelled | None,
        source: Source | None,
        progress: Progress,
    ) -> None:
        self._bundle, self._manifest, self._batches = bundle, manifest, batches
        self._corrections, self._corrected = corrections, corrected
        self._verified, self._signed = verified, signed
        self._modelled, self._screened = modelled, screened
        self._otherwise: Counter[Way] = Counter()
        """Evidence that differs from the source, by what has corrected it."""
        self._parameters, self._suppliers, self._source, self._progress = parameters, suppliers, source, progress
        self._identities = Identities()

    def run(self) -> list[Check]:
        """The checks of DETAILS, with what they found."""
        counts: Counter[str] = Counter()
        finding: Finding | None = None
        tables = {name: Rows(self._bundle, name) for name in ("bills", "verdicts", "evidence")}
        total = sum(len(judging.words) for judging in self._batches.judgings)
        for judging in self._batches.judgings:
            finding = self._batch(judging, tables, counts)
            if finding is not None:
                break
            self._progress("verdicts", counts["recompute"], total)
        else:
            rest = 0 if self._modelled is None else self._modelled.rest()
            finding = self._identities.finding() or _left_over(tables) or _no_bill(rest)
        names = [name for name in DETAILS if name != "source" or self._source is not None]
        return [
            Check(
                name,
                DETAILS[name] + self._note(name),
                counts[name],
                (finding,) if finding and finding.check == name else (),
            )
            for name in names
        ]

    def _batch(self, judging: Judging, tables: Mapping[str, Rows], counts: Counter[str]) -> Finding | None:
        count = len(judging.words)
        taken = {name: rows.take(count) for name, rows in tables.items()}
        for name, rows in taken.items():
            if not len(rows):
                expected = f"{count} rows of batch {judging.posting.batch}"
                return Finding(name, f"{name}.parquet", expected, "the end of the table")
        bills = taken["bills"]
        finding = (
            self._bills(judging, bills)
            or self._verdicts(judging, taken["verdicts"])
            or self._periods(judging, taken["evidence"])
        )
        if finding is not None:
            return finding
        self._identities.add(bills)
        counts["bills"] += count
        counts["verdicts"] += count
        return self._evidence(judging, taken["evidence"], bills, counts)

    def _evidence(self, judging: Judging, rows: pa.Table, bills: pa.Table, counts: Counter[str]) -> Finding | None:
        """The evidence, and what is computed from it."""
        modelled = self._parameters.modelled(judging.posting) & (judging.shown is None)
        evidence = Evidence.read(rows, modelled)
        if isinstance(evidence, tuple):
            index, *problem = evidence
            return Finding("evidence", _named(judging, index), *problem)
        reference = evidence.reference(modelled)
        steps: list[tuple[str, Callable[[], Finding | None]]] = [
            ("evidence", lambda: self._root(judging, evidence)),
            ("verified", lambda: self._verified.finding(judging, evidence)),
            ("model", lambda: self._by_model(judging, modelled, evidence, bills)),
            ("signed", lambda: self._signed.finding(judging, reference)),
            ("recompute", lambda: self._recompute(judging, reference, modelled, evidence)),
        ]
        if self._source is not None:
            steps.append(("source", lambda: self._compare_source(judging, bills, reference, modelled)))
        n = len(judging.words)
        of = {"verified": n if judging.shown is not None else 0, "model": int(modelled.sum())}
        of["signed"] = self._signed.count(judging)
        for name, step in steps:
            if (finding := step()) is not None:
                return finding
            counts[name] += of.get(name, n)
        return None

    def _by_model(self, judging: Judging, rows: Bools, evidence: Evidence, bills: pa.Table) -> Finding | None:
        if not rows.any():
            return None
        if self._modelled is None:
            return Finding("model", f"batch {judging.posting.batch}", f"{MODEL}, which judged it", "no such file")
        return self._modelled.finding(judging, rows, evidence, bills)

    def _bills(self, judging: Judging, rows: pa.Table) -> Finding | None:
        posting = judging.posting
        root = merkle_root(posting.words)
        if root != posting.commitment:
            return Finding("bills", f"batch {posting.batch}, commitment", shown(root), shown(posting.commitment))
        columns = posting.bills
        n = len(posting.words)
        expected = {
            **_place(judging),
            "utility": [Utility(posting.utility).label] * n,
            "supplier": [self._suppliers[posting.supplier]] * n,
            "account": posting.accounts.astype(np.uint64),
            "start": columns.start,
            "days": columns.days,
            "quantity": columns.quantity,
            "amount": columns.amount,
            "replaces": columns.replaces.astype(np.uint64),
            "word": fixed_binary(posting.words),
        }
        return _table_finding("bills", judging, expected, rows)

    def _verdicts(self, judging: Judging, rows: pa.Table) -> Finding | None:
        submitted = unpack_verdicts(judging.verdicts)
        expected = {
            **_place(judging),
            "decision": submitted.decision.astype(np.int8),
            "decided": self._screened.decided(judging).astype(np.int8),
            "actual_ppm": np.ma.MaskedArray(submitted.actual_ppm, ~submitted.has_actual),
            "expected_ppm": np.ma.MaskedArray(submitted.expected_ppm, ~submitted.has_expected),
        }
        return _table_finding("verdicts", judging, expected, rows)

    def _periods(self, judging: Judging, rows: pa.Table) -> Finding | None:
        bills = judging.posting.bills
        start, days = reference_of(bills.start, bills.days)
        expected = {**_place(judging), "reference_start": start, "reference_days": days}
        return _table_finding("evidence", judging, expected, rows)

    def _root(self, judging: Judging, evidence: Evidence) -> Finding | None:
        batch = judging.posting.batch
        prefix = leaf_prefix(self._manifest.chain_id, self._manifest.contracts["VerdictGate"], batch)
        root = evidence.root(prefix, judging.words)
        if root == judging.evidence_root:
            return None
        return Finding("evidence", f"batch {batch}, root", f"{shown(judging.evidence_root)} on chain", shown(root))

    def _recompute(self, judging: Judging, reference: Reference, modelled: Bools, evidence: Evidence) -> Finding | None:
        posting, bills = judging.posting, judging.posting.bills
        submitted = unpack_verdicts(judging.verdicts)
        if (commitment := verdict_commitment(judging.verdicts)) != judging.commitment:
            return Finding(
                "recompute", f"batch {posting.batch}, commitment", shown(commitment), shown(judging.commitment)
            )
        presets = self._parameters.presets(posting)
        judged = recompute(reference, bills.quantity, bills.days.astype(np.int64), *presets)
        said = Statements.unpack(evidence.packed[modelled])
        figures = (said.score, said.expected, said.highest)
        judged = judged.with_rows(modelled, follow(*figures, bills.quantity[modelled], presets[0][modelled]))
        same = (
            (judged.decision == submitted.decision)
            & (judged.has_actual == submitted.has_actual)
            & (judged.has_expected == submitted.has_expected)
            & (~judged.has_actual | (judged.actual_ppm == submitted.actual_ppm))
            & (~judged.has_expected | (judged.expected_ppm == submitted.expected_ppm))
        )
        ids = (np.int64(posting.batch) << 16) + np.arange(len(same))
        # a wrong verdict that was put right on chain is a fact of the run
        same |= ~same & self._corrections.put_right(ids, judged)
        if same.all():
            return None
        index = int(np.argmin(same))
        signed = ", ".join(sorted("0x" + signer.hex() for signer in self._corrections.signers(judging)))
        found = f"{_text(submitted, index)}, signed by {signed}"
        return Finding("recompute", _named(judging, index), _text(judged, index), found)

    def _compare_source(self, judging: Judging, rows: pa.Table, evidence: Reference, modelled: Bools) -> Finding | None:
        assert self._source is not None
        posting = judging.posting
        source = self._source.reference(rows, posting.bills, posting.utility)
        # the leaves of bills that a model judged have no readings, nor those of readings that nobody signed
        left_out = self._parameters.signed_only(posting) & ~evidence.present.any(axis=1)
        for index in differing(source, evidence):
            if modelled[index] or left_out[index]:
                continue
            ours, theirs = values(source, index), values(evidence, index)
            way = self._corrected_by(posting.batch << 16 | index, ours)
            if way is None:
                return Finding("source", f"{_named(judging, index)}, {self._source.path}", *first_day(ours, theirs))
            self._otherwise[way] += 1
        return None

    def _corrected_by(self, bill: int, source: Sequence[int | None]) -> Way | None:
        """By what a verdict over other evidence than the source's was corrected: the source's readings, signed, or that
        nobody showed the evidence."""
        for one in self._corrected.of(bill):
            if one.way is Way.DEMAND or (one.way is Way.METER and one.readings == tuple(source)):
                return one.way
        return None

    def _note(self, name: str) -> str:
        if name != "source" or not self._otherwise:
            return ""
        ways = ", ".join(f"{count:,} by {way}" for way, count in self._otherwise.items())
        return f"; where they differ the verdicts were corrected: {ways}"


def _no_bill(rest: int) -> Finding | None:
    return Finding("model", "features.parquet", "nothing after the last judged bill", f"{rest} rows") if rest else None


def _left_over(tables: Mapping[str, Rows]) -> Finding | None:
    for name, rows in tables.items():
        if rest := rows.rest():
            return Finding(name, f"{name}.parquet", "nothing after the last judged batch", f"{rest} rows")
    return None


def _place(judging: Judging) -> dict[str, object]:
    n = len(judging.words)
    return {"batch": np.full(n, judging.posting.batch), "index": np.arange(n)}


def _table_finding(name: str, judging: Judging, columns: dict[str, object], rows: pa.Table) -> Finding | None:
    difference = first_difference(table_of(name, columns), rows)
    if difference is None:
        return None
    where = f"{name}.parquet, {_named(judging, difference.row)}, {difference.column}"
    return Finding(name, where, difference.expected, difference.found)


def _named(judging: Judging, index: int) -> str:
    return f"batch {judging.posting.batch}, bill {index}"


def _text(verdicts: Verdicts | VerdictColumns, index: int) -> str:
    actual = int(verdicts.actual_ppm[index]) if verdicts.has_actual[index] else None
    expected = int(verdicts.expected_ppm[index]) if verdicts.has_expected[index] else None
    names = {1: "PAY", 2: "APPEAL", 3: "INSUFFICIENT"}
    decision = int(verdicts.decision[index])
    return f"{names.get(decision, decision)}, actual {actual} ppm, expected {expected} ppm"
