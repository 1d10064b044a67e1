"""Whether the bundle's files are those that its manifest describes, and its tables of the form that the format has."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from fairmeter.audit.findings import Check, Finding, Progress
from fairmeter.audit.manifest import Manifest
from fairmeter.bundle import MANIFEST, Bundle, manifest_text

NULLABLE: Final = frozenset({("receipts", "contract"), ("verdicts", "actual_ppm"), ("verdicts", "expected_ppm")})


def check_files(bundle: Bundle) -> Check:
    """Compare every file's SHA-256 with the manifest's, and the manifest with its own canonical text."""
    findings = [
        Finding("files", name, "the file that the manifest describes", problem)
        for name, _, problem in (line.partition(": ") for line in bundle.check_files())
    ]
    count = len(bundle.files) + 1
    if (bundle.folder / MANIFEST).read_bytes() != manifest_text(bundle.manifest).encode():
        findings.append(Finding("files", MANIFEST, "the one form of a manifest, with its own digest", "other bytes"))
    return Check("files", "files against the manifest's SHA-256", count, tuple(findings))


def check_tables(bundle: Bundle, manifest: Manifest, progress: Progress) -> Check:
    """Read every table once: its columns, its number of rows, and no cell without a value where one must be.

    Raises BundleError for a table that cannot be read or has other columns.
    """
    findings: list[Finding] = []
    total = sum(manifest.rows.values())
    done = 0
    for table in bundle.tables:
        rows = 0
        for group in bundle.row_groups(table):
            findings += _empty_cells(table, group, rows)
            rows += len(group)
            progress("tables", min(done + rows, total), total)
        done += rows
        if rows != manifest.rows[table]:
            findings.append(Finding("files", f"{table}.parquet", f"{manifest.rows[table]} rows", f"{rows} rows"))
    return Check("tables", "rows of the tables, of their form", done, tuple(findings))


def _empty_cells(table: str, group: pa.Table, before: int) -> list[Finding]:
    where = f"{table}.parquet, rows {before}..{before + len(group) - 1}"
    return [
        Finding("files", f"{where}, column {name}", "a value", "nothing")
        for name in group.column_names
        if group[name].null_count and (table, name) not in NULLABLE
    ]
