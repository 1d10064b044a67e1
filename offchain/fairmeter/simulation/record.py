"""The run's record: every transaction as it was sent and what it did, streamed into the bundle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fairmeter.bundle import BundleWriter
from fairmeter.chain.engine import Receipt
from fairmeter.contracts.session import Sent
from fairmeter.oracle import Judgement


class Recorder:
    """Writes transactions, receipts and logs; counts transactions and gas."""

    def __init__(self, writer: BundleWriter) -> None:
        self._writer = writer
        self.transactions = 0
        self.gas_used = 0

    def sent(self, batch: Sequence[Sent]) -> None:
        """One row group a table for transactions that were sent together."""
        first = self.transactions
        numbers = list(range(first, first + len(batch)))
        receipts = [one.receipt for one in batch]
        self._writer.append(
            "transactions",
            {
                "transaction": numbers,
                "block": [receipt.block_number for receipt in receipts],
                "timestamp": [receipt.timestamp for receipt in receipts],
                "label": [one.call.label for one in batch],
                "hash": [one.transaction.hash for one in batch],
                "raw": [one.transaction.raw for one in batch],
            },
        )
        self._writer.append(
            "receipts",
            {
                "transaction": numbers,
                "status": [receipt.status for receipt in receipts],
                "gas_used": [receipt.gas_used for receipt in receipts],
                "contract": [receipt.contract_address for receipt in receipts],
                "logs": [len(receipt.logs) for receipt in receipts],
            },
        )
        self._write_logs(numbers, receipts)
        self.transactions += len(batch)
        self.gas_used += sum(receipt.gas_used for receipt in receipts)

    def _write_logs(self, numbers: Sequence[int], receipts: Sequence[Receipt]) -> None:
        logs = [
            (number, position, log)
            for number, receipt in zip(numbers, receipts, strict=True)
            for position, log in enumerate(receipt.logs)
        ]
        self._writer.append(
            "logs",
            {
                "transaction": [number for number, _, _ in logs],
                "log": [position for _, position, _ in logs],
                "address": [log.address for _, _, log in logs],
                "topics": [b"".join(log.topics) for _, _, log in logs],
                "data": [log.data for _, _, log in logs],
            },
        )

    def judged(self, judgement: Judgement, labels: dict[str, list[str]]) -> None:
        """A batch's bills, verdicts and evidence; `labels` are the columns bill_id, customer_id, utility, supplier."""
        bills, verdicts, reference = judgement.bills, judgement.verdicts, judgement.reference
        place = {"batch": np.full(len(bills), judgement.posted.batch), "index": np.arange(len(bills))}
        self._writer.append(
            "bills",
            {
                **place,
                **labels,
                "account": judgement.accounts.astype(np.uint64),
                "start": bills.start,
                "days": bills.days,
                "quantity": bills.quantity,
                "amount": bills.amount,
                "replaces": bills.replaces.astype(np.uint64),
                "word": [row.tobytes() for row in judgement.posted.words],
            },
        )
        self._writer.append(
            "verdicts",
            {
                **place,
                "decision": verdicts.decision.astype(np.int8),
                "actual_ppm": np.ma.MaskedArray(verdicts.actual_ppm, ~verdicts.has_actual),
                "expected_ppm": np.ma.MaskedArray(verdicts.expected_ppm, ~verdicts.has_expected),
            },
        )
        readings, missing = judgement.packed_readings()
        self._writer.append(
            "evidence",
            {
                **place,
                "reference_start": reference.start,
                "reference_days": reference.days,
                "readings": readings,
                "missing": [row.tobytes() for row in missing],
                "salt": [row.tobytes() for row in judgement.salts],
            },
        )
