"""Every judged batch: the bundle's tables against the calldata, the evidence against its root on chain, and every
verdict recomputed from its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from fairmeter.audit.batches import Batches, Judging
from fairmeter.audit.compare import first_difference, shown, table_of
from fairmeter.audit.evidence import Leaf, evidence_root, leaf_prefix, leaves_of, reference_of
from fairmeter.audit.findings import Check, Finding, Progress
from fairmeter.audit.manifest import Manifest
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.recompute import recompute
from fairmeter.audit.source import Source
from fairmeter.bundle import Bundle
from fairmeter.chain.merkle import merkle_root
from fairmeter.contracts.packing import VerdictColumns, unpack_verdicts
from fairmeter.model import Utility, Verdict

DETAILS = {
    "bills": "rows of the bills table, with the posted calldata",
    "verdicts": "rows of the verdicts table, with the submitted calldata",
    "evidence": "evidence leaves, with the roots on chain and the periods that the bills' dates give",
    "recompute": "verdicts computed again from their evidence, in rationals",
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
        source: Source | None,
        progress: Progress,
    ) -> None:
        self._bundle, self._manifest, self._batches = bundle, manifest, batches
        self._parameters, self._suppliers, self._source, self._progress = parameters, suppliers, source, progress
        self._customers: dict[int, str] = {}
        self._bill_ids: set[str] = set()

    def run(self) -> list[Check]:
        """The checks of DETAILS, with what they found."""
        counts: Counter[str] = Counter()
        finding: Finding | None = None
        groups = [self._bundle.row_groups(table) for table in ("bills", "verdicts", "evidence")]
        total = sum(len(judging.words) for judging in self._batches.judgings)
        for judging in self._batches.judgings:
            tables = [next(rows, None) for rows in groups]
            finding = self._batch(judging, tables, counts)
            if finding is not None:
                break
            self._progress("verdicts", counts["recompute"], total)
        else:
            finding = self._left_over(groups)
        names = [name for name in DETAILS if name != "source" or self._source is not None]
        return [
            Check(name, DETAILS[name], counts[name], (finding,) if finding and finding.check == name else ())
            for name in names
        ]

    def _batch(self, judging: Judging, tables: Sequence[pa.Table | None], counts: Counter[str]) -> Finding | None:
        for name, table in zip(("bills", "verdicts", "evidence"), tables, strict=True):
            if table is None:
                rows = f"{len(judging.words)} rows of batch {judging.posting.batch}"
                return Finding(name, f"{name}.parquet", rows, "the end of the table")
        bills, verdicts, evidence = tables
        leaves = leaves_of(evidence)
        steps: list[tuple[str, Callable[[], Finding | None]]] = [
            ("bills", lambda: self._bills(judging, bills)),
            ("verdicts", lambda: self._verdicts(judging, verdicts)),
            ("evidence", lambda: self._evidence(judging, evidence, leaves)),
            ("recompute", lambda: self._recompute(judging, leaves)),
        ]
        if self._source is not None:
            steps.append(("source", lambda: self._compare_source(judging, bills, leaves)))
        for name, step in steps:
            if (finding := step()) is not None:
                return finding
            counts[name] += len(judging.words)
        return None

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
            "word": [word.tobytes() for word in posting.words],
        }
        return _table_finding("bills", judging, expected, rows) or self._identities(judging, rows)

    def _identities(self, judging: Judging, rows: pa.Table) -> Finding | None:
        """Names that the chain does not know: a bill_id only once, an account always of the same customer."""
        names = zip(*(rows[name].to_pylist() for name in ("bill_id", "customer_id", "account")), strict=True)
        for index, (bill_id, customer, account) in enumerate(names):
            where = f"{_named(judging, index)}, bill_id {bill_id}"
            if bill_id in self._bill_ids:
                return Finding("bills", where, "a bill_id that no other bill has", "one used before")
            self._bill_ids.add(bill_id)
            if (known := self._customers.setdefault(account, customer)) != customer:
                return Finding("bills", f"{where}, customer of account {account}", known, customer)
        return None

    def _verdicts(self, judging: Judging, rows: pa.Table) -> Finding | None:
        submitted = unpack_verdicts(judging.verdicts)
        expected = {
            **_place(judging),
            "decision": submitted.decision.astype(np.int8),
            "actual_ppm": np.ma.MaskedArray(submitted.actual_ppm, ~submitted.has_actual),
            "expected_ppm": np.ma.MaskedArray(submitted.expected_ppm, ~submitted.has_expected),
        }
        return _table_finding("verdicts", judging, expected, rows)

    def _evidence(self, judging: Judging, rows: pa.Table, leaves: Sequence[Leaf]) -> Finding | None:
        bills = judging.posting.bills
        periods = [reference_of(*bill) for bill in zip(bills.start.tolist(), bills.days.tolist(), strict=True)]
        starts, days = zip(*periods, strict=True)
        expected = {**_place(judging), "reference_start": starts, "reference_days": days}
        if finding := _table_finding("evidence", judging, expected, rows):
            return finding
        for index, leaf in enumerate(leaves):
            if problem := leaf.problem():
                return Finding("evidence", _named(judging, index), *problem)
        batch = judging.posting.batch
        prefix = leaf_prefix(self._manifest.chain_id, self._manifest.contracts["VerdictGate"], batch)
        root = evidence_root(prefix, leaves, [word.tobytes() for word in judging.words])
        if root == judging.evidence_root:
            return None
        return Finding("evidence", f"batch {batch}, root", f"{shown(judging.evidence_root)} on chain", shown(root))

    def _recompute(self, judging: Judging, leaves: Sequence[Leaf]) -> Finding | None:
        posting, bills = judging.posting, judging.posting.bills
        submitted = unpack_verdicts(judging.verdicts)
        classes = self._parameters.classes(posting.accounts, judging.transaction)
        rows = zip(leaves, bills.quantity.tolist(), bills.days.tolist(), classes, strict=True)
        for index, (leaf, quantity, days, class_) in enumerate(rows):
            presets = self._parameters.of(posting.parameter_version, posting.utility, class_)
            verdict = recompute(leaf.values(), quantity, days, presets.first, presets.second, presets.degree)
            expected, found = _verdict_text(verdict), _submitted_text(submitted, index)
            if expected != found:
                return Finding("recompute", _named(judging, index), expected, found)
        return None

    def _compare_source(self, judging: Judging, rows: pa.Table, leaves: Sequence[Leaf]) -> Finding | None:
        assert self._source is not None
        posting = judging.posting
        difference = self._source.first_difference(rows, posting.bills, posting.utility, leaves)
        if difference is None:
            return None
        index, expected, found = difference
        return Finding("source", f"{_named(judging, index)}, {self._source.path}", expected, found)

    def _left_over(self, groups: Sequence[object]) -> Finding | None:
        for name, rows in zip(("bills", "verdicts", "evidence"), groups, strict=True):
            if (more := next(rows, None)) is not None:  # type: ignore[call-overload]
                return Finding(name, f"{name}.parquet", "nothing after the last judged batch", f"{len(more)} rows")
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


def _verdict_text(verdict: Verdict) -> str:
    return f"{verdict.decision.name}, actual {verdict.actual_ppm} ppm, expected {verdict.expected_ppm} ppm"


def _submitted_text(submitted: VerdictColumns, index: int) -> str:
    actual = int(submitted.actual_ppm[index]) if submitted.has_actual[index] else None
    expected = int(submitted.expected_ppm[index]) if submitted.has_expected[index] else None
    names = {1: "PAY", 2: "APPEAL", 3: "INSUFFICIENT"}
    decision = int(submitted.decision[index])
    return f"{names.get(decision, decision)}, actual {actual} ppm, expected {expected} ppm"
