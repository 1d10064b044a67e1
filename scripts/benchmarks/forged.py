"""Coherent forgeries of a large bundle: one cell somewhere is changed, the manifest's hashes are made anew, and the
audit has to name the table's check.

python scripts/benchmarks/forged.py RUN [--seed N] [--only TABLE...]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fairmeter.audit import audit
from fairmeter.bundle import SCHEMAS, file_hash, manifest_text

MANIFEST: Final = "manifest.json"
Row = dict[str, Any]


def _flip(column: str) -> Callable[[Row], None]:
    """One bit of a cell's last byte."""

    def change(row: Row) -> None:
        row[column] = row[column][:-1] + bytes([row[column][-1] ^ 1])

    return change


def _add(column: str) -> Callable[[Row], None]:
    def change(row: Row) -> None:
        row[column] += 1

    return change


def _other_decision(row: Row) -> None:
    row["decision"] = row["decision"] % 3 + 1


FORGERIES: Final[dict[str, tuple[Callable[[Row], None], str]]] = {
    "evidence": (_flip("readings"), "evidence"),
    "verdicts": (_other_decision, "verdicts"),
    "bills": (_add("quantity"), "bills"),
    "transactions": (_flip("raw"), "replay"),
    "receipts": (_add("gas_used"), "replay"),
    "logs": (_flip("topics"), "replay"),
}
"""What is changed of a table's row, and the check that has to find it."""


def forge(bundle: Path, table: str, chance: np.random.Generator) -> str:
    """Change a row of a row group that chance takes; returns where."""
    name, change = f"{table}.parquet", FORGERIES[table][0]
    file = pq.ParquetFile(bundle / name)
    group = int(chance.integers(file.num_row_groups))
    row = int(chance.integers(file.metadata.row_group(group).num_rows))
    part = bundle / "forged.part"
    with pq.ParquetWriter(part, SCHEMAS[table], compression="zstd") as writer:
        for number in range(file.num_row_groups):
            rows = file.read_row_group(number)
            if number == group:
                (changed,) = rows.slice(row, 1).to_pylist()
                change(changed)
                new = pa.Table.from_pylist([changed], schema=SCHEMAS[table])
                rows = pa.concat_tables([rows.slice(0, row), new, rows.slice(row + 1)])
            writer.write_table(rows.cast(SCHEMAS[table]), row_group_size=max(len(rows), 1))
    # the other name of the true file keeps it
    part.replace(bundle / name)
    manifest = json.loads((bundle / MANIFEST).read_bytes())
    manifest["files"][name]["sha256"] = file_hash(bundle / name)
    (bundle / MANIFEST).unlink()
    (bundle / MANIFEST).write_text(manifest_text(manifest))
    return f"row {row} of row group {group}"


def main() -> None:
    """Forge and audit, a table after another; ends with status 1 if a forgery is not found or not named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="the folder that `fairmeter run` wrote")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=list(FORGERIES), default=list(FORGERIES))
    options = parser.parse_args()
    chance, missed = np.random.default_rng(options.seed), 0
    for table in options.only:
        with tempfile.TemporaryDirectory(dir=options.run.parent) as folder:
            copy = Path(folder) / "run"
            shutil.copytree(options.run, copy, copy_function=os.link)
            where = forge(copy / "bundle", table, chance)
            began = time.perf_counter()
            found = audit(copy).findings
            seconds = time.perf_counter() - began
        named = bool(found) and found[0].check == FORGERIES[table][1]
        missed += not named
        said = f"{'found' if named else 'NOT FOUND'} in {seconds:.0f} s: {found[0] if found else ''}"
        sys.stdout.write(f"{table}, {where}: {said}\n")
    raise SystemExit(missed > 0)


if __name__ == "__main__":
    main()
