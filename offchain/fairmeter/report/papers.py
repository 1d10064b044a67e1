"""Papers of a run's bills: how many documents of each kind were written and returned, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa

from fairmeter.contracts.papering import NAME, DocumentColumns, documents_of
from fairmeter.model import Bools, Int64s
from fairmeter.papers.kinds import Kind, fallen
from fairmeter.report.outcome import Outcomes

DOCUMENTED: Final = (NAME, "Documented")
FELLS: Final = np.array([fallen(kind) for kind in Kind], np.int64)


@dataclass(frozen=True, slots=True)
class PaperReport:
    """What became of them."""

    documents: pl.DataFrame
    """A row a kind: document, written, returned."""
    gaps: pl.DataFrame
    """A row a gap that there is: gap, bills, amount (billed, minor units)."""

    def to_json(self) -> Mapping[str, Any]:
        """As plain values."""
        return {"documents": self.documents.to_dicts(), "gaps": self.gaps.to_dicts()}


def paper_report(
    logs: pa.Table, contracts: Mapping[str, bytes], bills: pl.DataFrame, outcomes: Outcomes
) -> PaperReport | None:
    """Of the events among `logs`; `bills` has amount and settled, `outcomes` knows where each is. None for a run
    without any."""
    if NAME not in contracts:
        return None
    found = documents_of(logs, contracts[NAME])
    stands = _standing(found, outcomes.rows(".".join(DOCUMENTED), found.bill), len(bills))
    written = np.bincount(found.kind[found.defect == 0], minlength=len(Kind)).tolist()
    returned = np.bincount(found.kind[found.defect > 0], minlength=len(Kind)).tolist()
    counts = {"document": [kind.label for kind in Kind], "written": written, "returned": returned}
    amount, paid = bills["amount"].to_numpy(), bills["settled"].to_numpy() > 0
    missing = {
        "no file": ~stands[Kind.ARCHIVE],
        "no invoice": stands[Kind.ARCHIVE] & ~stands[Kind.INVOICE],
        "settled without a paid voucher": paid & ~stands[Kind.PAID],
    }
    gaps = [
        {"gap": name, "bills": int(which.sum()), "amount": int(amount[which].sum())}
        for name, which in missing.items()
        if which.any()
    ]
    schema = {"gap": pl.String, "bills": pl.Int64, "amount": pl.Int64}
    return PaperReport(pl.DataFrame(counts), pl.DataFrame(gaps, schema=schema))


def _standing(found: DocumentColumns, rows: Int64s, count: int) -> dict[Kind, Bools]:
    """(n,) by kind: whether such a document of the bill was written after the last return that fells it."""
    order = found.transaction << 32 | found.log
    standing = {}
    for kind in Kind:
        written, felled = np.full((2, count), -1, np.int64)
        own = (found.kind == kind) & (found.defect == 0)
        np.maximum.at(written, rows[own], order[own])
        falls = (found.defect > 0) & (FELLS[found.kind] >> kind & 1 == 1)
        np.maximum.at(felled, rows[falls], order[falls])
        standing[kind] = written > felled
    return standing
