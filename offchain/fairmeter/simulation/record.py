"""The run's record: every transaction as it was sent and what it did, streamed into the bundle as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from fairmeter.bundle import CHAIN_TABLES, SCHEMAS, SCORES, BundleWriter, table_of
from fairmeter.contracts.challenging import Shown
from fairmeter.contracts.packing import Evidence
from fairmeter.contracts.session import Sent
from fairmeter.model import Bills, Int64s, UInt8s, Utility
from fairmeter.oracle import Judgement


class ChainRecorder:
    """Writes transactions, receipts and logs; counts transactions and gas."""

    def __init__(self, writer: BundleWriter) -> None:
        self._writer = writer
        self.transactions = 0
        self.gas_used = 0

    def sent(self, sent: Sent) -> None:
        """Transactions that were sent together."""
        receipts, count = sent.receipts, len(sent.calls)
        numbers = np.arange(self.transactions, self.transactions + count)
        transactions = {
            "transaction": numbers,
            "block": receipts.block_number,
            "timestamp": receipts.timestamp,
            "label": [call.label for call in sent.calls],
            "hash": [one.hash for one in sent.signed],
            "raw": [one.raw for one in sent.signed],
        }
        done = {
            "transaction": numbers,
            "status": receipts.status,
            "gas_used": receipts.gas_used,
            "contract": [receipts.created.get(place) for place in range(count)],
            "logs": receipts.log_count.astype(np.int32),
        }
        emitted = receipts.logs.set_column(
            0, "transaction", pa.array(receipts.logs["transaction"].to_numpy() + self.transactions)
        )
        self.transactions += count
        self.gas_used += int(receipts.gas_used.sum())
        tables = (table_of("transactions", transactions), table_of("receipts", done), emitted)
        for name, table in zip(CHAIN_TABLES, tables, strict=True):
            self._writer.append(name, table)


class Recorder(ChainRecorder):
    """Writes batches and evidence besides."""

    def __init__(self, writer: BundleWriter, bills: Bills) -> None:
        super().__init__(writer)
        self._customers, self._suppliers = pa.array(bills.customers), pa.array(bills.suppliers)
        self._bills = bills

    def judged(self, judgement: Judgement, rows: Int64s, decided: UInt8s) -> None:
        """A batch's bills, verdicts and evidence; `rows` are the bills' in the file, `decided` (n,) what became of the
        verdicts' decisions."""
        posted, verdicts, evidence = judgement.posted, judgement.verdicts, judgement.evidence
        place = {"batch": np.full(len(rows), posted.batch), "index": np.arange(len(rows), dtype=np.int32)}
        self._writer.append("bills", table_of("bills", place | self._named(rows, posted.utility) | _bills(judgement)))
        growths = {
            "actual_ppm": pa.array(verdicts.actual_ppm, mask=~verdicts.has_actual),
            "expected_ppm": pa.array(verdicts.expected_ppm, mask=~verdicts.has_expected),
        }
        decision = {"decision": verdicts.decision.astype(np.int8), "decided": decided.astype(np.int8)}
        self._writer.append("verdicts", table_of("verdicts", place | decision | growths))
        self._writer.append("evidence", table_of("evidence", place | _evidence(evidence)))
        modelled, features = judgement.posted.modelled, judgement.features
        if modelled is not None and features is not None:
            sizes = np.full(len(features), features.shape[1])
            own = {name: column[modelled] for name, column in place.items()}
            self._writer.append("features", table_of("features", own | {"figures": _ragged(features, sizes)}))

    def signed(self, batch: int, shown: Iterable[tuple[int, Shown]]) -> None:
        """What the meter operator signed for bills of a batch, by their places in it."""
        rows = [{"batch": batch, "index": index, **_snapshot(one)} for index, one in shown]
        self._writer.append("snapshots", pa.Table.from_pylist(rows, schema=SCHEMAS["snapshots"]))

    def documents(self, rows: pa.Table) -> None:
        """Papers of bills, as the bundle has them."""
        self._writer.append("documents", rows)

    def scores_of(self, table: bytes) -> None:
        """The table that debts are scored by."""
        self._writer.keep(SCORES, table)

    def scored(self, round_: int, features: Mapping[str, Int64s]) -> None:
        """What debts were scored by in a round of the register."""
        rounds = {"round": np.full(len(features["bill"]), round_)}
        self._writer.append("scores", table_of("scores", rounds | dict(features)))

    def _named(self, rows: Int64s, utility: int) -> dict[str, Any]:
        """What the file calls them."""
        bills = self._bills
        return {
            "bill_id": pa.array(bills.bill_id[rows]).cast(pa.string()),
            "customer_id": self._customers.take(pa.array(bills.customer[rows])),
            "utility": pa.repeat(Utility(utility).label, len(rows)),
            "supplier": self._suppliers.take(pa.array(bills.supplier[rows])),
        }


def _snapshot(shown: Shown) -> dict[str, Any]:
    return {
        "first_day": shown["firstDay"],
        "issued_at": shown["issuedAt"],
        "readings": shown["readings"],
        "missing": shown["missing"].to_bytes(32, "big"),
        "salt": shown["salt"],
        "place": shown["index"],
        "count": shown["count"],
        "proof": b"".join(shown["proof"]),
        "signature": shown["signature"],
    }


def _bills(judgement: Judgement) -> dict[str, Any]:
    bills = judgement.bills
    return {
        "account": judgement.accounts.astype(np.uint64),
        "start": bills.start,
        "days": bills.days,
        "quantity": bills.quantity,
        "amount": bills.amount,
        "replaces": bills.replaces.astype(np.uint64),
        "word": _fixed(judgement.posted.words),
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "reference_start": evidence.start,
        "reference_days": evidence.days,
        "readings": _ragged(evidence.readings, evidence.sizes),
        "missing": _fixed(evidence.missing),
        "salt": _fixed(evidence.salts),
    }


def _fixed(rows: UInt8s) -> pa.Array:
    """(n, k) as n values of k bytes."""
    buffer = pa.py_buffer(np.ascontiguousarray(rows))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(rows.shape[1]), len(rows), [None, buffer])


def _ragged(rows: UInt8s, widths: Int64s) -> pa.Array:
    """The first bytes of each row, `widths` of them, as n values."""
    joined = rows[np.arange(rows.shape[1]) < widths[:, None]]
    offsets = np.concatenate([[0], np.cumsum(widths)]).astype(np.int32)
    return pa.BinaryArray.from_buffers(pa.binary(), len(rows), [None, pa.py_buffer(offsets), pa.py_buffer(joined)])
