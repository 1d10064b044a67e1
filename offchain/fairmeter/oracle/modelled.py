"""The model that an operator judges by, where the classes of a batch's accounts name one."""

from __future__ import annotations

import hashlib

import numpy as np

from fairmeter.contracts.packing import BillColumns, Bytes2D
from fairmeter.contracts.statements import Statements, features_hashes
from fairmeter.model import Bools, Int32s, Usage
from fairmeter.verdict.calibrated import CalibratedModel, write
from fairmeter.verdict.calibrated.batch import BatchBills, BatchJudge, encode


class Model:
    """A fitted model and the readings that it is asked about."""

    def __init__(self, model: CalibratedModel, usage: Usage, customers: tuple[str, ...]) -> None:
        """`customers` are the names that the meter directory counts by."""
        self.content = write(model)
        """Its canonical bytes."""
        self.hash = hashlib.sha256(self.content).digest()
        self.until = model.until
        """Day before which all readings lie that it was fitted to, days since 1970-01-01."""
        self._judge = BatchJudge(model, usage, customers)

    def say(
        self, customer: Int32s, utility: int, bills: BillColumns, rows: Bools, salts: Bytes2D
    ) -> tuple[Statements, Bytes2D]:
        """What the model says of the k bills of `rows` (n,) among the n of a batch, and the features (k, w) from which
        it does, hidden by the leaves' `salts` (n, 32)."""
        utilities = np.full(len(bills), utility, np.uint8)
        posted = BatchBills(customer.astype(np.int64), utilities, bills.start, bills.days, bills.quantity)
        features, opinions = self._judge.judge(posted)
        written = encode(features)[rows]
        model = np.broadcast_to(np.frombuffer(self.hash, np.uint8), (int(rows.sum()), len(self.hash)))
        hidden = features_hashes(salts[rows], written)
        figures = (opinions.score[rows], opinions.expected[rows], opinions.highest[rows])
        return Statements(model, hidden, *figures), written
