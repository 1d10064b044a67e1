"""How long a bill's lineage takes from an index of many bills: python scripts/benchmarks/lineage.py FOLDER [BILLS].

The index is made, not run: every bill with its verdict and payment in batches of 500, every tenth with its 13
documents, whose digests follow from one another as on a chain. What is measured is `tracing.lineage.lineage`, as
`fairmeter trace` calls it, of bills drawn at random.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from fairmeter.contracts.papering import digest_after
from fairmeter.papers.kinds import Kind, parents
from fairmeter.tracing.lineage import lineage
from fairmeter.tracing.store import Cursor, Store
from fairmeter.tracing.tables import BILLS, BLOCKS, DOCUMENTS, MOVES, SUPPLIERS, VERDICTS, place_of

BATCH: Final = 500
BATCHES_AT_ONCE: Final = 40
BLOCKS_A_BATCH: Final = 16
ASKED: Final = 500
AMOUNT: Final = 60_000
Row = Mapping[str, Any]


def made(store: Store, bills: int) -> None:
    """Fill an index with so many bills."""
    for first in range(1, bills // BATCH + 1, BATCHES_AT_ONCE):
        batches = range(first, min(first + BATCHES_AT_ONCE, bills // BATCH + 1))
        rows: dict[Any, list[Row]] = {table: [] for table in (BLOCKS, SUPPLIERS, BILLS, VERDICTS, MOVES, DOCUMENTS)}
        if first == 1:
            rows[SUPPLIERS].append({"block": 0, "supplier": 1, "name": "grid", "owner": b"\1" * 20})
        for batch in batches:
            block = batch * BLOCKS_A_BATCH
            rows[BLOCKS] += [{"number": block + n, "hash": bytes(32), "at": block + n} for n in range(BLOCKS_A_BATCH)]
            rows[MOVES] += _batch_moves(batch, block)
            for index in range(BATCH):
                bill = batch << 16 | index
                rows[BILLS].append(_bill(bill, block))
                growths = {"actual_ppm": 12_345, "expected_ppm": None}
                rows[VERDICTS].append({"block": block + 1, "bill": bill, "decision": 1, **growths})
                detail = '{"account": 4294967297, "amount": 60000}'
                rows[MOVES].append(_move(block + 1, index, "BillPending", bill, None, AMOUNT, detail))
                if index % 10 == 0:
                    rows[DOCUMENTS] += _documents(bill, block + 2, index)
        store.add(rows, Cursor(1, bytes(8), batches[-1] * BLOCKS_A_BATCH + BLOCKS_A_BATCH - 1, None))


def measured(store: Store, bills: int) -> list[float]:
    """Milliseconds of ASKED questions."""
    drawn = random.Random(1)  # noqa: S311
    times = []
    for _ in range(ASKED):
        bill = drawn.randrange(1, bills // BATCH + 1) << 16 | drawn.randrange(BATCH)
        begin = time.perf_counter()
        found = lineage(store, bill)
        found.gaps()
        times.append(1_000 * (time.perf_counter() - begin))
        assert found.paid == AMOUNT
    return sorted(times)


def _bill(bill: int, block: int) -> Row:
    fields = {"utility": 1, "account": 1 << 32 | 1, "start": 17_000, "days": 30, "month": 559, "quantity": 1_000}
    return {"block": block, "bill": bill, "supplier": 1, **fields, "amount": AMOUNT, "replaces": 0}


def _batch_moves(batch: int, block: int) -> list[Row]:
    return [
        _move(block, 0, "BillsPosted", None, batch, 0, '{"supplier": 1, "count": 500}'),
        _move(block + 1, BATCH, "BatchJudged", None, batch, 0, '{"appealed": 0}'),
        _move(block + 15, 0, "BatchReleased", None, batch, 0, '{"amount": 30000000}'),
    ]


def _move(block: int, log: int, event: str, bill: int | None, batch: int | None, paid: int, detail: str) -> Row:
    contract = "VerdictGate" if event == "BatchJudged" else "PaymentLedger"
    fixed = {"block": block, "place": place_of(block, log), "transaction": 0, "contract": contract, "event": event}
    return {**fixed, "bill": bill, "batch": batch, "paid": paid, "detail": detail}


def _documents(bill: int, block: int, index: int) -> Iterator[Row]:
    digest = bytes(19)
    for kind in Kind:
        what = bytes([0, *parents(kind, 3).to_bytes(2, "big"), 0, kind]) + bill.to_bytes(8, "big") + digest
        by, content = bytes(32), kind.to_bytes(32, "big")
        digest = digest_after(what, by, content)
        numbers = {"bit": 1 << kind, "defect": 0, "fells": 0, "parents": parents(kind, 3), "amount": AMOUNT, "tax": 0}
        place = {"block": block + kind, "place": place_of(block + kind, index), "transaction": 0, "bill": bill}
        yield {**place, "kind": int(kind), **numbers, "issuer": bytes(20), "content": content, "what": what, "by": by}


def main(folder: Path, bills: int) -> None:
    """Make the index unless it is there, and measure."""
    path = folder / f"{bills}.sqlite"
    with Store(str(path)) as store:
        if store.cursor() is None:
            begin = time.perf_counter()
            made(store, bills)
            sys.stdout.write(
                f"{bills:,} bills in {time.perf_counter() - begin:.0f} s, {path.stat().st_size >> 20} MB\n"
            )
        times = measured(store, bills)
    worst = times[int(0.99 * len(times))]
    sys.stdout.write(f"lineage: median {statistics.median(times):.2f} ms, 99 of 100 within {worst:.2f} ms\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
