from __future__ import annotations

import io
import json
from dataclasses import replace

import polars as pl
from rich.console import Console

from fairmeter.audit import AuditResult, Check, Finding
from fairmeter.report import Report, audit_tables, terminal, to_json
from fairmeter.report.figures import money
from fairmeter.report.outcome import STATES


def _shown(tables: object, width: int = 80) -> str:
    text = io.StringIO()
    Console(file=text, width=width).print(tables)
    return text.getvalue()


def test_terminal__eighty_columns__every_amount_whole(report: Report) -> None:
    text = _shown(terminal(report))
    sums = report.manifest["sums"]
    assert "…" not in text
    for state in STATES:
        assert sums[f"amount_{state}"] == 0 or money(sums[f"amount_{state}"]) in text
    assert money(sums["amount_billed"]) in text


def test_terminal__amounts_too_wide__folded_and_not_cut(report: Report) -> None:
    huge = report.bills.with_columns(pl.col("amount", *STATES) * 10**9)
    assert "…" not in _shown(terminal(replace(report, bills=huge)), 60)


def test_terminal__any_width__lines_fit(report: Report) -> None:
    assert max(map(len, _shown(terminal(report), 60).splitlines())) <= 60


def test_to_json__a_run__plain_values_that_sum_up(report: Report) -> None:
    fields = json.loads(json.dumps(to_json(report)))
    assert sum(row["amount"] for row in fields["money"]) == fields["amount_billed"]
    assert sum(row["bills"] for row in fields["appeals"]) == fields["appealed"]
    assert sum(row["arrears"] for row in fields["arrears_by_reason"]) == fields["amount_arrears"]
    assert sum(row["gas"] for row in fields["gas"]) == fields["gas_used"]
    assert len(fields["largest_appeals"]) == len(report.largest)


def _audit(*findings: Finding) -> AuditResult:
    checks = (Check("files", "files against [the] manifest", 8, findings),)
    return AuditResult(checks, "py-evm", None, "revm", compiled=False, anchored=False, source_compared=False)


def test_audit_tables__nothing_differs__says_what_that_proves() -> None:
    text = _shown(audit_tables(_audit()))
    assert "passed: self-consistent, not anchored" in text
    assert "[the]" in text


def test_audit_tables__a_difference__named() -> None:
    text = _shown(audit_tables(_audit(Finding("files", "bills.parquet", "aa", "bb"))), 200)
    assert "files: bills.parquet: expected aa, found bb" in text
    assert "FAILED" in text
