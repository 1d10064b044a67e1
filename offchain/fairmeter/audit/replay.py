"""Executes a bundle's transactions again on a fresh chain, and compares everything that the chain says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.audit.compare import Difference, Rows, first_difference, table_of
from fairmeter.audit.findings import Check, Finding, Progress
from fairmeter.audit.manifest import Head, Manifest
from fairmeter.audit.sample import Sample
from fairmeter.bundle import Bundle
from fairmeter.chain.engine import Engine, Receipts
from fairmeter.chain.history import history_digest
from fairmeter.collector import frozen
from fairmeter.errors import ChainError
from fairmeter.model import Int64s

LONGEST_RUN: Final = 256
"""Transactions sent at once."""
LONG: Final = 1_000
"""Transactions of a replay that takes seconds."""

Watch = Callable[[int, Sequence[str]], None]
"""Told, after each run of transactions, how many have been executed in all, and the labels of the last: the time to
look at the chain's state."""


class Replay:
    """One replay of a bundle on `engine`. If it finds nothing, the bundle's receipts and logs are what the engine gave,
    all of them and in its order."""

    def __init__(
        self,
        bundle: Bundle,
        manifest: Manifest,
        engine: Engine,
        watch: Watch,
        progress: Progress,
        sample: Sample | None = None,
    ) -> None:
        """`sample`: transactions that another EVM executes as well."""
        self._bundle, self._manifest, self._engine = bundle, manifest, engine
        self._watch, self._progress, self._sample = watch, progress, sample
        self._receipts, self._logs = Rows(bundle, "receipts"), Rows(bundle, "logs")
        self._done = 0

    def run(self) -> Check:
        """Replay until the end or the first difference."""
        with frozen(long=self._manifest.rows["transactions"] >= LONG):
            return self._check(self._difference())

    def _difference(self) -> Finding | None:
        sampled = frozenset[int]() if self._sample is None else self._sample.transactions
        for transactions in self._bundle.row_groups("transactions"):
            first = self._done
            alone = frozenset(number - first for number in sampled if first <= number < first + len(transactions))
            for start, end in runs(transactions["timestamp"].to_pylist(), alone):
                run = transactions.slice(start, end - start)
                if finding := self._execute(run, witnessed=start in alone):
                    return finding
                self._watch(self._done, run["label"].to_pylist())
                self._progress("replay", self._done, self._manifest.rows["transactions"])
        return self._left_over() or self._head(self._manifest.head)

    def _check(self, finding: Finding | None) -> Check:
        detail = f"transactions executed again on {self._engine.implementation}: receipts, logs, blocks"
        return Check("replay", detail, self._done, () if finding is None else (finding,))

    def _execute(self, rows: pa.Table, *, witnessed: bool) -> Finding | None:
        before, timestamp = self._engine.head(), rows["timestamp"][0].as_py()
        expected = None
        if witnessed and self._sample is not None:
            expected = self._sample.expect(self._done, rows["raw"][0].as_py(), before + 1, timestamp)
        try:
            receipts = self._engine.send(rows["raw"].to_pylist(), timestamp)
        except ChainError as error:
            row = self._engine.head() - before  # raises again if the chain itself is gone
            return self._finding(rows, row, "a transaction that the chain accepts", str(error))
        if expected is not None and self._sample is not None:
            self._sample.compare(self._done, expected, receipts[0])
        finding = self._compare(rows, receipts)
        self._done += len(receipts)
        return finding

    def _compare(self, rows: pa.Table, receipts: Receipts) -> Finding | None:
        numbers = np.arange(self._done, self._done + len(receipts))
        logs = _log_table(self._done, receipts)
        compared = {
            "transaction": (_transaction_table(numbers, receipts), rows),
            "receipt": (_receipt_table(numbers, receipts), self._receipts.take(len(receipts))),
            "log": (logs, self._logs.take(len(logs))),
        }
        ends = np.cumsum(receipts.log_count)
        differences: list[tuple[int, str, Difference]] = []
        for kind, (expected, found) in compared.items():
            if (difference := first_difference(expected, found)) is None:
                continue
            if kind != "log":
                differences.append((difference.row, kind, difference))
                continue
            # a log beyond them all is the last transaction's
            owner = min(int(np.searchsorted(ends, difference.row, side="right")), len(receipts) - 1)
            within = difference.row - int(ends[owner] - receipts.log_count[owner])
            differences.append((owner, f"log {within}", difference))
        if not differences:
            return None
        row, kind, first = min(differences, key=lambda one: one[0])
        return self._finding(rows, row, first.expected, first.found, f", {kind}, {first.column}")

    def _finding(self, rows: pa.Table, row: int, expected: str, found: str, part: str = "") -> Finding:
        label = rows["label"][row].as_py() if row < len(rows) else "beyond the table"
        return Finding("replay", f"transaction {self._done + row} ({label}){part}", expected, found)

    def _left_over(self) -> Finding | None:
        for name, rows in (("receipts", self._receipts), ("logs", self._logs)):
            if rest := rows.rest():
                return Finding("replay", f"{name}.parquet", "nothing after the last transaction", f"{rest} rows")
        return None

    def _head(self, head: Head) -> Finding | None:
        newest = self._engine.head()
        if head.block == newest + 1:
            # a run may end with an empty block that only moves the time
            newest = self._engine.mine(head.timestamp).number
        block = self._engine.block(newest)
        history = history_digest(self._engine, 1, newest)
        expected = {"block": block.number, "timestamp": block.timestamp, "history": history}
        found = {"block": head.block, "timestamp": head.timestamp, "history": head.history}
        difference = first_difference(_one_row(expected), _one_row(found))
        if difference is None:
            return None
        return Finding("replay", f"manifest.json, head.{difference.column}", difference.expected, difference.found)


def runs(timestamps: Sequence[int], alone: Set[int] = frozenset()) -> Iterator[tuple[int, int]]:
    """Where to cut blocks' times so that within a part each is one second after the one before; parts are at most
    LONGEST_RUN long, and those whose places are in `alone` are parts of their own."""
    start = 0
    for position, (earlier, later) in enumerate(pairwise(timestamps), 1):
        cut = position in alone or position - 1 in alone
        if cut or later != earlier + 1 or position - start == LONGEST_RUN:
            yield start, position
            start = position
    if timestamps:
        yield start, len(timestamps)


def _one_row(values: dict[str, Any]) -> pa.Table:
    return pa.table({name: [value] for name, value in values.items()})


def _transaction_table(numbers: Int64s, receipts: Receipts) -> pa.Table:
    columns = {
        "transaction": numbers,
        "hash": receipts.tx_hash,
        "block": receipts.block_number,
        "timestamp": receipts.timestamp,
    }
    return table_of("transactions", columns)


def _receipt_table(numbers: Int64s, receipts: Receipts) -> pa.Table:
    columns = {
        "transaction": numbers,
        "status": receipts.status,
        "gas_used": receipts.gas_used,
        "contract": [receipts.created.get(place) for place in range(len(receipts))],
        "logs": receipts.log_count,
    }
    return table_of("receipts", columns)


def _log_table(first: int, receipts: Receipts) -> pa.Table:
    """The logs, their transactions counted from the run's beginning."""
    return receipts.logs.set_column(0, "transaction", pc.add(receipts.logs["transaction"], first))
