"""Executes a bundle's transactions again on a fresh chain, and compares everything that the chain says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import pyarrow as pa

from fairmeter.audit.compare import Rows, first_difference, table_of
from fairmeter.audit.findings import Check, Finding, Progress
from fairmeter.audit.manifest import Head, Manifest
from fairmeter.bundle import Bundle
from fairmeter.chain.engine import Engine, Receipt
from fairmeter.chain.history import history_digest
from fairmeter.errors import ChainError

LONGEST_RUN: Final = 256
"""Transactions sent at once."""

Watch = Callable[[int, Sequence[str]], None]
"""Told, after each run of transactions, how many have been executed in all, and the labels of the last: the time to
look at the chain's state."""


class Replay:
    """One replay of a bundle on `engine`. After `run`, `logs` are those that the engine gave, in a bundle's columns."""

    def __init__(self, bundle: Bundle, manifest: Manifest, engine: Engine, watch: Watch, progress: Progress) -> None:
        self._bundle, self._manifest, self._engine = bundle, manifest, engine
        self._watch, self._progress = watch, progress
        self._receipts, self._logs = Rows(bundle, "receipts"), Rows(bundle, "logs")
        self._done = 0
        self._emitted = [_log_table(0, ())]

    @property
    def logs(self) -> pa.Table:
        """Every log so far."""
        return pa.concat_tables(self._emitted).combine_chunks()

    def run(self) -> Check:
        """Replay until the end or the first difference."""
        for transactions in self._bundle.row_groups("transactions"):
            for start, end in runs(transactions["timestamp"].to_pylist()):
                run = transactions.slice(start, end - start)
                if finding := self._execute(run):
                    return self._check(finding)
                self._watch(self._done, run["label"].to_pylist())
                self._progress("replay", self._done, self._manifest.rows["transactions"])
        return self._check(self._left_over() or self._head(self._manifest.head))

    def _check(self, finding: Finding | None) -> Check:
        detail = f"transactions executed again on {self._engine.implementation}: receipts, logs, blocks"
        return Check("replay", detail, self._done, () if finding is None else (finding,))

    def _execute(self, rows: pa.Table) -> Finding | None:
        before = self._engine.head()
        try:
            receipts = self._engine.send(rows["raw"].to_pylist(), rows["timestamp"][0].as_py())
        except ChainError as error:
            row = self._engine.head() - before  # raises again if the chain itself is gone
            return self._finding(rows, row, "a transaction that the chain accepts", str(error))
        finding = self._compare(rows, receipts)
        self._done += len(receipts)
        return finding

    def _compare(self, rows: pa.Table, receipts: Sequence[Receipt]) -> Finding | None:
        logs = _log_table(self._done, receipts)
        counts = [len(receipt.logs) for receipt in receipts]
        differences = [
            (difference.row, "transaction", difference)
            for difference in [first_difference(_transaction_table(self._done, receipts), rows)]
            if difference is not None
        ]
        if receipt := first_difference(_receipt_table(self._done, receipts), self._receipts.take(len(receipts))):
            differences.append((receipt.row, "receipt", receipt))
        if log := first_difference(logs, self._logs.take(len(logs))):
            differences.append((_owner(counts, log.row), f"log {_within(counts, log.row)}", log))
        self._emitted.append(logs)
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


def runs(timestamps: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where to cut blocks' times so that within a part each is one second after the one before; parts are at most
    LONGEST_RUN long."""
    start = 0
    for position, (earlier, later) in enumerate(pairwise(timestamps), 1):
        if later != earlier + 1 or position - start == LONGEST_RUN:
            yield start, position
            start = position
    if timestamps:
        yield start, len(timestamps)


def _one_row(values: dict[str, Any]) -> pa.Table:
    return pa.table({name: [value] for name, value in values.items()})


def _transaction_table(first: int, receipts: Sequence[Receipt]) -> pa.Table:
    columns = {
        "transaction": range(first, first + len(receipts)),
        "hash": [receipt.tx_hash for receipt in receipts],
        "block": [receipt.block_number for receipt in receipts],
        "timestamp": [receipt.timestamp for receipt in receipts],
    }
    return table_of("transactions", columns)


def _receipt_table(first: int, receipts: Sequence[Receipt]) -> pa.Table:
    columns = {
        "transaction": range(first, first + len(receipts)),
        "status": [receipt.status for receipt in receipts],
        "gas_used": [receipt.gas_used for receipt in receipts],
        "contract": [receipt.contract_address for receipt in receipts],
        "logs": [len(receipt.logs) for receipt in receipts],
    }
    return table_of("receipts", columns)


def _log_table(first: int, receipts: Sequence[Receipt]) -> pa.Table:
    numbered = [
        (first + row, position, log)
        for row, receipt in enumerate(receipts)
        for position, log in enumerate(receipt.logs)
    ]
    columns = {
        "transaction": [transaction for transaction, _, _ in numbered],
        "log": [position for _, position, _ in numbered],
        "address": [log.address for _, _, log in numbered],
        "topics": [b"".join(log.topics) for _, _, log in numbered],
        "data": [log.data for _, _, log in numbered],
    }
    return table_of("logs", columns)


def _owner(counts: Sequence[int], log: int) -> int:
    """The receipt that log number `log` of them all belongs to; the last one for a log beyond them."""
    for row, count in enumerate(counts):
        if log < count:
            return row
        log -= count
    return max(len(counts) - 1, 0)


def _within(counts: Sequence[int], log: int) -> int:
    return log - sum(counts[: _owner(counts, log)])
